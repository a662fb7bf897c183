package expr

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Value is what a name stands for: a text, a number, true or false. Pos is where
// that is written, zero for what comes from no text.
type Value struct {
	V     any // string, json.Number or bool; []any of texts for a list; nil for nothing
	Pos   diag.Position
	Typed bool // on the command line, and no text has it
	Place bool // a path on the disk: no character of it is a wildcard

	Written string // a number as a person wrote it; empty where that is not known
}

// Of returns a scalar of a document as a value; numbers become canonical, so that 2.50
// and 2.5 are one value.
func Of(v any, pos diag.Position) Value {
	if number, ok := v.(json.Number); ok {
		v = Canonical(number)
	}
	return Value{V: v, Pos: pos}
}

// Text returns the value as it stands inside a text; a list with commas.
func (v Value) Text() string {
	switch v := v.V.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return v.String()
	case []any:
		texts := make([]string, len(v))
		for i, item := range v {
			texts[i] = Value{V: item}.Text()
		}
		return strings.Join(texts, ",")
	}
	return ""
}

// Number reads a number as the YAML of a manifest writes it, such as 0.15 or 1e-3.
func Number(text string) (json.Number, bool) {
	rest := strings.TrimLeft(text, "+-")
	if len(text)-len(rest) > 1 || rest == "" || strings.Trim(rest, "0123456789.eE+-") != "" {
		return "", false
	}
	if len(rest) > 1 && rest[0] == '0' && rest[1] >= '0' && rest[1] <= '9' {
		return "", false // 007 is a name, not seven
	}
	if f, err := strconv.ParseFloat(text, 64); err != nil || len(text) > 100 || f == 0 && strings.Trim(rest, "0.") != "" {
		return "", false
	}
	return Canonical(json.Number(text)), true
}

// Canonical returns the canonical form of a number: no trailing zeros, no exponent
// unless it saves more than a few zeros. It works on the digits that a person wrote, so
// nothing is rounded.
func Canonical(number json.Number) json.Number {
	text, negative := strings.CutPrefix(strings.TrimPrefix(number.String(), "+"), "-")
	mantissa, power, _ := strings.Cut(strings.ToLower(text), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	exponent, err := strconv.Atoi(orZero(power))
	if err != nil {
		return number
	}
	digits := strings.TrimLeft(whole+fraction, "0")
	point := exponent - len(fraction) // digits × 10^point
	trimmed := strings.TrimRight(digits, "0")
	point += len(digits) - len(trimmed)
	if trimmed == "" {
		return "0"
	}
	sign := ""
	if negative {
		sign = "-"
	}
	return json.Number(sign + place(trimmed, point))
}

func orZero(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

// Numbers from 1e-6 up to 1e21 are written out, as people and JSON do.
const (
	smallest = -6
	largest  = 21
)

// place writes digits × 10^power.
func place(digits string, power int) string {
	magnitude := len(digits) + power // of the first digit, 1 for units
	switch {
	case magnitude > largest || magnitude <= smallest:
		fraction := ""
		if len(digits) > 1 {
			fraction = "." + digits[1:]
		}
		return digits[:1] + fraction + "e" + strconv.Itoa(magnitude-1)
	case power >= 0:
		return digits + strings.Repeat("0", power)
	case magnitude <= 0:
		return "0." + strings.Repeat("0", -magnitude) + digits
	}
	return digits[:magnitude] + "." + digits[magnitude:]
}

// Rational returns a number without rounding.
func Rational(number json.Number) *big.Rat {
	r, ok := new(big.Rat).SetString(number.String())
	if !ok {
		return new(big.Rat)
	}
	return r
}
