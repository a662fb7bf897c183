package typed_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/app/typed"
)

func TestLines(t *testing.T) {
	t.Parallel()
	lines := typed.New(strings.NewReader("a\nb"))
	for _, want := range []struct {
		line string
		err  error
	}{{"a\n", nil}, {"b", io.EOF}, {"", io.EOF}} {
		line, err := lines.Next(t.Context())
		if line != want.line || !errors.Is(err, want.err) {
			t.Errorf("got %q, %v, want %q, %v", line, err, want.line, want.err)
		}
	}
}

// TestInterrupted ends while nobody types.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	silent, hand := io.Pipe()
	t.Cleanup(func() { _ = hand.Close() }) // ends the read
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("Ctrl-C")
	go cancel(cause)
	if _, err := typed.New(silent).Next(ctx); !errors.Is(err, cause) {
		t.Errorf("error is %v, want %v", err, cause)
	}
	if _, err := typed.New(strings.NewReader("late\n")).Next(ctx); !errors.Is(err, cause) {
		t.Errorf("error afterwards is %v, want %v", err, cause)
	}
}
