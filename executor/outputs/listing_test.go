package outputs_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/outputs"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// filling lists more at every look; the last list stays.
type filling struct {
	lists [][]rescale.File
	looks int
}

func (f *filling) JobFiles(ctx context.Context, _, _ string) ([]rescale.File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	list := f.lists[min(f.looks, len(f.lists)-1)]
	f.looks++
	return list, nil
}

// later is a second version of a file.
func later(f *rescale.File) { f.ID, f.Uploaded = f.ID+" again", f.Uploaded.Add(time.Hour) }

// TestTaken is never less than what the run left.
func TestTaken(t *testing.T) {
	t.Parallel()
	a, b, log := file("a.msh"), file("b.msh"), file(log)
	for name, tc := range map[string]struct {
		lists   [][]rescale.File
		want    []string
		nothing bool
		deleted string
		runs    int // of a sweep
	}{
		"a run of a sweep is not listed yet": {lists: [][]rescale.File{{a, log}, {a, log, file("b.msh", in("run2")), file("process_output.log", in("run2"))}}, want: []string{"a.msh", "b.msh"}, runs: 2},
		"a run of a sweep left nothing":      {lists: [][]rescale.File{{a, log}}, want: []string{"a.msh"}, runs: 2},

		"all at once":                      {lists: [][]rescale.File{{a, b, log}}, want: []string{"a.msh", "b.msh"}},
		"the list fills":                   {lists: [][]rescale.File{nil, {a}, {a, b}, {a, b, log}}, want: []string{"a.msh", "b.msh"}},
		"one is still stored":              {lists: [][]rescale.File{{a, file("b.msh", partial), log}, {a, b, log}}, want: []string{"a.msh", "b.msh"}},
		"one is never stored whole":        {lists: [][]rescale.File{{a, file("b.msh", partial), log}}, nothing: true},
		"the other run is not there yet":   {lists: [][]rescale.File{{a, log, file("b.msh", in("run2"))}, {a, log, file("b.msh", in("run2")), file("process_output.log", in("run2"))}}, want: []string{"a.msh", "b.msh"}},
		"nothing was printed":              {lists: [][]rescale.File{{a}, {a, b}}, want: []string{"a.msh", "b.msh"}},
		"none":                             {lists: [][]rescale.File{{log}}, nothing: true},
		"one was deleted":                  {lists: [][]rescale.File{{a, file("b.msh", deleted), log}}, deleted: "b.msh"},
		"the first version was deleted":    {lists: [][]rescale.File{{a, file("b.msh", deleted), file("b.msh", later), log}}, want: []string{"a.msh", "b.msh again"}},
		"the second version was deleted":   {lists: [][]rescale.File{{a, file("b.msh"), file("b.msh", later, deleted), log}}, deleted: "b.msh"},
		"an input has a name like that":    {lists: [][]rescale.File{{a, file("b.msh", typed(rescale.InputFile)), log}}, want: []string{"a.msh"}},
		"a given result has one":           {lists: [][]rescale.File{{a, file("b.msh", foreign), log}}, want: []string{"a.msh"}},
		"another file is still stored":     {lists: [][]rescale.File{{a, file("c.txt", partial), log}}, want: []string{"a.msh"}},
		"another file was deleted":         {lists: [][]rescale.File{{a, file("c.txt", deleted), log}}, want: []string{"a.msh"}},
		"all of what was asked is deleted": {lists: [][]rescale.File{{file("a.msh", deleted), log}}, deleted: "a.msh"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := outputs.Listing{Platform: &filling{lists: tc.lists}}
				if tc.runs > 0 {
					if err := s.Expect(t.Context(), "Y", tc.runs); err != nil {
						t.Fatal(err)
					}
				}
				taken, err := s.Take(t.Context(), "Y", []string{"*.msh"}, nil)
				var ids []string
				for _, f := range taken {
					ids = append(ids, f.ID)
				}
				if diff := cmp.Diff(tc.want, ids); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				var nothing *outputs.NothingError
				var gone *outputs.DeletedError
				if errors.As(err, &nothing) != tc.nothing || errors.As(err, &gone) != (tc.deleted != "") || gone != nil && gone.Path != tc.deleted {
					t.Errorf("error %v", err)
				}
			})
		})
	}
}
