package pur

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/convert/sheet"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

const licenseHint = `write an object of variables, such as {"LM_LICENSE_FILE": "27000@license.example.com"}, or leave it empty`

// license reads the column LicenseSettings.
func (r *record) license() []Variable {
	cell := r.cell("LicenseSettings")
	list, err := variables(cell)
	if err != nil {
		r.list.Add(cell.Pos, diag.BadValue, licenseHint, "LicenseSettings cannot be read: %v", err)
	}
	return list
}

// Errors of a text of variables.
var (
	errNoObject  = errors.New("it is no JSON object")
	errNoMembers = errors.New("the object is empty")
	errMoreText  = errors.New("there is more text after the object")
)

// variables reads a JSON object whose members are variables, in the order of the text. A
// name that is there twice has its last value, as in the client.
func variables(cell sheet.Cell) ([]Variable, error) {
	if cell.Text == "" {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(cell.Text)))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, errNoObject
	}
	var list []Variable
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, syntax(err)
		}
		var value any
		if err := decoder.Decode(&value); err != nil {
			return nil, syntax(err)
		}
		v := Variable{Name: fmt.Sprint(name), Pos: cell.Pos}
		v.Value, v.Changed = printed(value)
		list = slices.DeleteFunc(list, func(old Variable) bool { return old.Name == v.Name })
		list = append(list, v)
	}
	if _, err := decoder.Token(); err != nil {
		return nil, syntax(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errMoreText
	}
	if len(list) == 0 {
		return nil, errNoMembers
	}
	return list, nil
}

// syntax keeps what a JSON error says about the text and drops where its bytes end.
func syntax(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends too early")
	}
	return err
}

// printed is how the client writes a value that is no text: as Go prints it.
func printed(value any) (text string, changed bool) {
	switch value := value.(type) {
	case string:
		return value, false
	case nil:
		return "", true
	}
	return fmt.Sprintf("%v", value), true
}
