package workspace

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/sources"
	"github.com/rescale-apply/rescale-apply/internal/content/reach"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
	"github.com/rescale-apply/rescale-apply/spec/lock"
)

// LockFile is a lock and the jobs that it is for.
type LockFile struct {
	Path  string     // as people should see it
	Lock  *lock.Lock // nil where the file is not there yet
	Jobs  []spec.Job
	Whole bool // all manifests that can use it are given, none left out by --target
}

// Locks finds and reads the locks of the jobs, each once: the nearest file from the
// folder of the manifest up to the top of its repository. What is wrong with their texts
// is a *ProblemsError.
func (w *Workspace) Locks() ([]LockFile, error) {
	files, of, err := w.locks()
	for _, job := range w.Jobs {
		if err == nil {
			files[of[job.File]].Jobs = append(files[of[job.File]].Jobs, job)
		}
	}
	return files, err
}

// locks are the files without their jobs, and which of them is for a manifest.
func (w *Workspace) locks() (files []LockFile, of map[string]int, err error) {
	of = make(map[string]int)
	at := make(map[string]int) // by the path free of links
	var problems diag.List
	for _, job := range w.Jobs {
		if _, known := of[job.File]; known {
			continue
		}
		path, shown := w.lockPath(w.source(job.File))
		if _, known := at[path]; !known {
			held, list, err := w.readLock(path, shown)
			if err != nil {
				return nil, nil, err
			}
			problems = append(problems, list...)
			at[path] = len(files)
			files = append(files, LockFile{Path: shown, Lock: held, Whole: w.whole(filepath.Dir(path))})
		}
		of[job.File] = at[path]
	}
	if len(problems) > 0 {
		return nil, nil, w.Problems(problems)
	}
	return files, of, nil
}

// lockPath is where the lock of a manifest is, or would be. Without a repository only
// the manifest's own folder counts, however the command names it: else one manifest
// would be two jobs.
func (w *Workspace) lockPath(source diag.Source) (path, shown string) {
	folder, top := reach.Real(source.Dir), reach.Root(source.Dir)
	for up := folder; ; up = filepath.Dir(up) {
		path = filepath.Join(up, lock.Name)
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return path, shownLock(source, path)
		}
		if up == top || up == filepath.Dir(up) {
			break
		}
	}
	for _, name := range w.scope.Files {
		given := reach.Real(name)
		if info, err := os.Stat(name); err == nil && info.IsDir() && reach.Inside(given, folder) && reach.Inside(top, given) {
			return filepath.Join(given, lock.Name), filepath.Join(name, lock.Name)
		}
	}
	path = filepath.Join(folder, lock.Name)
	return path, shownLock(source, path)
}

// shownLock is a path as people type those of manifests.
func shownLock(source diag.Source, path string) string {
	if filepath.Dir(path) == reach.Real(source.Dir) {
		return filepath.Join(source.Dir, lock.Name)
	}
	if rel, err := filepath.Rel(reach.Real("."), path); err == nil && !filepath.IsAbs(source.Dir) {
		return rel
	}
	return path
}

// readLock reads a lock that may not be there. One behind a link could be any file of
// this machine, of which an error would show lines.
func (w *Workspace) readLock(path, shown string) (*lock.Lock, diag.List, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, nil
	case err == nil && !info.Mode().IsRegular():
		return nil, nil, options.Usage(shown+" is no regular file", "a lock is a file of its own, not a link: remove it, and write it anew with rescale-apply catalog lock")
	}
	source, err := sources.File(path)
	if err != nil {
		return nil, nil, err
	}
	source.Name, source.Dir = shown, filepath.Dir(shown)
	if !slices.ContainsFunc(w.texts, func(s diag.Source) bool { return s.Name == shown }) {
		w.texts = append(w.texts, source)
	}
	held, problems := lock.Read(source)
	return held, problems, nil
}

// whole is true of a folder that is given with all manifests in it and below.
func (w *Workspace) whole(folder string) bool {
	if len(w.scope.Targets) > 0 || !slices.ContainsFunc(w.scope.Files, func(name string) bool { return reach.Real(name) == folder }) {
		return false
	}
	below, err := os.ReadDir(folder)
	return err == nil && (w.scope.Recursive || !slices.ContainsFunc(below, func(e fs.DirEntry) bool {
		return e.IsDir() && !strings.HasPrefix(e.Name(), ".")
	}))
}

// ReadLocks gives each job its lock. Nothing else reads them: verbs that look back know
// jobs by their names.
func (w *Workspace) ReadLocks() error {
	files, of, err := w.locks()
	if err != nil {
		return err
	}
	for i := range w.Jobs {
		w.Jobs[i].Lock = files[of[w.Jobs[i].File]].Lock
	}
	return nil
}

// HoldToLocks makes drift a refusal from here on, and refuses jobs without a lock with a
// *RefusedError.
func (w *Workspace) HoldToLocks() error {
	if w.scope.Local {
		return options.Usage("--locked and --local exclude each other", "the embedded platform has a catalog of its own, which no lock is about: leave one of the two out")
	}
	if err := w.ReadLocks(); err != nil {
		return err
	}
	w.held = true
	var missing diag.Gathering
	told := make(map[string]bool)
	for _, job := range w.Jobs {
		if job.Lock != nil || told[job.File] {
			continue
		}
		told[job.File] = true
		missing.Add(diag.List{{
			Pos: job.Pos, Rule: diag.CatalogDrift, Message: "--locked is given, and no " + lock.Name + " is here or above",
			Hint: options.Program + " catalog lock" + strings.TrimPrefix(w.scope.Typed(), options.Program),
		}})
	}
	return w.Forbidden(missing.List())
}

// Drifted refuses what the catalogs give otherwise than the locks have it, once
// HoldToLocks was called: a *RefusedError, with the problems of what they do not give
// any more. Else it is nil.
func (w *Workspace) Drifted(drift, problems diag.List) error {
	gone := slices.ContainsFunc(problems, func(d diag.Diagnostic) bool { return d.Rule == diag.CatalogDrift })
	if !w.held || len(drift) == 0 && !gone {
		return nil
	}
	return w.Forbidden(slices.Concat(problems, drift).Sort())
}
