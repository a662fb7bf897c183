package pur

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/sheet"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Run is a row of the state that the client keeps of a jobs.csv.
type Run struct {
	Pos             diag.Position
	Name, Directory string
	ID              sheet.Cell // of the job on the platform
	Status          string     // of the submit
}

// job names the job of a run, with its folder where it has one.
func (r Run) job() string {
	if r.Directory == "" {
		return diag.Short(r.Name)
	}
	return diag.Short(r.Name) + " in " + diag.Short(r.Directory)
}

// IsState is true of a text whose first line has the columns of a state file.
func IsState(text []byte) bool {
	return sheet.HasColumns(text, "JobName", "JobID", "SubmitStatus", "TarPath")
}

// ReadState reads a state file. Rows that are shorter than the head are an error; the
// client passes over them, and would submit such jobs again.
func ReadState(file string, text []byte) ([]Run, error) {
	table, list := sheet.Read(diag.Source{Name: file, Text: text})
	if len(list) > 0 {
		return nil, list.Sort()
	}
	if missing := table.Missing("JobName", "Directory", "JobID", "SubmitStatus"); len(missing) > 0 {
		list.Add(table.Head[0].Pos, diag.BadTable, "give the file that the client wrote with --state", "the state has no column %s", strings.Join(missing, ", "))
		return nil, list
	}
	var runs []Run
	for _, row := range table.Rows {
		runs = append(runs, Run{
			Pos: row.Pos, Name: table.Cell(row, "JobName").Text, Directory: table.Cell(row, "Directory").Text,
			ID: table.Cell(row, "JobID"), Status: strings.ToLower(table.Cell(row, "SubmitStatus").Text),
		})
	}
	return runs, nil
}

// Adopt gives the jobs of a jobs.csv the ids of their runs, where the client submitted
// them. A row belongs to a job by its name, and where several have it, by the folder as
// well; never by its number, because rows come and go. What stays unclear is a warning,
// and the job has no run.
func Adopt(found *convert.Found, runs []Run) {
	of := make([][]Run, len(found.Jobs))
	for _, run := range runs {
		switch owners := owners(found.Jobs, run); {
		case len(owners) == 1:
			of[owners[0]] = append(of[owners[0]], run)
		case run.ID.Text == "":
		case len(owners) == 0:
			found.Warn(run.Pos, "", "no job of the file is %s, whose run is %s", run.job(), diag.Short(run.ID.Text))
		default:
			found.Warn(run.Pos, "add adopt: "+run.ID.Text+" to the right one", "several jobs are %s, and the run %s is of one of them; none takes it over", diag.Short(run.Name), diag.Short(run.ID.Text))
		}
	}
	for i := range found.Jobs {
		found.Jobs[i].Adopt = adopted(found, found.Jobs[i], of[i])
	}
}

// owners returns the indexes of the jobs that a run can be of.
func owners(jobs []convert.Job, run Run) []int {
	var list []int
	for i, job := range jobs {
		if title(job) == run.Name && folderFits(run.Directory, job) {
			list = append(list, i)
		}
	}
	return list
}

// adopted returns the id of the one run that was submitted; empty when there is none, or
// more than one.
func adopted(found *convert.Found, job convert.Job, mine []Run) string {
	var id string
	for _, run := range mine {
		switch {
		case run.Status == "creating" || run.Status == "indeterminate":
			found.Warn(run.Pos, "look for it on the platform before you apply: what runs there would run, and cost, again; then write its id as adopt:",
				"job %s: the client does not know whether it submitted %s; no run is taken over", diag.Short(title(job)), cmp.Or(diag.Short(run.ID.Text), "it"))
			return ""
		case run.ID.Text == "":
		case run.Status != "success":
			found.Warn(run.Pos, "", "job %s: %s was not submitted (SubmitStatus %s), and is no run", diag.Short(title(job)), run.ID.Text, diag.Short(run.Status))
		case !fileID.MatchString(run.ID.Text):
			found.Warn(run.ID.Pos, "", "job %s: %q is no id of a job", diag.Short(title(job)), diag.Short(run.ID.Text))
		case id != "" && id != run.ID.Text:
			found.Warn(run.Pos, "add adopt: ID yourself", "job %s has the runs %s and %s; none is taken over", diag.Short(title(job)), id, run.ID.Text)
			return ""
		default:
			id = run.ID.Text
		}
	}
	return id
}

// title is the name of a job on the platform.
func title(job convert.Job) string {
	if job.Title != "" {
		return job.Title
	}
	return job.Name
}

// folderFits compares the folder of a run, which may be absolute, with that of a job, which
// may be one below it (TarSubpath), and may be seen from another folder: that of the
// manifest. A job without a folder fits a run without one.
func folderFits(of string, job convert.Job) bool {
	folder := ""
	for _, tile := range job.Tiles {
		for _, in := range tile.Inputs {
			if in.Pack != "" {
				folder = in.Path
			}
		}
	}
	if folder == "" || of == "" {
		return true
	}
	was, is := steps(of), steps(folder)
	for from := range is {
		if len(is)-from >= len(was) && slices.Equal(is[from:from+len(was)], was) {
			return true
		}
	}
	for n := len(is); n > 0; n-- {
		if len(was) >= n && slices.Equal(was[len(was)-n:], is[:n]) {
			return true
		}
	}
	return false
}

// steps returns the folders of a path, without those that lead up.
func steps(file string) []string {
	all := strings.Split(strings.Trim(path.Clean(strings.ReplaceAll(file, `\`, "/")), "/"), "/")
	return slices.DeleteFunc(all, func(step string) bool { return step == ".." || step == "." })
}
