// Package source is where a run comes from: the commit of a manifest, and who had it
// applied. A run carries it in an environment variable beside its key, outside of the
// digest: it explains a run, and never makes one.
package source

import "encoding/json"

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
	Run     string   `json:"run,omitempty"`    // URL of the pipeline
	Actor   string   `json:"actor,omitempty"`  // who started the pipeline
}

// IsZero reports whether nothing is known.
func (s Source) IsZero() bool { return s.Commit == "" && s.Repo == "" && s.Path == "" }

// Clean reports whether a commit has all that the run was made of.
func (s Source) Clean() bool { return s.Commit != "" && len(s.Dirty) == 0 && s.More == 0 }

// Parse reads the value of the variable, which anybody may have written. A value of
// another version, or one that cannot be read, is no source.
func Parse(value string) (Source, bool) {
	var s Source
	if err := json.Unmarshal([]byte(value), &s); err != nil || s.Version != version {
		return Source{}, false
	}
	return s, true
}
