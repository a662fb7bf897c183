// Package results fetches what a run left on the platform: it chooses files, decides
// where they go on this disk, and finds those that are not here. It knows no plan and
// writes no journal.
package results

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/ignore"
	"github.com/rescale-apply/rescale-apply/internal/content/partial"
	"github.com/rescale-apply/rescale-apply/internal/content/place"
	"github.com/rescale-apply/rescale-apply/internal/content/reach"
	"github.com/rescale-apply/rescale-apply/internal/content/written"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Wish says which results a manifest asks for, and where they go.
type Wish struct {
	Include []string // patterns
	Exclude []string // patterns
	To      string   // folder, as the manifest says it: relative to Dir, or absolute
	Dir     string   // folder of the manifest
	Keep    []string // files that a result must not replace

	Job      string   // whose they are; empty for a run that is known by its id alone
	Manifest string   // path of the manifest that the job is in
	Runs     []string // ids of the job's runs that the journal knows
	Count    int      // of the runs of a sweep, each with a folder of its own; else 0
	Whole    bool     // these are all results that the job wants: those of former runs are out of date
}

// Home is what a manifest says of where results of a job belong, and what lies there.
type Home struct {
	Job      string
	Dir      string // folder of the manifest
	Manifest string // its path
	Table    string // path of the table of its matrix; empty without one
	Folder   string // of the results
	Outputs  spec.Outputs
	Inputs   []files.Input
}

// Wish is what the manifest wants.
func (h Home) Wish() Wish {
	w := Wish{Include: spec.Texts(h.Outputs.Download), Exclude: spec.Texts(h.Outputs.Exclude), To: h.Folder, Dir: h.Dir}
	w.Job, w.Manifest, w.Whole, w.Count = h.Job, h.Manifest, true, h.Outputs.Runs
	w.Keep = append(w.Keep, h.Manifest, filepath.Join(h.Dir, ignore.Name))
	if h.Table != "" {
		w.Keep = append(w.Keep, h.Table)
	}
	for _, in := range h.Inputs {
		w.Keep = append(w.Keep, in.Files()...)
	}
	return w
}

// Of returns the wish of a job.
func Of(job resolver.Job) Wish {
	return Home{
		Job: job.Name, Dir: job.Dir, Manifest: job.Manifest, Table: job.Table, Folder: job.Results,
		Outputs: job.Outputs, Inputs: job.Inputs,
	}.Wish()
}

// Wanted reports whether the manifest asks for the results of a run that ended so.
func Wanted(job resolver.Job, v verdict.Verdict) bool {
	return v == verdict.Succeeded || job.Outputs.OnFailure.V
}

// OverwriteError reports that a result would replace an input, the manifest or its
// table, or files that this tool or git keeps.
type OverwriteError struct{ Path string }

// Error names the file.
func (e *OverwriteError) Error() string {
	return fmt.Sprintf("it would replace %s, which is not a result", e.Path)
}

// Hint says what to do next.
func (*OverwriteError) Hint() string {
	return "give outputs.to a folder of its own, or exclude the file"
}

// place returns where a result goes, or why it must not; rel is its path below the
// folder.
func (w Wish) place(rel string) (string, error) {
	path, err := content.LocalPath(w.Folder(), rel)
	if err != nil {
		return "", err
	}
	return path, w.permit(path, rel)
}

// permit refuses a path that must not change.
func (w Wish) permit(path, rel string) error {
	if slices.ContainsFunc(strings.Split(rel, "/"), place.Reserved) {
		return &OverwriteError{path}
	}
	if partial.IsTemporary(filepath.Base(path)) {
		return &content.UnsafePathError{Rel: rel, Why: "files on their way here have such names"}
	}
	if err := w.lands(filepath.Dir(path)); err != nil {
		return err
	}
	target, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, keep := range w.Keep {
		if info, err := os.Stat(keep); err == nil && os.SameFile(info, target) {
			return &OverwriteError{keep}
		}
	}
	return nil
}

// lands refuses a folder that other programs rely on.
func (w Wish) lands(folder string) error { return place.Check(reach.Root(w.Dir), folder) }

// Folder returns where the files go.
func (w Wish) Folder() string {
	to := filepath.FromSlash(w.To)
	if filepath.IsAbs(to) {
		return to
	}
	return filepath.Join(w.Dir, to)
}

// Selection returns the patterns as one text. A download with another selection may have
// left files out.
func (w Wish) Selection() string {
	return strings.Join(w.Include, "\n") + "\n!" + strings.Join(w.Exclude, "\n!")
}

// mark identifies a selection in the list of a folder.
func (w Wish) mark() string {
	sum := sha256.Sum256([]byte(w.Selection()))
	return hex.EncodeToString(sum[:])[:8]
}

// Listed adds to a run whose downloads no journal has the files that the folder's own
// list has for it, fetched by the same patterns. All of them were listed before they
// were written, so the download is complete when all of them are here.
func (w Wish) Listed(run state.Run) (state.Run, error) {
	list, err := written.Read(w.Folder())
	if err != nil {
		return run, err
	}
	owner := w.owner(run.ID)
	var outputs []state.Output
	for _, f := range list.All() {
		if f.SameRun(owner) && f.Wanted == w.mark() {
			outputs = append(outputs, state.Output{Path: f.Path, Size: f.Size, SHA512: f.SHA512})
		}
	}
	if len(outputs) > 0 {
		run.Outputs, run.OutputsTo, run.Selection = outputs, w.To, w.Selection()
	}
	return run, nil
}

// Missing lists the results of a run that are not on this disk with the content that was
// downloaded. If the manifest wants other files, or wants them elsewhere, it names the
// folder.
func Missing(ctx context.Context, wish Wish, run state.Run) ([]string, error) {
	if len(wish.Include) == 0 {
		return nil, nil
	}
	if run.OutputsTo != wish.To || run.Selection != wish.Selection() {
		return []string{wish.To}, nil
	}
	here, err := wish.here(ctx, run.Outputs)
	var lost []string
	for i, o := range run.Outputs {
		if !here[i] {
			lost = append(lost, o.Path)
		}
	}
	return lost, err
}

// path returns where a result is on this disk.
func (w Wish) path(o state.Output) string {
	return filepath.Join(w.Folder(), filepath.FromSlash(o.Path))
}
