package lock_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec/lock"
)

// FuzzLock: no text makes Read panic, problems have words and places in the text, and
// what was read is the same once it was written.
func FuzzLock(f *testing.F) {
	for _, seed := range []string{
		wholeText, "", "formatVersion: 1\n", "formatVersion: 2\n", "formatVersion: 1\nanalyses: [{code: \"\\u0085\", version: 'a''b', since: 2026-11-01}]\n",
		"formatVersion: 1\ncoreTypes: [{code: yes, coresPerSlot: [4, 1, 4], onDemandUSDPerCoreHour: 1e-7, since: 2026-11-01}]\n", "- &a [*a]\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, problems := lock.Read(diag.Source{Name: "lock", Text: text})
		if (got == nil) != (len(problems) > 0) {
			t.Fatalf("%+v and %v", got, problems)
		}
		lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(string(text), "\ufeff")), "\n")
		for _, d := range problems {
			if d.Message == "" || d.Pos.Line < 1 || d.Pos.Line > len(lines) || d.Pos.Col < 1 || d.Pos.Col > utf8.RuneCountInString(lines[d.Pos.Line-1])+1 {
				t.Errorf("problem without words, or outside of the text: %+v", d)
			}
		}
		if got == nil {
			return
		}
		again, problems := lock.Read(diag.Source{Name: "lock", Text: got.Text()})
		if len(problems) > 0 {
			t.Fatalf("%v in\n%s", problems, got.Text())
		}
		if diff := cmp.Diff(got, again, alike()); diff != "" {
			t.Errorf("written and read again (-want +got)\n%s", diff)
		}
	})
}
