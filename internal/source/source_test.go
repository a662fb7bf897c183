package source

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		value string
		want  Source
		ok    bool
	}{
		"whole": {
			value: `{"v":1,"repo":"https://github.com/acme/sims","commit":"7ba84b4","ref":"refs/heads/main","path":"jobs/job.yaml","dirty":["jobs/plate.inp"],"more":2,"run":"https://github.com/acme/sims/actions/runs/1","actor":"ada"}`,
			want: Source{
				Version: 1, Repo: "https://github.com/acme/sims", Commit: "7ba84b4", Ref: "refs/heads/main", Path: "jobs/job.yaml",
				Dirty: []string{"jobs/plate.inp"}, More: 2, Run: "https://github.com/acme/sims/actions/runs/1", Actor: "ada",
			},
			ok: true,
		},
		"keys of a later program": {value: `{"v":1,"commit":"7ba84b4","team":"aero"}`, want: Source{Version: 1, Commit: "7ba84b4"}, ok: true},
		"another version":         {value: `{"v":2,"commit":"7ba84b4"}`},
		"no JSON":                 {value: `7ba84b4`},
		"nothing":                 {value: ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := Parse(tc.value)
			if diff := cmp.Diff(tc.want, got); diff != "" || ok != tc.ok {
				t.Errorf("ok %v, want %v (-want +got):\n%s", ok, tc.ok, diff)
			}
		})
	}
}
