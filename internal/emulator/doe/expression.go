package doe

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// expression is a name, what to take when it has no value, and built-ins from left to right.
type expression struct {
	name     string
	fallback *string
	steps    []step
}

type step func(text string) (string, error)

var errUndefined = errors.New("no value")

const quoted = `"[^"]*"|'[^']*'`

var (
	nameText     = regexp.MustCompile(`^\s*([A-Za-z_$@][\w$@]*)\s*`)
	literalText  = regexp.MustCompile(`^\s*r?(` + quoted + `)\s*$`)
	fallbackText = regexp.MustCompile(`^!\s*(` + quoted + `|[\d.]+)?\s*`)
	builtinText  = regexp.MustCompile(`^\?\s*([A-Za-z_]+)\s*(?:\(\s*(` + quoted + `)\s*\))?\s*`)
)

func parseExpression(text string) (*expression, error) {
	if found := literalText.FindStringSubmatch(text); found != nil {
		value := unquote(found[1])
		return &expression{fallback: &value}, nil
	}
	found := nameText.FindStringSubmatch(text)
	if found == nil {
		return nil, errors.New("no name of a variable")
	}
	e := &expression{name: found[1]}
	text = text[len(found[0]):]
	if found = fallbackText.FindStringSubmatch(text); found != nil {
		value := unquote(found[1])
		e.fallback = &value
		text = text[len(found[0]):]
	}
	for text != "" {
		found = builtinText.FindStringSubmatch(text)
		if found == nil {
			return nil, fmt.Errorf("%q is not rendered here", text)
		}
		s, err := builtin(found[1], found[2])
		if err != nil {
			return nil, err
		}
		e.steps = append(e.steps, s)
		text = text[len(found[0]):]
	}
	return e, nil
}

func unquote(text string) string {
	if text == "" || text[0] != '"' && text[0] != '\'' {
		return text
	}
	return text[1 : len(text)-1]
}

func builtin(name, argument string) (step, error) {
	if argument != "" {
		if name != "string" {
			return nil, fmt.Errorf("?%s(...) is not rendered here", name)
		}
		return numberStep(unquote(argument))
	}
	plain := func(change func(string) string) (step, error) {
		return func(text string) (string, error) { return change(text), nil }, nil
	}
	switch name {
	case "string":
		return plain(func(text string) string { return text })
	case "trim":
		return plain(strings.TrimSpace)
	case "upper_case":
		return plain(strings.ToUpper)
	case "lower_case":
		return plain(strings.ToLower)
	case "c":
		return onNumber(func(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }), nil
	case "number":
		return numberStep("#,##0.###")
	}
	return nil, fmt.Errorf("?%s is not rendered here", name)
}

func numberStep(pattern string) (step, error) {
	format, err := parseFormat(pattern)
	if err != nil {
		return nil, err
	}
	return onNumber(format.apply), nil
}

func onNumber(show func(float64) string) step {
	return func(text string) (string, error) {
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return "", fmt.Errorf("%q is no number", text)
		}
		return show(value), nil
	}
}

func (e *expression) evaluate(values map[string]string) (string, error) {
	text, known := values[e.name]
	switch {
	case !known && e.fallback == nil:
		return "", errUndefined
	case !known:
		text = *e.fallback
	}
	var err error
	for _, s := range e.steps {
		if text, err = s(text); err != nil {
			return "", err
		}
	}
	return text, nil
}
