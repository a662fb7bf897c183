package results

import (
	"context"
	"os"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/stamp"
	"github.com/rescale-apply/rescale-apply/internal/content/written"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// Here returns what Run would return, without fetching anything: whole is true only if
// every wanted file is on this disk with the platform's content.
func (d Download) Here(ctx context.Context) (outputs []state.Output, whole bool, err error) {
	files, err := d.List(ctx)
	if err != nil {
		return nil, false, err
	}
	for _, f := range files {
		if _, err := content.LocalPath(d.Wish.Folder(), f.Path); err != nil || f.File.SHA512 == "" {
			return nil, false, nil //nolint:nilerr // it would not be fetched either, or nobody knows what it is
		}
		outputs = append(outputs, state.Output{Path: f.Path, Size: f.File.Size, SHA512: f.File.SHA512})
	}
	here, err := d.Wish.here(ctx, outputs)
	if err != nil {
		return nil, false, ctx.Err() // what cannot be read is fetched again, unless this was interrupted
	}
	return outputs, !slices.Contains(here, false), nil
}

// here returns the results that are on this disk. Their content decides; a file that
// was not touched since it was listed need not be read.
func (w Wish) here(ctx context.Context, outputs []state.Output) ([]bool, error) {
	here := make([]bool, len(outputs))
	list, err := written.Read(w.Folder())
	if err != nil {
		list = written.List{} // then all of them are read
	}
	var unsure []int
	var paths []string
	for i, o := range outputs {
		info, err := os.Stat(w.path(o))
		switch {
		case err != nil || !info.Mode().IsRegular() || info.Size() != o.Size:
		case o.SHA512 == "" || untouched(w.path(o), o, list):
			here[i] = true
		default:
			unsure, paths = append(unsure, i), append(paths, w.path(o))
		}
	}
	digests, err := content.HashAll(ctx, paths)
	for k, d := range digests {
		here[unsure[k]] = d.SHA512 == outputs[unsure[k]].SHA512
	}
	return here, err
}

// untouched reports whether a file is unchanged since it was listed with this content.
func untouched(name string, o state.Output, list written.List) bool {
	now, err := stamp.At(name)
	return err == nil && slices.ContainsFunc(list.Of(o.Path), func(f written.File) bool {
		return f.SHA512 == o.SHA512 && f.Stamp != nil && *f.Stamp == now
	})
}
