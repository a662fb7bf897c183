package proof_test

import (
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/convert"
)

// known takes from jobs what the language has no word for: variables with hyphens and dots.
func known(jobs []convert.Job) []convert.Job {
	for i := range jobs {
		for k := range jobs[i].Tiles {
			tile := &jobs[i].Tiles[k]
			later := func(v convert.Variable) bool { return strings.ContainsAny(v.Name, ".-") }
			tile.Env, tile.License.Servers = slices.DeleteFunc(tile.Env, later), slices.DeleteFunc(tile.License.Servers, later)
		}
	}
	return jobs
}
