package proof_test

import (
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/convert"
)

// known takes from jobs what the language of this branch has no key for: storage,
// interactive, scripts by id, names of sellers and of sets of features, and variables with
// hyphens and dots. It goes with the last of them.
func known(jobs []convert.Job) []convert.Job {
	for i := range jobs {
		jobs[i].Storage = nil
		for k := range jobs[i].Tiles {
			tile := &jobs[i].Tiles[k]
			if tile.Interactive {
				tile.Interactive, tile.Command = false, ":"
			}
			tile.License.SellerName, tile.License.FeatureSets = "", nil
			tile.PreProcess, tile.PostProcess = convert.Script{}, convert.Script{}
			later := func(v convert.Variable) bool { return strings.ContainsAny(v.Name, ".-") }
			tile.Env, tile.License.Servers = slices.DeleteFunc(tile.Env, later), slices.DeleteFunc(tile.License.Servers, later)
		}
	}
	return jobs
}
