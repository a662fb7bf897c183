package matrix

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/spec/expr"
)

// Span is a range of numbers, both ends included: by Step, or in Count numbers.
type Span struct {
	From, To json.Number
	Step     json.Number // "" when Count says it
	Count    int
}

// Numbers returns the numbers, or why there are none. It calculates with the decimals
// that a person wrote: 0.1 and 0.1 and 0.1 is 0.3.
func (s Span) Numbers() (numbers []json.Number, problem, hint string) {
	from, to := expr.Rational(s.From), expr.Rational(s.To)
	length := new(big.Rat).Sub(to, from)
	if s.Step == "" {
		return s.parts(from, length)
	}
	step := expr.Rational(s.Step)
	switch {
	case step.Sign() == 0:
		return nil, "the step is zero", "write the difference of two values, such as step: 0.5"
	case length.Sign()*step.Sign() < 0:
		return nil, "the step leads away from the last value", "write step: " + negated(s.Step)
	}
	steps := new(big.Rat).Quo(length, step)
	count := new(big.Int).Quo(steps.Num(), steps.Denom())
	if !count.IsInt64() || count.Int64() >= MaxPoints {
		return nil, "the range has more than " + strconv.Itoa(MaxPoints) + " values", "use a larger step"
	}
	digits := max(decimals(s.From), decimals(s.Step))
	value := new(big.Rat).Set(from)
	for range count.Int64() + 1 {
		numbers = append(numbers, expr.Canonical(json.Number(value.FloatString(digits))))
		value.Add(value, step)
	}
	return numbers, "", ""
}

// precision is how many digits a computed number has: 1/3 has no end.
const precision = 12

// parts divides the range evenly.
func (s Span) parts(from, length *big.Rat) (numbers []json.Number, problem, hint string) {
	if length.Sign() == 0 {
		return nil, "the first and the last value are the same", "write a list with one value instead"
	}
	for i := range s.Count - 1 {
		share := big.NewRat(int64(i), int64(s.Count-1))
		value, _ := share.Add(share.Mul(share, length), from).Float64()
		numbers = append(numbers, expr.Canonical(json.Number(strconv.FormatFloat(value, 'e', precision-1, 64))))
	}
	numbers[0] = expr.Canonical(s.From)
	return append(numbers, expr.Canonical(s.To)), "", ""
}

func negated(number json.Number) string {
	if positive, ok := strings.CutPrefix(number.String(), "-"); ok {
		return positive
	}
	return "-" + number.String()
}

// decimals returns how many digits after the point a number needs.
func decimals(number json.Number) int {
	mantissa, power, _ := strings.Cut(strings.ToLower(number.String()), "e")
	_, fraction, _ := strings.Cut(mantissa, ".")
	exponent, err := strconv.Atoi(power)
	if err != nil {
		exponent = 0
	}
	return max(0, len(fraction)-exponent)
}
