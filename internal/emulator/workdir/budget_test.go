package workdir

import (
	"errors"
	"io"
	"strings"
	"testing"
)

// TestBudget ends the unpacking of a bomb, by its bytes and by its members.
func TestBudget(t *testing.T) {
	t.Parallel()
	left := &budget{bytes: 5, members: 1}
	if text, err := io.ReadAll(left.of(strings.NewReader("abc"))); err != nil || string(text) != "abc" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := io.ReadAll(left.of(strings.NewReader("abc"))); !errors.Is(err, errBomb) {
		t.Errorf("bytes: %v", err)
	}
	if first, second := left.member(), left.member(); first != nil || !errors.Is(second, errBomb) {
		t.Errorf("members: %v, %v", first, second)
	}
}
