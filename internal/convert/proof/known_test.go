package proof_test

import (
	"github.com/rescale-apply/rescale-apply/internal/convert"
)

// known takes from jobs what the language of this branch has no key for: storage,
// interactive, names of sellers and of sets of features. It goes with the last of them.
func known(jobs []convert.Job) []convert.Job {
	for i := range jobs {
		jobs[i].Storage = nil
		for k := range jobs[i].Tiles {
			tile := &jobs[i].Tiles[k]
			if tile.Interactive {
				tile.Interactive, tile.Command = false, ":"
			}
			tile.License.SellerName, tile.License.FeatureSets = "", nil
		}
	}
	return jobs
}
