package pur

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/convert/jsontext"
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

// Errors of variables.
var (
	errNoObject  = errors.New("it is no object")
	errNoMembers = errors.New("the object is empty")
)

// variables reads an object in a text.
func variables(cell sheet.Cell) ([]Variable, error) {
	if cell.Text == "" {
		return nil, nil
	}
	value, err := jsontext.Parse(cell.Pos, cell.Text)
	var list diag.List
	if errors.As(err, &list) && len(list) > 0 {
		return nil, errors.New(list[0].Message) // at the place of the cell: quotes in it are doubled
	}
	return members(cell.Pos, value)
}

// members are the variables of an object, in the order of the text.
func members(pos diag.Position, object jsontext.Value) ([]Variable, error) {
	switch {
	case object.Kind != jsontext.Object:
		return nil, errNoObject
	case len(object.Members) == 0:
		return nil, errNoMembers
	}
	var list []Variable
	for _, m := range object.Members {
		v := Variable{Name: m.Name, Pos: pos, Changed: m.Kind != jsontext.Text}
		v.Value = printed(m.Value)
		list = append(list, v)
	}
	return slices.Clip(list), nil
}

// printed is how the client writes a value: null is empty, and what is no text is as Go
// prints it, a number as one with a floating point.
func printed(v jsontext.Value) string {
	switch v.Kind {
	case jsontext.Null:
		return ""
	case jsontext.Number:
		number, _ := v.Scalar.(json.Number)
		f, err := number.Float64()
		if err != nil {
			return number.String()
		}
		return fmt.Sprintf("%v", f)
	case jsontext.Object, jsontext.List:
		return fmt.Sprintf("%v", plain(v))
	case jsontext.Text, jsontext.Bool:
	}
	return fmt.Sprintf("%v", v.Scalar)
}

// plain is a value as the client holds it.
func plain(v jsontext.Value) any {
	switch v.Kind {
	case jsontext.Object:
		all := make(map[string]any)
		for _, m := range v.Members {
			all[m.Name] = plain(m.Value)
		}
		return all
	case jsontext.List:
		var all []any
		for _, item := range v.Items {
			all = append(all, plain(item))
		}
		return all
	case jsontext.Number:
		return printed(v)
	case jsontext.Null, jsontext.Bool, jsontext.Text:
	}
	return v.Scalar
}
