package inputs_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/inputs"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// TestAFileServesOneUse: the platform has a type for each use of a file, and takes no
// input for a table of parameters. Each use finds its own file, or uploads one.
func TestAFileServesOneUse(t *testing.T) {
	t.Parallel()
	types := map[spec.Use]rescale.FileType{
		spec.ForCommand: rescale.InputFile, spec.Before: rescale.ScriptFile, spec.After: rescale.ScriptFile,
		spec.ForRuns: rescale.ParamFile, spec.ForEach: rescale.TemplateFile,
	}
	for use, wanted := range types {
		for _, there := range []rescale.FileType{rescale.InputFile, rescale.ScriptFile, rescale.ParamFile, rescale.TemplateFile} {
			want := ""
			if there == wanted {
				want = "F"
			}
			in := input("p.csv", "abc")
			in.Use = use
			p := newLibrary()
			p.files = []rescale.File{stored("F", in, func(f *rescale.File) { f.Type = there })}
			for name, search := range map[string]inputs.Search{
				"found": {Owner: owner, Wanted: []files.Input{in}},
				"known": {Owner: owner, Wanted: []files.Input{in}, Known: knowing("F", in)},
			} {
				stock, err := inputs.Look(t.Context(), p, search)
				if diff := cmp.Diff(inputs.Stock{inputs.Of(in): want}, stock); diff != "" || err != nil {
					t.Errorf("%s for %q, type %d: %v (-want +got)\n%s", name, use, there, err, diff)
				}
			}
		}
	}
}

// TestAFileWithTwoUsesIsUploadedTwice, and with the type of each.
func TestAFileWithTwoUsesIsUploadedTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in := onDisk(t, "p.csv")
		table := in
		table.Use = spec.ForRuns
		p, d := &typed{library: newLibrary()}, new(diary)
		refs, err := d.store(p).IDs(t.Context(), []files.Input{in, table, in})
		if err != nil {
			t.Fatal(err)
		}
		if got := ids(refs); got[0] == got[1] || got[0] != got[2] {
			t.Errorf("ids %v", got)
		}
		if diff := cmp.Diff(map[rescale.FileType]int{0: 1, rescale.ParamFile: 1}, p.types); diff != "" {
			t.Errorf("types (-want +got)\n%s", diff)
		}
	})
}

// typed counts uploads by their types.
type typed struct {
	*library
	types map[rescale.FileType]int
}

func (p *typed) Upload(ctx context.Context, u rescale.Upload) (rescale.File, error) {
	p.mu.Lock()
	if p.types == nil {
		p.types = make(map[rescale.FileType]int)
	}
	p.types[u.Type]++
	p.mu.Unlock()
	return p.library.Upload(ctx, u)
}
