package workspace

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/sources"
	"github.com/rescale-apply/rescale-apply/internal/content/hashcache"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// stateFolder is where state and the local platform live, beside the manifest.
const (
	stateFolder = ".rescale"
	stateSuffix = ".state.jsonl"
)

// findStates finds the state file of each job: that of its manifest.
func (w *Workspace) findStates() {
	ofFile := make(map[string]string)
	for _, job := range w.Jobs {
		path, known := ofFile[job.File]
		if !known {
			path = w.statePath(w.source(job.File))
			ofFile[job.File] = path
		}
		w.stateOf[job.Name.V] = path
	}
}

// statePath is where the state of a manifest is: beside it, so that there is one
// whatever is given with it, unless --state or --local say something else.
func (w *Workspace) statePath(source diag.Source) string {
	switch {
	case w.scope.State != "":
		return w.scope.State
	case w.scope.Local:
		return w.localState(source)
	}
	manifest := realManifest(source)
	return filepath.Join(filepath.Dir(manifest), stateFolder, filepath.Base(manifest)+stateSuffix)
}

// StatesOfSources are the state files of all manifests, each once, in order.
func (w *Workspace) StatesOfSources() []string {
	var paths []string
	for _, source := range w.Sources {
		paths = append(paths, w.statePath(source))
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// statesHere are the state files in the current folder.
func (w *Workspace) statesHere() (paths []string) {
	folder := filepath.Join(realPath("."), stateFolder)
	if w.scope.Local {
		folder = w.localFolder()
	}
	entries, _ := os.ReadDir(folder) // most folders have none
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), stateSuffix) {
			paths = append(paths, filepath.Join(folder, entry.Name()))
		}
	}
	return paths
}

// StatePaths are the state files of the jobs, each once, in order.
func (w *Workspace) StatePaths() []string {
	return slices.Compact(slices.Sorted(maps.Values(w.stateOf)))
}

// JobsAt are the names of the jobs whose state is in a file.
func (w *Workspace) JobsAt(path string) []string {
	var names []string
	for name, at := range w.stateOf {
		if at == path {
			names = append(names, name)
		}
	}
	return names
}

// LocalPlatform is the folder of the local platform of these manifests.
func (w *Workspace) LocalPlatform() string { return filepath.Join(w.localFolder(), "platform") }

// LocalPlatformHere is the folder of the local platform where no manifest is given: that
// of the current folder.
func LocalPlatformHere() string { return (&Workspace{}).LocalPlatform() }

// LocalPlatformOf is the folder of the local platform of manifests that may be broken, and
// that of the current folder where none is given.
func (s Surroundings) LocalPlatformOf(scope options.Scope) (string, error) {
	if len(scope.Files) == 0 {
		return LocalPlatformHere(), nil
	}
	w, err := s.Sources(scope)
	return w.LocalPlatform(), err
}

// localFolder is where the local platform of an apply is, and beside it the state of
// every manifest that it ran: job ids mean something there only.
func (w *Workspace) localFolder() string {
	if len(w.Sources) == 0 {
		return filepath.Join(realPath("."), stateFolder, "local")
	}
	return filepath.Join(filepath.Dir(realManifest(w.Sources[0])), stateFolder, "local")
}

func (w *Workspace) localState(source diag.Source) string {
	manifest := realManifest(source)
	name, err := filepath.Rel(filepath.Dir(realManifest(w.Sources[0])), manifest)
	if err != nil {
		name = manifest
	}
	flat := strings.NewReplacer("/", "+", ":", "+").Replace(filepath.ToSlash(name))
	return filepath.Join(w.localFolder(), flat+stateSuffix)
}

// realManifest is the manifest's own path. A link to a file in the same folder is
// that file; a link to one elsewhere is a manifest of its own, with inputs of its
// own. Standard input is a file "stdin" in the current folder.
func realManifest(source diag.Source) string {
	dir, base := realPath(source.Dir), filepath.Base(source.Name)
	if source.Name == sources.Stdin {
		return filepath.Join(dir, "stdin")
	}
	if target := realPath(filepath.Join(dir, base)); filepath.Dir(target) == dir {
		base = filepath.Base(target)
	}
	return filepath.Join(dir, base)
}

// realPath is absolute and free of links, as far as the path is there.
func realPath(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	return path
}

// Digests opens what is remembered of digests of input files, beside the state of each
// manifest. Keep remembers them for the next command, also when this one was stopped
// while it hashed; where that is not possible the next one hashes again.
func (w *Workspace) Digests() (memory *hashcache.Cache, keep func()) {
	var paths []string
	for _, source := range w.Sources {
		paths = append(paths, filepath.Join(filepath.Dir(realManifest(source)), stateFolder, "hashes"))
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	memory = hashcache.Open(paths...)
	return memory, func() {
		if memory.Save() != nil {
			return
		}
		for _, path := range paths {
			_ = hide(filepath.Dir(path)) // it may not be there, as nothing was worth remembering
		}
	}
}

// hide keeps a folder out of git. An empty file is what a full disk has left.
func hide(folder string) error {
	path := filepath.Join(folder, ".gitignore")
	switch info, err := os.Lstat(path); {
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file, and nothing is written through a link: remove it", path)
	case err == nil && info.Size() > 0:
		return nil
	}
	return os.WriteFile(path, []byte("*\n"), 0o600)
}
