package doe

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// SyntaxError tells what of a template cannot be rendered here.
type SyntaxError struct {
	Line int // from 1 on
	Text string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Text) }

// UndefinedError means that a template uses a name that the table of runs does not have.
type UndefinedError struct {
	Line int
	Name string
}

func (e *UndefinedError) Error() string {
	return fmt.Sprintf("line %d: %q has no value", e.Line, e.Name)
}

// Template is a text with placeholders.
type Template struct{ parts []part }

// part is a text, or a placeholder when it has an expression.
type part struct {
	text  string
	value *expression
	line  int
}

// special is where FreeMarker begins: a placeholder, its old form, a comment, a directive or a macro.
var special = regexp.MustCompile(`\$\{|#\{|<#--|</?[#@][A-Za-z]`)

// Parse reads a template. What it cannot render is a *SyntaxError.
func Parse(text string) (*Template, error) {
	t, line := &Template{}, 1
	for {
		at := special.FindStringIndex(text)
		if at == nil {
			t.parts = append(t.parts, part{text: text})
			return t, nil
		}
		t.parts = append(t.parts, part{text: text[:at[0]]})
		line += strings.Count(text[:at[0]], "\n")
		start := text[at[0]:at[1]]
		rest := text[at[1]:]
		var length int
		switch start {
		case "<#--":
			if length = strings.Index(rest, "-->") + len("-->"); length < len("-->") {
				return nil, &SyntaxError{line, "a comment has no end"}
			}
		case "${":
			if length = end(rest); length == 0 {
				return nil, &SyntaxError{line, "a placeholder has no end"}
			}
			value, err := parseExpression(rest[:length-1])
			if err != nil {
				return nil, &SyntaxError{line, fmt.Sprintf("${%s}: %v", rest[:length-1], err)}
			}
			t.parts = append(t.parts, part{value: value, line: line})
		default:
			return nil, &SyntaxError{line, fmt.Sprintf("%q: only ${...} placeholders and comments are rendered", start)}
		}
		line += strings.Count(rest[:length], "\n")
		text = rest[length:]
	}
}

// end is the length up to and with the brace that closes a placeholder, outside of quotes; 0: there is none.
func end(text string) int {
	var quote byte
	for i := range len(text) {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '}':
			return i + 1
		}
	}
	return 0
}

// Render fills in the values of one run.
func (t *Template) Render(values map[string]string) (string, error) {
	var out strings.Builder
	for _, p := range t.parts {
		if p.value == nil {
			out.WriteString(p.text)
			continue
		}
		text, err := p.value.evaluate(values)
		if errors.Is(err, errUndefined) {
			return "", &UndefinedError{p.line, p.value.name}
		}
		if err != nil {
			return "", fmt.Errorf("line %d: %q: %w", p.line, p.value.name, err)
		}
		out.WriteString(text)
	}
	return out.String(), nil
}
