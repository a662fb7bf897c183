package outputs

import (
	"context"
	"path"
	"strings"

	"github.com/rescale-apply/rescale-apply/spec"
)

// Log finds the file with the output of a job's command, of several runs that of the
// last one, else with an empty Run; nil when none is listed. It asks for no other files: a
// run may have left many.
func Log(ctx context.Context, p Lister, id string) (*File, error) {
	found, err := Named(ctx, p, id, spec.ProcessOutput)
	if err != nil {
		return nil, err
	}
	var last *File
	for _, f := range found {
		if last == nil || f.Uploaded.After(last.Uploaded) {
			last = &f
		}
	}
	if len(found) == 1 {
		last.Run = ""
	}
	return last, nil
}

// Named finds the files of a job with exactly this path, one for each run that has it.
// The platform's search, which is for parts of names, keeps the list short.
func Named(ctx context.Context, p Lister, id, wanted string) ([]File, error) {
	name := path.Base(wanted)
	search := strings.TrimSuffix(name, path.Ext(name))
	if strings.ContainsAny(search, " \t") { // it would be taken apart
		search = ""
	}
	files, err := p.JobFiles(ctx, id, search)
	if err != nil {
		return nil, err
	}
	return Read(id, files).Matching(func(path string) bool { return path == wanted }), nil
}
