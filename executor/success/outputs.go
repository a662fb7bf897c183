package success

import (
	"fmt"

	"github.com/rescale-apply/rescale-apply/executor/outputs"
	"github.com/rescale-apply/rescale-apply/internal/content"
)

// run is what one run of a job left.
type run struct {
	outputs.Reading
	name  string // empty when the job has no other
	sweep string // of a sweep: the name of its folder
}

// finding is something that a run fails.
type finding struct {
	words string
	run   string // of a sweep: the name of its folder
}

// runs splits a reading: a job can have several runs, and each must pass.
func (c Checks) runs(r outputs.Reading) []run {
	var list []run
	for i, part := range r.Split(len(c.Runs)) {
		list = append(list, run{part, fmt.Sprintf("run %d of %d (%s)", i+1, len(c.Runs), short(c.Runs[i])), outputs.RunName(i + 1)})
	}
	if len(list) > 0 {
		return list
	}
	names := r.Runs()
	if len(names) == 1 {
		return []run{{Reading: r}}
	}
	for _, name := range names {
		list = append(list, run{Reading: r.Of(name), name: name})
	}
	return list
}

// said puts findings into words, of a sweep the first of many: most are the same.
func (c Checks) said(found []finding) (failed []string) {
	for _, f := range found {
		failed = append(failed, f.words)
	}
	const most = 10
	if more := len(failed) - most; len(c.Runs) > 0 && more > 0 {
		return append(failed[:most:most], fmt.Sprintf("and %d more", more))
	}
	return failed
}

// short cuts what tells a run apart: its number says the same.
func short(label string) string {
	const most = 40
	if text := []rune(label); len(text) > most {
		return string(text[:most]) + "…"
	}
	return label
}

// says adds the run to a finding, when there are several.
func (r run) says(words string) finding {
	if r.name != "" {
		words = r.name + ": " + words
	}
	return finding{words, r.sweep}
}

// find returns an output by its path, deleted or not.
func (r run) find(path string) []outputs.File {
	return r.Matching(func(p string) bool { return p == path })
}

// goneError reports that an output existed, and that its content is gone.
type goneError struct{ path string }

// Error names the file.
func (e *goneError) Error() string { return e.path + " was deleted on the platform" }

// lack returns what the checks need and the reading lacks.
type lack struct {
	found []finding // of what is not listed
	gap   outputs.Gap
}

// missing returns what the runs should have left and did not.
func (c Checks) missing(r outputs.Reading) (l lack, err error) {
	for _, run := range c.runs(r) {
		for _, pattern := range c.Files {
			matches, err := content.Selector([]string{pattern}, nil)
			if err != nil {
				return l, err
			}
			// One that was deleted later counts: it existed.
			l.need(run, run.Matching(matches), fmt.Sprintf("no output file matches %q", pattern))
		}
		for what, path := range c.read() {
			found := run.find(path)
			if len(found) > 0 && found[0].Deleted {
				return l, &goneError{path}
			}
			l.need(run, found, what+" is not among the outputs")
		}
	}
	return l, nil
}

// read returns the files to read, with what each of them is.
func (c Checks) read() func(yield func(what, path string) bool) {
	return func(yield func(what, path string) bool) {
		for _, log := range c.Logs {
			if !yield("log "+log.File, log.File) {
				return
			}
		}
		if c.ExitCode != "" {
			yield("exit code file "+c.ExitCode, c.ExitCode)
		}
	}
}

func (l *lack) need(r run, found []outputs.File, words string) {
	gap := outputs.GapOf(found)
	l.gap = l.gap.And(gap)
	if gap == outputs.Missing {
		l.found = append(l.found, r.says(words))
	}
}
