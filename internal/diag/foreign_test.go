package diag_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// TestConceal quotes nothing of a foreign text, wherever a problem is, and leaves all else
// as it is.
func TestConceal(t *testing.T) {
	t.Parallel()
	key := diag.Source{Name: "/run/key", Text: []byte("hunter22, a;S3cr3t word\n"), Foreign: true}
	manifest := diag.Source{Name: "job.yaml", Text: []byte("a: b\n")}
	at, there := diag.Position{File: "job.yaml", Line: 1, Col: 1}, diag.Position{File: "/run/key", Line: 1, Col: 1}
	const hidden = "nothing of this file is shown, because it is outside the manifest's repository or folder"
	for name, tc := range map[string]struct{ given, want diag.Diagnostic }{
		"in the foreign file":    {diag.Diagnostic{Pos: there, Message: `column "x" is none`, Hint: "use S3cr3t"}, diag.Diagnostic{Pos: there, Message: `column "…" is none`, Hint: hidden}},
		"a value of it":          {diag.Diagnostic{Pos: at, Message: `"hunter22" is no "number"`}, diag.Diagnostic{Pos: at, Message: `"…" is no "number"`}},
		"a value that was cut":   {diag.Diagnostic{Pos: at, Message: `"hunter2…" is none`}, diag.Diagnostic{Pos: at, Message: `"…" is none`}},
		"a value inside another": {diag.Diagnostic{Pos: at, Message: `job "leak/a=S3cr3t" is none`}, diag.Diagnostic{Pos: at, Message: `job "…" is none`}},
		"without quotes":         {diag.Diagnostic{Pos: at, Message: "keys of type S3cr3t", Hint: "no word for S3cr3t"}, diag.Diagnostic{Pos: at, Message: "keys of type …", Hint: "no word for …"}},
		"something else":         {diag.Diagnostic{Pos: at, Message: `"b" is no "number"`, Hint: "a word"}, diag.Diagnostic{Pos: at, Message: `"b" is no "number"`, Hint: "a word"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := diag.Conceal(diag.List{tc.given}, []diag.Source{manifest, key})
			if diff := cmp.Diff(diag.List{tc.want}, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			var out strings.Builder
			diag.Printer{Sources: []diag.Source{manifest, key}}.Print(&out, diag.List{tc.given})
			if strings.Contains(out.String(), "S3cr3t") || strings.Contains(out.String(), "hunter") {
				t.Errorf("%s", out.String())
			}
		})
	}
}
