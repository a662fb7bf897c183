package reporting

import (
	"path/filepath"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/sources"
	"github.com/rescale-apply/rescale-apply/internal/content/reach"
)

// paths shows files as the CI knows them: by their paths in the repository, with /.
type paths struct {
	getenv func(string) string
	known  map[string]string // by the name that was typed
}

// of is the path of a file. One outside of the repository keeps the name that was typed.
func (p paths) of(name string) string {
	if name == "" || name == sources.Stdin {
		return name
	}
	shown, known := p.known[name]
	if !known {
		shown = p.find(name)
		p.known[name] = shown
	}
	return shown
}

func (p paths) find(name string) string {
	whole, err := filepath.Abs(name)
	if err != nil {
		return filepath.ToSlash(filepath.Clean(name))
	}
	// The folder may have been reached by a link; the file itself may be one of the repository.
	folder := reach.Real(filepath.Dir(whole))
	roots := []string{p.getenv("GITHUB_WORKSPACE"), p.getenv("CI_PROJECT_DIR"), reach.Repository(folder)}
	for _, root := range roots {
		if root == "" {
			continue
		}
		rel, err := filepath.Rel(reach.Real(root), filepath.Join(folder, filepath.Base(whole)))
		if err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel)
		}
	}
	return strings.TrimPrefix(filepath.ToSlash(filepath.Clean(name)), "./")
}
