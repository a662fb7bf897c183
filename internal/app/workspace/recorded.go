package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// RecordedAt are the state files that are meant: a given one, or those of manifests.
func (s Surroundings) RecordedAt(scope options.Scope) ([]string, error) {
	if scope.State == "" {
		w, err := s.Sources(scope)
		if err != nil {
			return nil, err
		}
		return w.StatesOfSources(), nil
	}
	if _, err := os.Stat(scope.State); errors.Is(err, fs.ErrNotExist) {
		return nil, options.Usage("no state file "+scope.State, "-f MANIFEST finds the state of a manifest")
	}
	return []string{scope.State}, nil
}

// RunsOf reads the runs in the state files that are meant, or else in all those of the
// current folder. A file of another account or platform is left out with a warning; one
// that cannot be read as well, where nobody has named it.
func (s Surroundings) RunsOf(scope options.Scope, owner state.Identity) (runs []state.Run, err error) {
	named := scope.State != "" || len(scope.Files) > 0
	paths := s.open(scope).statesHere()
	if named {
		if paths, err = s.RecordedAt(scope); err != nil {
			return nil, err
		}
	}
	for _, path := range paths {
		snapshot, err := state.Read(path, owner)
		var foreign *state.ForeignError
		switch {
		case errors.As(err, &foreign) || err != nil && !named:
			s.Warn(fmt.Sprintf("left out: %v", err))
		case err != nil:
			return nil, err
		}
		for _, job := range snapshot.Jobs() {
			runs = append(runs, snapshot.Runs[job]...)
		}
	}
	return runs, nil
}

// Recorded reads the state files that are meant, whoever they belong to.
func (s Surroundings) Recorded(scope options.Scope) ([]show.Journal, error) {
	paths, err := s.RecordedAt(scope)
	if err != nil {
		return nil, err
	}
	var files []show.Journal
	for _, path := range paths {
		snapshot, err := state.Read(path, state.Identity{})
		if err != nil {
			return nil, err
		}
		files = append(files, show.Journal{Path: path, Snapshot: snapshot})
	}
	return files, nil
}

// RecordedOf gives the one job that words name, and the files that know it.
func (s Surroundings) RecordedOf(scope options.Scope, words []string) (known []show.Journal, name string, err error) {
	if len(words) != 1 {
		return nil, "", options.Usage(scope.Verb+" needs the name of one job", "rescale-apply state list shows what is recorded")
	}
	files, err := s.Recorded(scope)
	if err != nil {
		return nil, "", err
	}
	name = words[0]
	var names []string
	for _, f := range files {
		names = append(names, f.Jobs()...)
		if _, ok := f.Last(name); ok {
			known = append(known, f)
		}
	}
	if len(known) == 0 {
		return nil, "", options.Usage(fmt.Sprintf("no run of job %q is recorded", name), diag.DidYouMean(name, names))
	}
	return known, name, nil
}
