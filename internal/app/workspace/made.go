package workspace

import (
	"path/filepath"

	"github.com/rescale-apply/rescale-apply/internal/source"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// Made is what jobs are made of on this machine: their manifests, and with their inputs
// the tables and the files of variables.
func (w *Workspace) Made(jobs []resolver.Job) []source.Made {
	manifests := w.Manifests()
	var variables []string
	for _, name := range w.scope.VarFiles {
		variables = append(variables, absolute(name))
	}
	list := make([]source.Made, len(jobs))
	for i, job := range jobs {
		list[i] = source.Made{Manifest: manifests[job.Manifest], Files: append(inputs(job), variables...)}
	}
	return list
}

// Manifests are the manifests' own paths, by the path that a resolved job has.
func (w *Workspace) Manifests() map[string]string {
	list := make(map[string]string, len(w.Sources))
	for _, s := range w.Sources {
		list[filepath.Join(s.Dir, filepath.Base(s.Name))] = realManifest(s)
	}
	return list
}

// inputs are the files of a job beside its manifest.
func inputs(job resolver.Job) (list []string) {
	if job.Table != "" {
		list = append(list, absolute(job.Table))
	}
	for _, in := range job.Inputs {
		switch {
		case in.Archive != nil:
			for _, file := range in.Archive.Files {
				list = append(list, absolute(file.Path))
			}
		case in.Path != "":
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
