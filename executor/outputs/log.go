package outputs

import (
	"context"
	"strings"

	"github.com/rescale-apply/rescale-apply/spec"
)

// Log finds the file with the output of a job's command, of several runs that of the
// last one; nil when none is listed. It asks for no other files: a run may have left
// many.
func Log(ctx context.Context, p Lister, id string) (*File, error) {
	files, err := p.JobFiles(ctx, id, strings.TrimSuffix(spec.ProcessOutput, ".log"))
	if err != nil {
		return nil, err
	}
	var last *File
	for _, f := range Read(id, files).Matching(func(path string) bool { return path == spec.ProcessOutput }) {
		if last == nil || f.Uploaded.After(last.Uploaded) {
			last = &f
		}
	}
	return last, nil
}
