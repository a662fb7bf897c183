// Package results fetches what a run left on the platform: it chooses files,
// decides where they go on this disk, and tells which of them are not here. It
// knows no plan and writes no journal.
package results

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Wish is which results a manifest asks for, and where they go.
type Wish struct {
	Include []string // patterns
	Exclude []string // patterns
	To      string   // folder, as the manifest says it: relative to Dir, or absolute
	Dir     string   // folder of the manifest
}

// Of is the wish of a job: outputs.to, or results/NAME.
func Of(job resolver.Job) Wish {
	w := Wish{Include: texts(job.Outputs.Download), Exclude: texts(job.Outputs.Exclude), To: job.Outputs.To.V, Dir: job.Dir}
	if w.To == "" {
		w.To = "results/" + strings.ReplaceAll(job.Name, "/", "-")
	}
	return w
}

// Folder is where the files go.
func (w Wish) Folder() string {
	to := filepath.FromSlash(w.To)
	if filepath.IsAbs(to) {
		return to
	}
	return filepath.Join(w.Dir, to)
}

// Selection is the patterns as one text. A download under another selection may
// have left files out.
func (w Wish) Selection() string {
	return strings.Join(w.Include, "\n") + "\n!" + strings.Join(w.Exclude, "\n!")
}

func texts(values []spec.Value[string]) []string {
	var list []string
	for _, v := range values {
		list = append(list, v.V)
	}
	return list
}

// Missing lists the results of a run that are not on this disk in the size in
// which they were downloaded. If the manifest wants other files, or wants them
// elsewhere, it names the folder.
func Missing(wish Wish, run state.Run) []string {
	if len(wish.Include) == 0 {
		return nil
	}
	if run.OutputsTo != wish.To || run.Selection != wish.Selection() {
		return []string{wish.To}
	}
	var lost []string
	for _, o := range run.Outputs {
		if info, err := os.Stat(wish.path(o)); err != nil || info.Size() != o.Size {
			lost = append(lost, o.Path)
		}
	}
	return lost
}

// Altered lists the results of a run that are on this disk with other content
// than was downloaded: a newer run of the same job may have written over them.
func Altered(ctx context.Context, wish Wish, run state.Run) ([]string, error) {
	paths := make([]string, len(run.Outputs))
	for i, o := range run.Outputs {
		paths[i] = wish.path(o)
	}
	digests, err := content.HashAll(ctx, paths)
	if err != nil {
		return nil, err
	}
	var altered []string
	for i, o := range run.Outputs {
		if o.SHA512 != "" && digests[i].SHA512 != o.SHA512 {
			altered = append(altered, o.Path)
		}
	}
	return altered, nil
}

func (w Wish) path(o state.Output) string {
	return filepath.Join(w.Folder(), filepath.FromSlash(o.Path))
}
