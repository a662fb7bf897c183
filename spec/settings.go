package spec

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
	"github.com/rescale-apply/rescale-apply/spec/expr"
)

// Setting is a value for a variable from the command line, as typed.
type Setting struct{ Name, Text string }

// settings are the values that replace defaults.
type settings struct {
	files    []*yamlsrc.Document // later ones win
	typed    []Setting           // later ones win, and win over files
	declared []string            // every variable that some manifest declares
}

// readSettings reads the files of variables.
func readSettings(typed []Setting, files []diag.Source) (*settings, diag.List) {
	s := &settings{typed: typed}
	var problems diag.List
	for _, setting := range typed {
		setting.checkText(&problems)
	}
	for _, src := range files {
		documents, list := yamlsrc.Parse(src)
		for i := range list {
			if list[i].Rule == diag.EmptyFile {
				list[i].Message, list[i].Hint = "the file holds no variables", "write lines such as mach: 0.2, or leave out its --var-file"
			}
		}
		for _, doc := range documents {
			if _, ok := doc.Value.(map[string]any); !ok {
				list.Add(doc.At(""), diag.WrongType, "write lines such as mach: 0.2", "a file of variables has names and values")
				continue
			}
			s.files = append(s.files, doc)
		}
		problems = append(problems, list.Sort()...)
	}
	return s, problems
}

// variables returns the variables of a document: from the command line, else from a
// file, else the default. All have the type of the default.
func (s *settings) variables(vars node, list *diag.List) map[string]expr.Value {
	values := make(map[string]expr.Value)
	if _, ok := vars.value.(map[string]any); !ok {
		return values
	}
	for _, name := range vars.doc.Keys(vars.pointer) {
		standard := vars.member(name)
		if standard.value == nil {
			continue
		}
		s.declared = append(s.declared, name)
		value := expr.Of(standard.value, standard.pos())
		for _, file := range s.files {
			if v, given := fromFile(file, name, value, list); given {
				value = v
			}
		}
		written := value.V
		for _, setting := range s.typed {
			if v, given := setting.value(name, expr.Of(standard.value, standard.pos()), list); given {
				value = v
				value.Typed = v.V != written
			}
		}
		values[name] = value
	}
	return values
}

// fromFile returns the value of a variable in a file.
func fromFile(file *yamlsrc.Document, name string, standard expr.Value, list *diag.List) (expr.Value, bool) {
	v, given := file.Value.(map[string]any)[name]
	if !given {
		return expr.Value{}, false
	}
	pointer := yamlsrc.Member("", name)
	if kindOf(v) != kindOf(standard.V) {
		hint := "write " + kindOf(standard.V)
		if kindOf(standard.V) == "a text" && kindOf(v) != "" {
			hint = quoteHint(pointer, file.Text(pointer))
		}
		list.Add(file.At(pointer), diag.WrongType, hint, "%s must be %s, as its default at %s", name, kindOf(standard.V), standard.Pos)
		return expr.Value{}, false
	}
	return expr.Of(v, file.At(pointer)), true
}

// checkText refuses bytes that are no text: in the body of a job they would all become
// the same character, and two values would become one.
func (s Setting) checkText(list *diag.List) {
	if utf8.ValidString(s.Name) && utf8.ValidString(s.Text) {
		return
	}
	name := diag.Short(s.Name)
	list.Add(diag.Position{}, diag.NotText, "pass it in UTF-8, such as --var "+name+`="$(printf %s "$VALUE" | iconv -f latin1 -t utf-8)"`,
		"--var %s: the value is not UTF-8", name)
}

// value returns what was typed for a variable, read as the type of its default.
func (s Setting) value(name string, standard expr.Value, list *diag.List) (expr.Value, bool) {
	if s.Name != name {
		return expr.Value{}, false
	}
	switch standard.V.(type) {
	case json.Number:
		if number, ok := expr.Number(s.Text); ok {
			return expr.Value{V: number}, true
		}
	case bool:
		if s.Text == "true" || s.Text == "false" {
			return expr.Value{V: s.Text == "true"}, true
		}
	case string:
		return expr.Value{V: s.Text}, true
	}
	list.Add(diag.Position{}, diag.WrongType, fmt.Sprintf("the default at %s says so", standard.Pos),
		"--var %s=%s: the variable must be %s", name, diag.Short(s.Text), kindOf(standard.V))
	return expr.Value{}, false
}

// kindOf names the type of a scalar; empty for any other value.
func kindOf(v any) string {
	switch v.(type) {
	case string:
		return "a text"
	case json.Number:
		return "a number"
	case bool:
		return "true or false"
	}
	return ""
}

// unknown reports values for variables that no manifest declares.
func (s *settings) unknown() diag.List {
	var list diag.List
	for _, file := range s.files {
		for _, name := range file.Keys("") {
			if !slices.Contains(s.declared, name) {
				list.Add(file.KeyAt(yamlsrc.Member("", name)), diag.UnknownReference, s.hint(name), "no manifest declares a variable %q", diag.Short(name))
			}
		}
	}
	for _, setting := range s.typed {
		if !slices.Contains(s.declared, setting.Name) {
			list.Add(diag.Position{}, diag.UnknownReference, s.hint(setting.Name), "--var %s: no manifest declares this variable", setting.Name)
		}
	}
	return list
}

func (s *settings) hint(name string) string {
	slices.Sort(s.declared)
	s.declared = slices.Compact(s.declared)
	if hint := diag.DidYouMean(name, s.declared); hint != "" {
		return hint
	}
	return "declare it, with its default: vars: {" + name + ": 1}"
}
