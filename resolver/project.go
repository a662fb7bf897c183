package resolver

import (
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// project returns the id of the project to bill; empty when the manifest names none.
// Names need not be unique on the platform (rescale-api.md §1.4).
func (r *resolution) project() string {
	wanted := r.spec.Project
	if !wanted.Written() {
		return ""
	}
	if i := slices.IndexFunc(r.cat.projects, func(p rescale.Project) bool { return p.ID == wanted.V }); i >= 0 {
		return wanted.V
	}
	var ids, names []string
	for _, p := range r.cat.projects {
		names = append(names, p.Name)
		if p.Name == wanted.V {
			ids = append(ids, p.ID)
		}
	}
	switch len(ids) {
	case 1:
		return ids[0]
	case 0:
		r.problems.Add(wanted.Pos, diag.UnknownProject, following(diag.DidYouMean(wanted.V, names), "rescale-apply catalog projects lists yours"), "you have no project %q", wanted.V)
	default:
		r.problems.Add(wanted.Pos, diag.AmbiguousProject, "write one of the ids instead: "+strings.Join(ids, ", ")+"; rescale-apply catalog projects tells them apart",
			"%d projects are named %q", len(ids), wanted.V)
	}
	return ""
}
