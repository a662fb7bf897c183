package reporting

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/content/reach"
)

// reserved says what else a file of that name would be taken for; empty: nothing. Git and
// this tool read such files, and some systems read names in any case as one.
func reserved(name string) string {
	base := strings.ToLower(filepath.Base(name))
	own := strings.Split(filepath.ToSlash(strings.ToLower(reach.Real(name))), "/")
	switch {
	case slices.Contains(own, ".git"):
		return "git would take it for a file of its own"
	case base == ".rescaleignore":
		return "inputs would be left out by it"
	case filepath.Ext(base) == ".yaml" || filepath.Ext(base) == ".yml": // rescale.lock.yaml, too
		return "a folder of manifests would take it for one"
	}
	return ""
}
