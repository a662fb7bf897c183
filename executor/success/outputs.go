package success

import (
	"context"
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/spec"
)

// outputs is what one look showed.
type outputs struct {
	files map[string]map[string]rescale.File // by run and path; of two versions the newer one
	ids   []string                           // of all files, sorted
	whole bool                               // nothing is still being stored
}

func (e Examiner) list(ctx context.Context, id string) (outputs, error) {
	files, err := e.Platform.JobFiles(ctx, id, "")
	if err != nil {
		return outputs{}, err
	}
	o := outputs{files: make(map[string]map[string]rescale.File), whole: true}
	for _, f := range files {
		if f.Type == rescale.InputFile {
			continue // the platform may list what the run was given as well (rescale-api.md §9)
		}
		run := results.RunOf(f)
		if o.files[run] == nil {
			o.files[run] = make(map[string]rescale.File)
		}
		o.whole = o.whole && (f.Complete || f.Deleted)
		o.ids = append(o.ids, f.ID)
		if other, known := o.files[run][f.RelativePath]; !known || f.Uploaded.After(other.Uploaded) {
			o.files[run][f.RelativePath] = f
		}
	}
	slices.Sort(o.ids)
	return o, nil
}

// filling tells that more must come: every run has the file that holds what its
// command printed (rescale-api.md §9).
func (o outputs) filling() bool {
	if len(o.files) == 0 || !o.whole {
		return true
	}
	for _, files := range o.files {
		if _, ok := files[spec.ProcessOutput]; !ok {
			return true
		}
	}
	return false
}

// runs are the names of the runs, of which a job with several slots has several.
func (o outputs) runs() []string {
	var names []string
	for run := range o.files {
		names = append(names, run)
	}
	slices.Sort(names)
	return names
}

// of adds to a finding which run it is about, when there are several.
func (o outputs) of(run, words string) string {
	if len(o.files) < 2 {
		return words
	}
	return run + ": " + words
}

// find gives an output that is there.
func (o outputs) find(run, path string) (rescale.File, bool) {
	f, ok := o.files[run][path]
	return f, ok && !f.Deleted
}

// goneError tells that an output was there, and that its content cannot be had any more.
type goneError struct{ path string }

// Error names the file.
func (e *goneError) Error() string { return e.path + " was deleted on the platform" }

// missing gives the files that a run should have left and has not.
func (c Checks) missing(o outputs, run string) (lost []string, err error) {
	for _, pattern := range c.Files {
		found, err := o.matching(run, pattern)
		if err != nil {
			return nil, err
		}
		if !found {
			lost = append(lost, o.of(run, fmt.Sprintf("no output file matches %q", pattern)))
		}
	}
	for _, log := range c.Logs {
		if lost, err = o.need(lost, run, "log "+log.File, log.File); err != nil {
			return nil, err
		}
	}
	if c.ExitCode != "" {
		lost, err = o.need(lost, run, "exit code file "+c.ExitCode, c.ExitCode)
	}
	return lost, err
}

// matching tells whether a pattern has a file. One that was deleted later counts: it
// was there.
func (o outputs) matching(run, pattern string) (bool, error) {
	matches, err := content.Selector([]string{pattern}, nil)
	if err != nil {
		return false, err
	}
	for path := range o.files[run] {
		if matches(path) {
			return true, nil
		}
	}
	return false, nil
}

// need adds to lost what is not there under a path.
func (o outputs) need(lost []string, run, what, path string) ([]string, error) {
	f, ok := o.files[run][path]
	switch {
	case !ok:
		return append(lost, o.of(run, what+" is not among the outputs")), nil
	case f.Deleted:
		return nil, &goneError{path}
	}
	return lost, nil
}
