package results

import (
	"context"
	"os"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// Here gives what Run would give, without fetching anything: whole is false unless
// every file that is wanted is on this disk with the content that the platform has.
func (d Download) Here(ctx context.Context) (outputs []state.Output, whole bool, err error) {
	files, err := d.List(ctx)
	if err != nil {
		return nil, false, err
	}
	paths := make([]string, len(files))
	for i, f := range files {
		outputs = append(outputs, state.Output{Path: f.Path, Size: f.File.Size, SHA512: f.File.SHA512})
		if paths[i], err = content.LocalPath(d.Wish.Folder(), f.Path); err != nil {
			return nil, false, nil //nolint:nilerr // it would not be fetched either
		}
		if info, err := os.Stat(paths[i]); err != nil || info.Size() != f.File.Size {
			return nil, false, nil //nolint:nilerr // what cannot be looked at is fetched anew
		}
	}
	digests, err := content.HashAll(ctx, paths)
	if err != nil {
		return nil, false, ctx.Err() // as above, unless it was interrupted
	}
	same := slices.EqualFunc(digests, outputs, func(d content.Digest, o state.Output) bool { return d.SHA512 == o.SHA512 })
	return outputs, same, nil
}
