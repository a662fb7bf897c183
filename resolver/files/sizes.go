package files

import (
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// sizeProblems refuses what is too large for an upload before hours are spent on
// sending it: a file before it is read, an archive once it is measured.
func sizeProblems(inputs []Input) diag.List {
	var problems diag.List
	for _, in := range inputs {
		if in.Size > rescale.MaxUpload {
			problems.Add(in.Pos, diag.InputTooLarge, rescale.TooLargeHint,
				"input %s has %.1f GB, and the platform takes files of up to 5 GB", in.label(), float64(in.Size)/1e9)
		}
	}
	return problems
}

// label returns a name that identifies an input among those of a manifest.
func (in Input) label() string {
	if in.Archive != nil {
		return in.Sent()
	}
	return in.Rel
}
