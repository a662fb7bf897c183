package api

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/emulator/cluster"
	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
	"github.com/rescale-apply/rescale-apply/internal/emulator/validate"
)

// createJob saves a draft (rescale-api.md §6). Nothing runs before it is submitted.
func createJob(a *API, r *Request) (Answer, error) {
	body, err := payload(r)
	if err != nil {
		return Answer{}, err
	}
	spec, err := a.read(r, body)
	if err != nil {
		return Answer{}, err
	}
	job, err := a.Store.AddJob(disk.Job{Owner: r.Account.Email, Body: body, Spec: spec})
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: http.StatusCreated, Body: a.render(r, job)}, nil
}

func (a *API) read(r *Request, body []byte) (disk.Spec, error) {
	world := validate.World{
		Catalog:         a.Catalog,
		ProjectRequired: r.Account.ProjectRequired,
		MaxJobHours:     r.Account.MaxJobHours,
		DefaultWalltime: a.Quirks().DefaultWalltime,
		CoreTypeObjects: r.V3,
		StrictNames:     a.Quirks().StrictNames,
		Usable:          func(id string) bool { return a.usable(r, id) },
		IsOf:            a.isOf,
		Clusters:        slices.Clone(a.Clusters),
	}
	for _, c := range a.persistentOf(r.Account.Email) {
		world.Clusters = append(world.Clusters, c.ID)
	}
	for _, project := range r.Account.Projects {
		world.Projects = append(world.Projects, project.ID)
	}
	for _, automation := range a.Automations {
		world.Automations = append(world.Automations, automation.ID)
	}
	spec, err := world.Read(body)
	quirks := a.Quirks()
	if quirks.IgnoreProjects {
		spec.ProjectID = nil
	}
	spec.Name = cutTo(quirks.NameLimit, spec.Name)
	var problems *validate.InvalidError
	switch {
	case errors.As(err, &problems):
		return spec, &Error{Status: http.StatusBadRequest, Body: problems.Fields}
	case errors.Is(err, validate.ErrCrash):
		return spec, Refuse(http.StatusInternalServerError, "Internal server error.")
	}
	return spec, err
}

// cutTo cuts a name to the limit, counted in characters; 0: none.
func cutTo(limit int, name string) string {
	if letters := []rune(name); limit > 0 && len(letters) > limit {
		return string(letters[:limit])
	}
	return name
}

func (a *API) usable(r *Request, id string) bool {
	file, ok := a.Store.File(id)
	return ok && !file.Deleted && a.mayReadFile(r, file)
}

func (a *API) isOf(id string, typeID int) bool {
	file, ok := a.Store.File(id)
	return !a.Quirks().StrictTypes || ok && file.TypeID == typeID
}

func (a *API) render(r *Request, job *disk.Job) any {
	return a.style(r).Job(job, a.Catalog, a.Store.File)
}

func getJob(a *API, r *Request) (Answer, error) {
	job, err := a.job(r)
	if err != nil {
		return Answer{}, err
	}
	return ok(a.render(r, job))
}

// changeJob replaces members of a draft's body. A job that was submitted is left as it is, and the answer is 200 all
// the same: that is known of completed jobs and assumed of running ones (rescale-api.md §7.2).
func changeJob(a *API, r *Request) (Answer, error) {
	job, err := a.ownJob(r)
	if err != nil {
		return Answer{}, err
	}
	var change map[string]json.RawMessage
	if err := decode(r, &change); err != nil {
		return Answer{}, err
	}
	if !job.Draft() {
		return ok(a.render(r, job))
	}
	body := map[string]json.RawMessage{}
	if r.Method == http.MethodPatch {
		if err := json.Unmarshal(job.Body, &body); err != nil {
			return Answer{}, err
		}
	}
	maps.Copy(body, change)
	return a.replaceBody(r, job.ID, body)
}

func (a *API) replaceBody(r *Request, id string, body map[string]json.RawMessage) (Answer, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return Answer{}, err
	}
	spec, err := a.read(r, text)
	if err != nil {
		return Answer{}, err
	}
	job, err := a.Store.UpdateJob(id, func(j *disk.Job) error {
		if j.Draft() {
			if a.Quirks().IgnoreProjects {
				spec.ProjectID = j.Spec.ProjectID
			}
			j.Body, j.Spec = text, spec
		}
		return nil
	})
	if err != nil {
		return Answer{}, err
	}
	return ok(a.render(r, job))
}

// deleteJob removes a job whose cluster is not up (rescale-api.md §7.4).
func deleteJob(a *API, r *Request) (Answer, error) {
	job, err := a.ownJob(r)
	if err != nil {
		return Answer{}, err
	}
	if err := a.refuseDelete(job.ID); err != nil {
		return Answer{}, err
	}
	err = a.Store.DeleteJob(job.ID, func(j *disk.Job) error {
		switch {
		case !j.Deleted.IsZero():
			return notFound()
		case j.Active():
			return Refuse(http.StatusBadRequest, "The job cannot be deleted while it is running.")
		case len(j.Cluster) > 0 && j.ClusterStatus() != "Stopped":
			return Refuse(http.StatusBadRequest, "The job cannot be deleted until its cluster is stopped.")
		}
		return nil
	})
	if err == nil && strings.EqualFold(r.URL.Query().Get("deleteInputFiles"), "true") {
		err = a.deleteInputs(r, job)
	}
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: http.StatusNoContent}, nil
}

// refuseDelete refuses the first deletes of a draft, or all of them, where that is switched on.
func (a *API) refuseDelete(id string) error {
	rule := a.Quirks().DraftDeletes
	if rule.Status == 0 {
		return nil
	}
	var refusal *Error
	_, err := a.Store.UpdateJob(id, func(j *disk.Job) error {
		if j.Draft() && (rule.Count < 0 || j.Refused < max(1, rule.Count)) {
			j.Refused++
			refusal = Refuse(rule.Status, "You do not have permission to delete this job.")
		}
		return nil
	})
	if err != nil || refusal == nil {
		return err
	}
	return refusal
}

func (a *API) deleteInputs(r *Request, job *disk.Job) error {
	for _, tile := range job.Spec.Tiles {
		for _, input := range tile.Inputs {
			file, ok := a.Store.File(input.ID)
			if !ok || file.Deleted || file.Owner != r.Account.Email {
				continue
			}
			if err := a.Store.DeleteFile(file.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// submit starts a draft (rescale-api.md §7.1).
func submit(a *API, r *Request) (Answer, error) {
	job, err := a.ownJob(r)
	if err != nil {
		return Answer{}, err
	}
	if !job.Draft() && a.Quirks().RefuseResubmit {
		return Answer{}, Refuse(http.StatusBadRequest, "The job has already been submitted.")
	}
	var runs []disk.Run
	if job.Draft() {
		if err := errors.Join(a.checkUp(job), a.complete(job)); err != nil {
			return Answer{}, err
		}
		if runs, err = a.runs(r, job); err != nil {
			return Answer{}, err
		}
	}
	started, err := a.Cluster.Submit(job.ID, r.Base, runs)
	if errors.Is(err, disk.ErrNotFound) { // deleted by another request meanwhile
		return Answer{}, notFound()
	}
	if err != nil {
		return Answer{}, err
	}
	if !started && a.Quirks().RefuseResubmit { // another request was faster
		return Answer{}, Refuse(http.StatusBadRequest, "The job has already been submitted.")
	}
	return Answer{Status: http.StatusOK}, nil
}

// runs returns the runs that a draft is to have. A draft one of whose files was deleted meanwhile cannot be submitted
// (rescale-api.md §3.4).
func (a *API) runs(r *Request, job *disk.Job) ([]disk.Run, error) {
	for _, id := range job.Spec.Files() {
		if !a.usable(r, id) {
			return nil, Refuse(http.StatusBadRequest, "Input file %s of the job does not exist.", id)
		}
	}
	runs, err := a.Cluster.Runs(&job.Spec)
	var unreadable *cluster.DesignError
	if errors.As(err, &unreadable) {
		return nil, Refuse(http.StatusBadRequest, "%v", unreadable)
	}
	return runs, err
}

func stop(a *API, r *Request) (Answer, error) { return a.stop(r, disk.Graceful) }

func forceStop(a *API, r *Request) (Answer, error) { return a.stop(r, disk.Forced) }

// stop accepts the wish; the statuses tell when it came true (rescale-api.md §7.3).
func (a *API) stop(r *Request, how disk.StopKind) (Answer, error) {
	job, err := a.ownJob(r)
	if err != nil {
		return Answer{}, err
	}
	if job.Draft() {
		return Answer{}, Refuse(http.StatusBadRequest, "The job has not been submitted.")
	}
	if a.Quirks().ForceAfterStop && how == disk.Forced && job.Stop == disk.NotStopped && job.Active() {
		return Answer{}, Refuse(http.StatusBadRequest, "The job must be stopped before it can be force stopped.")
	}
	if err := a.Cluster.Stop(job.ID, how); err != nil {
		return Answer{}, err
	}
	return Answer{Status: http.StatusAccepted}, nil
}
