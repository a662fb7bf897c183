// Package outputs is the only reading of what a run left on the platform. Downloads,
// inputs taken from other jobs, success checks, the end of a log and rebuilding a state
// all use it. It decides what is an output, which of several versions counts, which run a
// file belongs to, and when a list is complete. It knows no plan, no manifest and no
// disk.
package outputs

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/spec"
)

// File is one output, in the version that counts.
type File struct {
	rescale.File

	Run string // such as run1
	// Unclear means that other outputs have the same path as far as it can be read: the
	// platform's answer holds only UTF-8.
	Unclear bool
}

// Arriving reports whether the platform has not stored all of the file yet.
func (f File) Arriving() bool { return !f.Complete && !f.Deleted }

// Reading is what one look at the outputs of a job shows.
type Reading struct {
	Files []File // one for each run and path, deleted ones included, in the order of the list
	marks []string
}

// Read picks the outputs of a job from the files that the platform lists:
//
//   - What a job was given is no output, though it may be listed as one
//     (rescale-api.md §9): files of the types of inputs, and results of other jobs, which
//     their storage path tells.
//   - Of several versions of a path, the newest counts. If that was deleted, the output
//     was: an older version is not what the run left.
//   - A job can have several runs, each with files of its own under the same paths.
func Read(job string, listed []rescale.File) Reading {
	var r Reading
	at := make(map[[2]string]int) // index in r.Files, by run and path
	for _, f := range own(job, listed) {
		file := File{File: f, Run: runOf(f)}
		r.marks = append(r.marks, fmt.Sprint(f.ID, f.Complete, f.Deleted, f.Size))
		key := [2]string{file.Run, f.RelativePath}
		i, again := at[key]
		switch {
		case !again:
			at[key] = len(r.Files)
			r.Files = append(r.Files, file)
		case garbled(f.RelativePath):
			file.Unclear, r.Files[i].Unclear = true, true
			r.Files = append(r.Files, file)
		case replaces(f, r.Files[i].File):
			r.Files[i] = file
		}
	}
	slices.Sort(r.marks)
	return r
}

// own leaves out what the job was given. A path that names another job proves that only
// where paths of the list name this one too.
func own(job string, listed []rescale.File) []rescale.File {
	named := slices.ContainsFunc(listed, func(f rescale.File) bool { return jobOf(f) == job })
	return slices.DeleteFunc(slices.Clone(listed), func(f rescale.File) bool {
		return given(f.Type) || named && jobOf(f) != "" && jobOf(f) != job
	})
}

// given reports whether a type is one of files that a job is given (rescale-api.md §3.2).
func given(t rescale.FileType) bool {
	return slices.Contains([]rescale.FileType{rescale.InputFile, rescale.TemplateFile, rescale.ParamFile, rescale.ScriptFile}, t)
}

// storage finds job and run in a storage path such as user/user_X/output/job_Y/run1/a.csv
// (rescale-api.md §3.2).
var storage = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?:/job_([^/]+))?/(run\d+)/`) })

func jobOf(f rescale.File) string {
	if m := storage().FindStringSubmatch(f.Path); m != nil {
		return m[1]
	}
	return ""
}

func runOf(f rescale.File) string {
	if m := storage().FindStringSubmatch(f.Path); m != nil {
		return m[2]
	}
	return "run1"
}

// RunName returns the name of the nth run of a job, from 1 on.
func RunName(n int) string { return "run" + strconv.Itoa(n) }

// Split returns what each of so many runs left, in their order; of a run that left
// nothing an empty reading.
func (r Reading) Split(runs int) []Reading {
	parts, at := make([]Reading, runs), make(map[string]int, runs)
	for i := range parts {
		at[RunName(i+1)] = i
	}
	for _, f := range r.Files {
		if i, known := at[f.Run]; known {
			parts[i].Files = append(parts[i].Files, f)
		}
	}
	return parts
}

// garbled reports whether a path has lost bytes that are not UTF-8: two files may have
// the same one.
func garbled(path string) bool { return strings.ContainsRune(path, utf8.RuneError) }

// replaces reports whether f is the newer version. One without a date that is not whole
// is on its way now.
func replaces(f, other rescale.File) bool {
	begun := func(f rescale.File) bool { return File{File: f}.Arriving() && f.Uploaded.IsZero() }
	switch {
	case begun(f) != begun(other):
		return begun(f)
	case !f.Uploaded.Equal(other.Uploaded):
		return f.Uploaded.After(other.Uploaded)
	case f.Deleted != other.Deleted:
		return other.Deleted
	}
	return f.Complete && !other.Complete
}

// Runs returns the names of the runs, in the order of their numbers.
func (r Reading) Runs() []string {
	known := make(map[string]bool)
	for _, f := range r.Files {
		known[f.Run] = true
	}
	return slices.SortedFunc(maps.Keys(known), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
}

// Matching returns the files whose paths are wanted.
func (r Reading) Matching(wanted func(path string) bool) (list []File) {
	for _, f := range r.Files {
		if wanted(f.RelativePath) {
			list = append(list, f)
		}
	}
	return list
}

// Of returns the part of a reading that is about one run.
func (r Reading) Of(run string) Reading {
	var part Reading
	for _, f := range r.Files {
		if f.Run == run {
			part.Files = append(part.Files, f)
		}
	}
	return part
}

// Printed reports whether every run has the file with the output of its command. The file
// is there once the run is over: the list is full then.
func (r Reading) Printed() bool {
	has := make(map[string]bool) // by run
	for _, f := range r.Files {
		has[f.Run] = has[f.Run] || f.RelativePath == spec.ProcessOutput
	}
	for _, printed := range has {
		if !printed {
			return false
		}
	}
	return len(has) > 0
}
