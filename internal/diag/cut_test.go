package diag_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

func TestManyProblemsOfOneKindAreCut(t *testing.T) {
	t.Parallel()
	var list diag.List
	for i := range 1848 {
		list.Add(diag.Position{File: "job.yaml", Line: i + 1, Col: 1}, diag.MissingInput, "", "file %d does not exist", i)
	}
	list.Add(diag.Position{File: "job.yaml", Line: 9000, Col: 1}, diag.UnknownKey, "", "another problem")
	for range 20 {
		list.Add(diag.Position{File: "b.yaml", Line: 1, Col: 1}, diag.MissingInput, "", "not too many")
	}
	var out strings.Builder
	diag.Printer{}.Print(&out, diag.Cut(list))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if diff := cmp.Diff([]int{41, 20}, []int{len(lines), strings.Count(out.String(), "not too many [")}); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for i, want := range map[int]string{
		0:  "job.yaml:1:1: file 0 does not exist [missing-input]",
		19: "job.yaml:20:1: file 19 does not exist (and 1,828 more of this kind) [missing-input]",
		20: "job.yaml:9000:1: another problem [unknown-key]",
	} {
		if diff := cmp.Diff(want, lines[i]); diff != "" {
			t.Errorf("line %d (-want +got)\n%s", i, diff)
		}
	}
	if len(list) != 1869 {
		t.Errorf("the list itself was changed: %d", len(list))
	}
}

// Two names that look the same are told apart in a form that can be typed.
func TestTwinsInUnicode(t *testing.T) {
	t.Parallel()
	const composed, decomposed = "gr\u00f6sse.dat", "gro\u0308sse.dat"
	got := diag.DidYouMean(composed, []string{"other.dat", decomposed})
	want := `it is there under a name that looks the same and has other Unicode characters; write "gro\u0308sse.dat"`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
