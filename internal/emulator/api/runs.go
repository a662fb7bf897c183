package api

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/rescale-apply/rescale-apply/internal/emulator/cluster"
	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
)

func statuses(a *API, r *Request) (Answer, error) {
	job, err := a.job(r)
	if err != nil {
		return Answer{}, err
	}
	return paged(r, a.style(r).JobStatuses(job), same)
}

// clusterStatuses is 404 as long as there is no cluster (rescale-api.md §8.3).
func clusterStatuses(a *API, r *Request) (Answer, error) {
	job, err := a.job(r)
	if err != nil {
		return Answer{}, err
	}
	if len(job.Cluster) == 0 {
		return Answer{}, notFound()
	}
	return paged(r, a.style(r).ClusterStatuses(job), same)
}

// jobFiles lists the outputs of all runs (rescale-api.md §9).
func jobFiles(a *API, r *Request) (Answer, error) {
	job, err := a.job(r)
	if err != nil {
		return Answer{}, err
	}
	return a.outputs(r, a.listed(job, job.Outputs()))
}

func runFiles(a *API, r *Request) (Answer, error) {
	job, n, err := a.run(r)
	if err != nil {
		return Answer{}, err
	}
	return a.outputs(r, a.listed(job, job.Runs[n-1].Outputs))
}

func (a *API) outputs(r *Request, ids []string) (Answer, error) {
	search := r.URL.Query().Get("search")
	var list []*disk.File
	for _, id := range ids {
		if file, ok := a.Store.File(id); ok && !file.Deleted && found(file, search) {
			list = append(list, file)
		}
	}
	return a.fileList(r, list)
}

// listed are the ids of the files that some outputs of a job are shown with.
func (a *API) listed(job *disk.Job, outputs []string) []string {
	var ids []string
	if a.Quirks().ListInputs {
		for _, tile := range job.Spec.Tiles {
			for _, input := range tile.Inputs {
				ids = append(ids, input.ID)
			}
		}
	}
	return append(ids, outputs...)
}

// run finds the job and the number of its run that the path names.
func (a *API) run(r *Request) (*disk.Job, int, error) {
	job, err := a.job(r)
	if err != nil {
		return nil, 0, err
	}
	n, err := strconv.Atoi(r.vars["run"])
	if err != nil || !job.Shows(n) {
		return nil, 0, notFound()
	}
	return job, n, nil
}

func runs(a *API, r *Request) (Answer, error) {
	job, err := a.job(r)
	if err != nil {
		return Answer{}, err
	}
	var list []int
	for i := range job.Runs {
		if job.Shows(i + 1) {
			list = append(list, i+1)
		}
	}
	return pagedBy(r, list, maxRunsPage, func(n int) any { return a.renderRun(r, job, n) })
}

func (a *API) renderRun(r *Request, job *disk.Job, n int) any {
	return a.style(r).Run(job, n, a.sizes(job.Runs[n-1].Outputs))
}

func getRun(a *API, r *Request) (Answer, error) {
	job, n, err := a.run(r)
	if err != nil {
		return Answer{}, err
	}
	return ok(a.renderRun(r, job, n))
}

// stopRun ends one run (rescale-api.md §8.5). The only run of a job ends with the job.
func stopRun(a *API, r *Request) (Answer, error) {
	job, n, err := a.run(r)
	if err != nil {
		return Answer{}, err
	}
	if len(job.Runs) == 1 {
		_, err = a.stop(r, disk.Graceful)
	} else if _, err = a.ownJob(r); err == nil {
		a.Cluster.StopRun(job.ID, n)
	}
	if err != nil {
		return Answer{}, err
	}
	return ok(map[string]any{})
}

// snapshot archives the work folder of a run that is going on (rescale-api.md §8.5). The platform does so in the
// background; here it is done when the answer comes.
func snapshot(a *API, r *Request) (Answer, error) {
	if _, err := a.ownJob(r); err != nil {
		return Answer{}, err
	}
	_, n, err := a.run(r)
	if err != nil {
		return Answer{}, err
	}
	job, root, err := a.openRun(r)
	if err != nil {
		return Answer{}, err
	}
	defer root.Close()
	former, err := a.Cluster.Snapshot(job, n, root.FS())
	if err != nil {
		return Answer{}, err
	}
	out := map[string]any{"data": "", "exitcode": 0, "lastSnapshotID": nil, "reason": "Generating snapshot."}
	if former != "" {
		out["lastSnapshotID"] = former
	}
	return ok(out)
}

// openRun opens the work folder of a run that is going on.
func (a *API) openRun(r *Request) (*disk.Job, *os.Root, error) {
	job, n, err := a.run(r)
	if err != nil {
		return nil, nil, err
	}
	if !job.Runs[n-1].Ended.IsZero() { // its folder may be there a little longer
		return nil, nil, notFound()
	}
	root, err := os.OpenRoot(cluster.WorkFolder(a.Store.RunDir(job, n)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, notFound()
	}
	return job, root, err
}

// directoryContents lists the files of a run that is going on (rescale-api.md §8.5). The resource of each leads to its
// tail in the version that was asked: clients cut off the beginning and put their own before it.
func directoryContents(a *API, r *Request) (Answer, error) {
	job, root, err := a.openRun(r)
	if err != nil {
		return Answer{}, err
	}
	defer root.Close()
	list := []map[string]string{}
	err = fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && !entry.Type().IsRegular() {
			return nil // gone meanwhile, or no file
		}
		list = append(list, map[string]string{"path": name, "resource": r.version + "jobs/" + job.ID + "/runs/" + r.vars["run"] + "/tail/" + name})
		return err
	})
	if err != nil {
		return Answer{}, err
	}
	return ok(list)
}

const maxTail = 4 << 20

// tail answers the last lines of a file of a run that is going on, or without a number of lines the whole file.
func tail(a *API, r *Request) (Answer, error) {
	job, root, err := a.openRun(r)
	if err != nil {
		return Answer{}, err
	}
	defer root.Close()
	if a.tails.left(job.ID+"/"+r.vars["run"], a.Quirks().EarlyTails) {
		return Answer{Status: http.StatusOK, Header: http.Header{"Content-Type": {"text/html"}}, Body: Text("<html><title>Starting</title></html>")}, nil
	}
	file, info, err := openRegular(root, strings.TrimSuffix(r.vars["path"], "/"))
	if err != nil {
		return Answer{}, err
	}
	wanted := r.URL.Query().Get("lines")
	if wanted == "" {
		header := http.Header{"Content-Type": {"application/octet-stream"}}
		return Answer{Status: http.StatusOK, Header: header, Body: Stream{Source: file, Length: info.Size()}}, nil
	}
	defer file.Close()
	n, err := strconv.Atoi(wanted)
	if err != nil || n < 0 {
		return Answer{}, invalid("lines", "A valid integer is required.")
	}
	start := max(0, info.Size()-maxTail)
	text, err := io.ReadAll(io.NewSectionReader(file, start, info.Size()-start))
	if err != nil {
		return Answer{}, err
	}
	all := splitLines(string(text))
	last := all[max(0, len(all)-n):]
	for i := range last { // without their newlines, unlike those of a stored file
		last[i] = strings.TrimSuffix(last[i], "\n")
	}
	return ok(map[string]any{"fileType": "text", "lines": last})
}

// early counts answers that come before there is anything to answer (rescale-api.md §14, A8).
type early struct {
	mu    sync.Mutex
	given map[string]int // by job and run
}

// left reports whether one more is to be given for a run.
func (e *early) left(run string, limit int) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.given[run] >= limit {
		return false
	}
	if e.given == nil {
		e.given = make(map[string]int)
	}
	e.given[run]++
	return true
}

func openRegular(root *os.Root, name string) (*os.File, fs.FileInfo, error) {
	info, err := root.Stat(filepath.FromSlash(name))
	if err != nil || !info.Mode().IsRegular() {
		return nil, nil, notFound()
	}
	file, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, nil, notFound()
	}
	return file, info, nil
}

// instances lists the nodes of a job whose commands run (rescale-api.md §10). There is nothing to log in to.
func instances(a *API, r *Request) (Answer, error) {
	job, err := a.job(r)
	if err != nil {
		return Answer{}, err
	}
	var list []any
	if job.Status() == "Executing" {
		list = a.style(r).Instances(job, 1)
	}
	return paged(r, list, same)
}

func connectionDetails(a *API, r *Request) (Answer, error) {
	job, err := a.job(r)
	if err != nil {
		return Answer{}, err
	}
	list := []any{}
	if job.Status() == "Executing" {
		list = slices.Concat(list, a.style(r).Instances(job, 1))
	}
	return ok(map[string]any{"instances": list, "logFile": cluster.LogName})
}
