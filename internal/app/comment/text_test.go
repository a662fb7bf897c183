package comment_test

import (
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/app/comment"
)

// TestNoTextTakesTheOldOnesPlace: a plan that fails prints nothing into the pipe.
func TestNoTextTakesTheOldOnesPlace(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " \n"} {
		if got, err := comment.Text(nil, strings.NewReader(text)); err == nil {
			t.Errorf("%q: %q", text, got)
		}
	}
	if got, err := comment.Text([]string{"-"}, strings.NewReader("plan\n")); err != nil || got != "plan\n" {
		t.Errorf("%q, %v", got, err)
	}
}
