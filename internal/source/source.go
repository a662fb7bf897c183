// Package source is where a run comes from: the commit of a manifest, and who had it
// applied. A run carries it in an environment variable beside its key, outside of the
// digest: it explains a run, and never makes one.
package source

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Variable is the environment variable of a job's first analysis that holds its source.
const Variable = "RESCALE_APPLY_SOURCE"

// version is that of the form.
const version = 1

// Source is where a run comes from. Everything but the version may be empty.
type Source struct {
	Version int      `json:"v"`
	Repo    string   `json:"repo,omitempty"`   // URL, without user and password
	Commit  string   `json:"commit,omitempty"` // in full
	Ref     string   `json:"ref,omitempty"`    // such as refs/heads/main
	Path    string   `json:"path,omitempty"`   // of the manifest in the repository, with /
	Dirty   []string `json:"dirty,omitempty"`  // paths in the repository that differ from the commit
	More    int      `json:"more,omitempty"`   // how many more differ
	Vars    []string `json:"vars,omitempty"`   // names of variables with values from the command line
	Run     string   `json:"run,omitempty"`    // URL of the pipeline
	Actor   string   `json:"actor,omitempty"`  // who started the pipeline

	// Unchecked is true of a commit that only the pipeline names: nobody compared the files.
	Unchecked bool `json:"unchecked,omitempty"`
}

// IsZero reports whether nothing is known.
func (s Source) IsZero() bool { return s.Commit == "" && s.Repo == "" && s.Path == "" }

// Clean reports whether a commit has all that the run was made of.
func (s Source) Clean() bool {
	return s.Commit != "" && s.Differ() == 0 && len(s.Vars) == 0 && !s.Unchecked
}

// Differ is how many files differ from the commit.
func (s Source) Differ() int { return len(s.Dirty) + s.More }

// shortened is how many digits of a commit people read.
const shortened = 7

// Short is the beginning of a commit, as people read it.
func Short(commit string) string { return commit[:min(len(commit), shortened)] }

// String is the source in words, such as: commit 7ba84b4 (refs/heads/main) jobs/job.yaml,
// 1 file differs. It is empty without a commit. The words are those of whoever wrote the
// variable.
func (s Source) String() string {
	if s.Commit == "" {
		return ""
	}
	words := "commit " + Short(s.Commit)
	if s.Ref != "" {
		words += " (" + s.Ref + ")"
	}
	if s.Path != "" {
		words += " " + s.Path
	}
	switch n := s.Differ(); {
	case n == 1:
		words += ", 1 file differs"
	case n > 1:
		words += fmt.Sprintf(", %d files differ", n)
	case s.Unchecked:
		words += ", its files were not compared"
	}
	if n := len(s.Vars); n > 0 {
		words += ", variable"
		if n > 1 {
			words += "s"
		}
		words += " " + strings.Join(s.Vars, ", ") + " set"
	}
	return words
}

// Parse reads the value of the variable, which anybody may have written. A value of
// another version, or one that cannot be read, is no source.
func Parse(value string) (Source, bool) {
	var s Source
	if err := json.Unmarshal([]byte(value), &s); err != nil || s.Version != version {
		return Source{}, false
	}
	return s, true
}

// Together is the source of several jobs as a whole: nothing where they come from several
// commits, and without a path where they come from several manifests.
func Together(list []Source) Source {
	var all Source
	for i, s := range list {
		if i == 0 {
			all = s
			all.Dirty, all.Vars = nil, nil
		}
		if s.Repo != all.Repo || s.Commit != all.Commit {
			return Source{}
		}
		if s.Path != all.Path {
			all.Path = ""
		}
		all.More = max(all.More, s.More)
		all.Vars, all.Dirty = union(all.Vars, s.Vars), union(all.Dirty, s.Dirty)
	}
	if more := len(all.Dirty) - mostNamed; more > 0 {
		all.Dirty, all.More = all.Dirty[:mostNamed], all.More+more
	}
	return all
}

// union adds names that are not there yet.
func union(names, more []string) []string {
	for _, name := range more {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
