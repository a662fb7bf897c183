package body_test

import (
	"testing"

	"github.com/rescale-apply/rescale-apply/spec/body"
)

// TestEveryFieldHasOneHome: otherwise nobody would know at which level one is
// misplaced.
func TestEveryFieldHasOneHome(t *testing.T) {
	t.Parallel()
	for _, level := range []body.Level{body.Job, body.Analysis, body.Hardware} {
		for _, name := range body.Fields(level) {
			if home, known := body.Home(name); home != level || !known || body.Answered(name) {
				t.Errorf("%s stands in %s and in %s", name, level, home)
			}
		}
	}
	if home, known := body.Home("flgas"); known {
		t.Errorf("flgas stands in %s", home)
	}
}
