package results_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// TestResultsOfASweep: each run has its folder, whatever the others left, so that a path
// does not depend on it.
func TestResultsOfASweep(t *testing.T) {
	t.Parallel()
	const log = "process_output.log"
	for name, tc := range map[string]struct {
		listing listing
		runs    int
		want    []string
		warned  []string
	}{
		"one run":            {listing{file(log), file("a.csv")}, 1, []string{"run1/a.csv"}, nil},
		"two runs":           {listing{file(log), file("a.csv"), file(log, in("run2")), file("a.csv", in("run2"))}, 2, []string{"run1/a.csv", "run2/a.csv"}, nil},
		"one has no results": {listing{file(log), file("a.csv"), file(log, in("run2"))}, 3, []string{"run1/a.csv"}, []string{`pattern "*.csv" matches no result of run2, run3`}},
		"none has":           {listing{file(log), file(log, in("run2"))}, 2, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var warned []string
				d := results.Download{
					Platform: tc.listing, ID: "Y", Over: true, Wish: results.Wish{Include: []string{"*.csv"}, To: "out", Dir: t.TempDir(), Count: tc.runs},
					Warn: func(text string) { warned = append(warned, text) },
				}
				list, err := d.List(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, r := range list {
					got = append(got, r.Path)
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				if diff := cmp.Diff(tc.warned, warned); diff != "" {
					t.Errorf("warnings (-want +got)\n%s", diff)
				}
			})
		})
	}
}

// late is a platform that lists the results of the last run after a while.
type late struct {
	listing
	looks *int
}

func (l late) JobFiles(ctx context.Context, _, _ string) ([]rescale.File, error) {
	*l.looks++
	if *l.looks < 3 {
		return l.listing[:len(l.listing)-1], ctx.Err()
	}
	return l.listing, ctx.Err()
}

// TestAResultOfTheLastRunIsWaitedFor, though other runs have one for its pattern.
func TestAResultOfTheLastRunIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := late{listing{file("process_output.log"), file("a.csv"), file("process_output.log", in("run2")), file("a.csv", in("run2"))}, new(int)}
		d := results.Download{Platform: p, ID: "Y", Over: true, Wish: results.Wish{Include: []string{"*.csv"}, To: "out", Dir: t.TempDir(), Count: 2}}
		if list, err := d.List(t.Context()); len(list) != 2 || err != nil {
			t.Errorf("%d results, %v", len(list), err)
		}
	})
}
