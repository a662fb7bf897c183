package workspace

import (
	"path/filepath"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/content/pack"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/source"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// Made is what jobs are made of on this machine: their manifests, and with their inputs
// the tables, the files of variables, the locks that pin their versions, and what was
// typed.
func (w *Workspace) Made(jobs []resolver.Job) []source.Made {
	manifests := w.Manifests()
	var variables []string
	for _, name := range w.scope.VarFiles {
		variables = append(variables, absolute(name))
	}
	locks := w.usedLocks()
	typed := make(map[string][]string, len(w.Jobs))
	for _, job := range w.Jobs {
		typed[job.Name.V] = job.Typed
	}
	archives := make(archives)
	list := make([]source.Made, len(jobs))
	for i, job := range jobs {
		made := source.Made{Manifest: manifests[job.Manifest], Vars: typed[job.Name], Files: append(inputs(job), variables...), Shared: archives.of(job)}
		if lock := locks[job.Manifest]; lock != "" {
			made.Files = append(made.Files, lock)
		}
		if i > 0 && slices.Equal(made.Files, list[i-1].Files) {
			made.Files = list[i-1].Files // the points of a sweep
		}
		list[i] = made
	}
	return list
}

// archives are the files of archives, each once: the points of a sweep share them.
type archives map[*pack.Archive][]string

// of gives the files of each archive of a job.
func (a archives) of(job resolver.Job) (lists [][]string) {
	for _, in := range job.Inputs {
		if in.Archive == nil {
			continue
		}
		if _, known := a[in.Archive]; !known {
			files := make([]string, len(in.Archive.Files))
			for i, file := range in.Archive.Files {
				files[i] = absolute(file.Path)
			}
			a[in.Archive] = files
		}
		lists = append(lists, a[in.Archive])
	}
	return lists
}

// usedLocks are the paths of the locks that were read for jobs, by the path that a
// resolved job has.
func (w *Workspace) usedLocks() map[string]string {
	list := make(map[string]string)
	for _, job := range w.Jobs {
		if job.Lock == nil {
			continue
		}
		s := w.source(job.File)
		if name := resolvedName(s); list[name] == "" {
			list[name], _ = w.lockPath(s)
		}
	}
	return list
}

// resolvedName is the path that a resolved job has of its manifest.
func resolvedName(s diag.Source) string { return filepath.Join(s.Dir, filepath.Base(s.Name)) }

// Manifests are the manifests' own paths, by the path that a resolved job has.
func (w *Workspace) Manifests() map[string]string {
	list := make(map[string]string, len(w.Sources))
	for _, s := range w.Sources {
		list[resolvedName(s)] = realManifest(s)
	}
	return list
}

// inputs are the files of a job beside its manifest and its archives.
func inputs(job resolver.Job) (list []string) {
	if job.Table != "" {
		list = append(list, absolute(job.Table))
	}
	for _, in := range job.Inputs {
		if in.Archive == nil && in.Path != "" {
			list = append(list, absolute(in.Path))
		}
	}
	return list
}

// absolute is a path as it is from the root, links and all.
func absolute(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}

// Finder finds the sources of jobs.
func (w *Workspace) Finder() source.Finder {
	return source.Finder{Getenv: w.around.Getenv, Environ: w.around.Environ}
}

// Notice tells a person what does not end the command.
func (w *Workspace) Notice(line string) { w.around.Notice(line) }
