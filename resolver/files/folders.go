package files

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/content/place"
	"github.com/rescale-apply/rescale-apply/internal/content/reach"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
)

// folderProblems refuses two jobs whose results go to one folder of this disk although
// their manifests name two: through a link. (Package spec refuses what the texts alone
// show.)
func (d *disk) folderProblems(ctx context.Context, jobs []spec.Job, notice func(Notice)) diag.List {
	problems := d.landingProblems(ctx, jobs, notice)
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
			problems.Add(folderPos(job), diag.DuplicateFolder, "give one of the jobs another folder: a folder of results belongs to one job",
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

// folderPos returns where a manifest names the folder of the results.
func folderPos(job spec.Job) diag.Position {
	if job.Outputs.To.Written() {
		return job.Outputs.To.Pos
	}
	return job.Name.Pos
}

// landingProblems refuses folders of results that a job must not write to.
func (d *disk) landingProblems(ctx context.Context, jobs []spec.Job, notice func(Notice)) diag.List {
	var found diag.Gathering
	for _, job := range jobs {
		if len(job.Outputs.Download) == 0 {
			continue
		}
		var problems diag.List
		folder := job.ResultsPath()
		err := place.Check(d.root(job.Dir), folder)
		if err == nil && d.contained {
			err = d.reach(job.Dir).Check(folder)
		}
		if err != nil {
			problems.Add(folderPos(job), diag.BadChoice, "give outputs.to a folder of its own, such as results", "the results of %s: %v", diag.Short(job.Name.V), err)
		} else {
			problems = d.trackedLink(ctx, job, folder)
		}
		if root, end := d.root(job.Dir), d.lists.Real(folder); !reach.Inside(root, end) {
			notice(Notice{Job: job.Name.V, Kind: Elsewhere, Pos: folderPos(job), Message: "results land in " + end + ", outside of " + root})
		}
		found.Add(problems)
	}
	return found.List()
}

// trackedLink refuses a link that git tracks on the way from the root to a folder, and one
// of which git does not say.
func (d *disk) trackedLink(ctx context.Context, job spec.Job, folder string) (problems diag.List) {
	for _, link := range reach.Links(folder) {
		if !reach.Inside(d.root(job.Dir), link) {
			continue
		}
		tracked, err := d.tracked(ctx, filepath.Dir(link), filepath.Base(link))
		switch {
		case err != nil:
			problems.Add(folderPos(job), diag.BadChoice, "git status says what git wants, such as a safe.directory; or give outputs.to a folder without that link",
				"the results of %s would go through %s, a link: %v", diag.Short(job.Name.V), link, err)
			return problems
		case tracked:
			problems.Add(folderPos(job), diag.BadChoice, "give outputs.to a folder without that link; a link of your own, which git does not track, may lead anywhere",
				"the results of %s would go through %s, a link that the repository tracks", diag.Short(job.Name.V), link)
			return problems
		}
	}
	return nil
}
