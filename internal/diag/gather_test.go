package diag_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

func TestGathering(t *testing.T) {
	t.Parallel()
	at := func(col int) diag.Position { return diag.Position{File: "f", Line: 1, Col: col} }
	problem := func(col int, message string) diag.Diagnostic {
		return diag.Diagnostic{Pos: at(col), Rule: diag.MissingInput, Message: message}
	}
	var g diag.Gathering
	for i := range 1235 {
		g.Add(diag.List{
			problem(1, "the same"),
			problem(2, fmt.Sprintf("no file %d", i)),
			problem(3, "two of one job"), problem(3, "at one place"),
			{Rule: diag.MissingInput, Message: fmt.Sprintf("nowhere %d", i%2)},
		})
	}
	var got []string
	for _, d := range g.List() {
		got = append(got, d.Message)
	}
	want := []string{"the same", "no file 0 (and 1,234 more like this)", "two of one job", "at one place", "nowhere 0", "nowhere 1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if list := new(diag.Gathering).List(); list != nil {
		t.Errorf("nothing gathered: %v", list)
	}
}
