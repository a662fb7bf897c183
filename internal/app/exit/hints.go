package exit

import (
	"context"
	"errors"
)

// Unsaid takes an error apart into those that nobody has printed yet.
func Unsaid(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var list []error
		for _, e := range joined.Unwrap() {
			list = append(list, Unsaid(e)...)
		}
		return list
	}
	if err == nil || Said(err) {
		return nil
	}
	return []error{err}
}

// Hints collects the hints along the chain, each once, outermost first.
func Hints(err error) []string {
	var list []string
	seen := make(map[string]bool)
	var walk func(error)
	walk = func(err error) {
		if err == nil {
			return
		}
		if h, ok := err.(interface{ Hint() string }); ok && h.Hint() != "" && !seen[h.Hint()] {
			seen[h.Hint()] = true
			list = append(list, h.Hint())
		}
		switch u := err.(type) { //nolint:errorlint // this walks the chain itself
		case interface{ Unwrap() error }:
			walk(u.Unwrap())
		case interface{ Unwrap() []error }:
			for _, e := range u.Unwrap() {
				walk(e)
			}
		}
	}
	walk(err)
	return list
}

// ByContext reports whether an error is only the end of the context.
func ByContext(ctx context.Context, err error) bool {
	return err != nil && ctx.Err() != nil && (errors.Is(err, context.Cause(ctx)) || errors.Is(err, ctx.Err()))
}
