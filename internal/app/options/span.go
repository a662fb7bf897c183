package options

import (
	"errors"
	"time"

	"github.com/rescale-apply/rescale-apply/spec/span"
)

// Span reads the value of a flag such as 30d; empty is 0.
func Span(flag, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	length, err := span.Parse(text)
	var bad *span.Error
	if errors.As(err, &bad) {
		return 0, Usage("--"+flag+": "+bad.Error(), bad.Hint())
	}
	return length, err
}

// Since reads the value of a flag such as 30d, before now, or 2026-11-01, by UTC; empty is
// the zero time.
func Since(flag, text string, now time.Time) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day, nil
	}
	length, err := Span(flag, text)
	if err != nil || length == 0 {
		return time.Time{}, dated(err, flag)
	}
	return now.Add(-length), nil
}

// dated adds the form of a date to what is said of a span.
func dated(err error, flag string) error {
	if err == nil {
		return nil
	}
	return Usage(err.Error()+", and no date", "write --"+flag+" 30d, or a date such as --"+flag+" 2026-11-01")
}
