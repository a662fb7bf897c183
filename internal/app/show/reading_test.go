package show_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/content"
)

// TestReading hashes for 25 seconds, in steps of half a second.
func TestReading(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		live bool
		want []string // some of what is written, in order
		not  string
	}{
		"pipe": {false, []string{
			"hashing   4 % of 10 GB   mesh.msh\n", "hashing  44 % of 10 GB   ", "warning: late\n", "hashing  84 % of 10 GB   ",
		}, "\r"},
		"terminal": {true, []string{
			"hashing   4 % of 10 GB   mesh", "\r\x1b[1A", "hashing   6 % of 10", "\r\x1b[1A\x1b[Jwarning: late\n", "hashing  98 %", "\r\x1b[1A\x1b[J",
		}, "msh\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var out strings.Builder
				r := &show.Reading{Out: &out, Live: tc.live, Size: func() (int, int, bool) { return 60, 24, true }}
				for i := range int64(50) {
					r.Tell(content.Progress{Act: "hashing", File: "/a/mesh\x1b.msh", Done: i * 200e6, Total: 10e9})
					if i == 40 {
						r.Note("late")
					}
					time.Sleep(500 * time.Millisecond)
				}
				r.Close()
				rest := out.String()
				for _, want := range tc.want {
					_, after, found := strings.Cut(rest, want)
					if !found {
						t.Fatalf("no %q in %q", want, rest)
					}
					rest = after
				}
				if strings.Contains(out.String(), tc.not) {
					t.Errorf("%q is in %q", tc.not, out.String())
				}
			})
		})
	}
}

// What is done at once is not worth a word.
func TestReadingIsQuiet(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	r := &show.Reading{Out: &out}
	r.Tell(content.Progress{Act: "hashing", File: "a", Total: 0})
	r.Tell(content.Progress{Act: "hashing", File: "a", Done: 5, Total: 5})
	r.Close()
	if diff := cmp.Diff("", out.String()); diff != "" {
		t.Error(diff)
	}
}
