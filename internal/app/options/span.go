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
