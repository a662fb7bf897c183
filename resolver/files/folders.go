package files

import (
	"path/filepath"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
)

// folderProblems refuses two jobs whose results go to one folder of this disk although
// their manifests name two: through a link. (What the texts alone tell, spec refuses.)
func (d *disk) folderProblems(jobs []spec.Job) diag.List {
	var problems diag.List
	taken, above := make(map[string]spec.Job), make(map[string]spec.Job) // by real path
	for _, job := range jobs {
		if len(job.Outputs.Download) == 0 {
			continue
		}
		folder := strings.ToLower(d.lists.Real(job.ResultsPath()))
		other, shared := above[folder]
		for up := folder; !shared; up = filepath.Dir(up) {
			if other, shared = taken[up]; up == filepath.Dir(up) {
				break
			}
		}
		if shared {
			pos := job.Name.Pos
			if job.Outputs.To.Written() {
				pos = job.Outputs.To.Pos
			}
			problems.Add(pos, diag.DuplicateFolder, "give one of the jobs another folder: a folder of results belongs to one job",
				"the results of %s go to %q, and those of %s to %q: a link makes that one folder, or one in the other",
				job.Name.V, diag.Short(job.ResultsFolder()), other.Name.V, diag.Short(other.ResultsFolder()))
			continue
		}
		taken[folder] = job
		for up := filepath.Dir(folder); above[up].Name.V == ""; up = filepath.Dir(up) {
			above[up] = job
		}
	}
	return problems
}
