package yamlsrc

import (
	"encoding/json"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

const (
	blockStyle  = yaml.LiteralStyle | yaml.FoldedStyle
	quotedStyle = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle
)

// scalar returns the JSON value of a scalar.
//
// A bare word is null, a bool or a number only in the plain spellings of YAML
// 1.2. What only YAML 1.1 takes for a number or a date (0777, 0x1F, 1_000,
// 2024-01-01) stays the text that was written: nothing changes its meaning
// silently, and where a number is wanted the type check asks for a plain one.
func scalar(n *yaml.Node) any {
	if n.Style&(blockStyle|quotedStyle) != 0 || n.Tag == "!!str" && n.Style&yaml.TaggedStyle != 0 {
		return n.Value
	}
	switch n.Value {
	case "", "~", "null", "Null", "NULL":
		return nil
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	}
	if number, ok := number(n.Value); ok {
		return number
	}
	return n.Value
}

// number returns s as JSON writes it, when s is a decimal number that a float64 can
// hold. The bound also keeps huge exponents away from exact arithmetic.
func number(s string) (json.Number, bool) {
	sign, rest := "", s
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		sign, rest = strings.TrimPrefix(rest[:1], "+"), rest[1:]
	}
	whole, rest := digits(rest)
	fraction := ""
	if strings.HasPrefix(rest, ".") {
		fraction, rest = digits(rest[1:])
	}
	exponent, ok := exponent(rest)
	if !ok || whole+fraction == "" || len(whole) > 1 && whole[0] == '0' {
		return "", false
	}
	if whole == "" {
		whole = "0"
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	canonical := sign + whole + fraction + exponent
	if f, err := strconv.ParseFloat(canonical, 64); err != nil || len(canonical) > 100 || f == 0 && exponent != "" {
		return "", false
	}
	return json.Number(canonical), true
}

func digits(s string) (head, tail string) {
	end := 0
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	return s[:end], s[end:]
}

// exponent reads all of s as an exponent; none is fine.
func exponent(s string) (string, bool) {
	if s == "" {
		return "", true
	}
	if s[0] != 'e' && s[0] != 'E' {
		return "", false
	}
	rest := s[1:]
	if rest != "" && (rest[0] == '+' || rest[0] == '-') {
		rest = rest[1:]
	}
	power, tail := digits(rest)
	return s, power != "" && tail == ""
}
