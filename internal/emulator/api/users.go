package api

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/emulator/catalog"
	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
	"github.com/rescale-apply/rescale-apply/internal/emulator/wire"
)

func index(_ *API, r *Request) (Answer, error) {
	return ok(map[string]string{"jobs": r.Base + "/api/v2/jobs/", "files": r.Base + "/api/v2/files/"})
}

// me answers the profile (rescale-api.md §1.4).
func me(_ *API, r *Request) (Answer, error) {
	account := r.Account
	company := map[string]any{"code": account.CompanyCode, "name": account.CompanyCode}
	out := map[string]any{"email": account.Email, "fullName": account.Name, "company": company}
	if r.V3 {
		out["workspace"] = map[string]string{"id": account.CompanyCode, "name": account.CompanyCode}
		out["defaultStorage"] = wire.Storage()
		return ok(out)
	}
	list := make([]any, len(account.Projects))
	for i, project := range account.Projects {
		list[i] = map[string]string{"id": project.ID, "name": project.Name}
	}
	company["projects"] = list
	out["maxJobHours"] = account.MaxJobHours
	return ok(out)
}

func projects(_ *API, r *Request) (Answer, error) {
	return paged(r, r.Account.Projects, func(p Project) any {
		return map[string]any{
			"id": p.ID, "name": p.Name, "isDefault": p.Default, "remainingAmounts": []string{"(no budget)"},
		}
	})
}

func coreTypes(a *API, r *Request) (Answer, error) {
	var list []*catalog.CoreType
	wanted := r.URL.Query().Get("isActive")
	for i := range a.Catalog.CoreTypes {
		if c := &a.Catalog.CoreTypes[i]; wanted != "true" || c.IsActive {
			list = append(list, c)
		}
	}
	style := a.style(r)
	return paged(r, list, func(c *catalog.CoreType) any { return style.CoreType(c) })
}

func analyses(a *API, r *Request) (Answer, error) {
	style := a.style(r)
	return paged(r, a.Catalog.Analyses, func(s catalog.Analysis) any { return style.Analysis(&s) })
}

func analysis(a *API, r *Request) (Answer, error) {
	software, known := a.Catalog.Analysis(r.vars["code"])
	if !known {
		return Answer{}, notFound()
	}
	return Answer{Status: http.StatusOK, Body: a.style(r).Analysis(software)}, nil
}

// automations answers a bare array in version 3 (rescale-api.md §2.2).
func automations(a *API, r *Request) (Answer, error) {
	if r.V3 {
		return ok(slices.Concat([]Automation{}, a.Automations))
	}
	return paged(r, a.Automations, func(one Automation) any { return one })
}

func computePrices(a *API, _ *Request) (Answer, error) { return ok(wire.Prices(a.Catalog.CoreTypes)) }

// bill answers what the account's workspace was charged from one month to another, by UTC, which only its administrators
// may see (rescale-api.md §14, A5). Here that is what the jobs ran that the account can see, and nothing else.
func bill(a *API, r *Request) (Answer, error) {
	if err := ofOrganization(r); err != nil {
		return Answer{}, err
	}
	if r.vars["ws"] != r.Account.CompanyCode {
		return Answer{}, notFound()
	}
	if !a.Quirks().Bills {
		return Answer{}, Refuse(http.StatusForbidden, "You do not have permission to perform this action.")
	}
	first, last, err := months(r.URL.Query())
	if err != nil {
		return Answer{}, err
	}
	jobs, hours, charge := 0, 0.0, 0.0
	for _, job := range a.Store.Jobs() {
		began, ended := job.When("Executing"), job.When("Completed")
		if began.Before(first) || !began.Before(last) || !a.mayRead(r, job.Owner, job.SharedWith) {
			continue
		}
		if ended.IsZero() {
			ended = a.Store.Now()
		}
		jobs++
		used, cost := a.charge(job, ended.Sub(began).Hours())
		hours, charge = hours+used, charge+cost
	}
	return ok(map[string]any{
		"id": r.Account.CompanyCode, "label": r.Account.CompanyCode, "activeUsers": 1, "jobs": jobs, "hardwareUsage": hours, "hardwareCharge": charge,
		"softwareCharge": 0, "storageUsage": 0, "storageCharge": 0, "transferUsage": 0, "transferCharge": 0, "connectionsCharge": 0,
		"platformCharge": 0, "deposits": 0, "appliedCredit": 0, "appliedDeposit": 0, "totalCharge": charge,
	})
}

// months reads from when to when a bill is wanted.
func months(query url.Values) (first, last time.Time, err error) {
	var numbers [4]int
	for i, name := range []string{"startYear", "startMonth", "endYear", "endMonth"} {
		n, err := strconv.Atoi(query.Get(name))
		if month := i%2 == 1; err != nil || month && (n < 1 || n > 12) {
			return first, last, invalid(name, "A valid number is required.")
		}
		numbers[i] = n
	}
	first = time.Date(numbers[0], time.Month(numbers[1]), 1, 0, 0, 0, 0, time.UTC)
	return first, time.Date(numbers[2], time.Month(numbers[3])+1, 1, 0, 0, 0, 0, time.UTC), nil
}

// charge is what a job that ran so long costs by the catalog: its largest tile all the time.
func (a *API) charge(job *disk.Job, hours float64) (coreHours, usd float64) {
	for i := range job.Spec.Tiles {
		tile := &job.Spec.Tiles[i]
		used := float64(tile.CoresPerSlot*tile.Slots) * hours
		price := 0.0
		if hardware, known := a.Catalog.CoreType(tile.CoreType); known {
			price = hardware.Price
			if job.Spec.LowPriority && hardware.LowPriorityPrice != nil {
				price, _ = strconv.ParseFloat(*hardware.LowPriorityPrice, 64)
			}
		}
		coreHours, usd = max(coreHours, used), max(usd, used*price)
	}
	return coreHours, usd
}

// ofOrganization refuses what another organization is asked for.
func ofOrganization(r *Request) error {
	if org, named := r.vars["org"]; named && org != r.Account.CompanyCode {
		return notFound()
	}
	return nil
}

// assignProject bills the job to a project (rescale-api.md §7.2).
func assignProject(a *API, r *Request) (Answer, error) {
	job, err := a.ownJob(r)
	if err != nil {
		return Answer{}, err
	}
	if err := ofOrganization(r); err != nil {
		return Answer{}, err
	}
	var to struct {
		ProjectID string `json:"projectId"`
	}
	if err := decode(r, &to); err != nil {
		return Answer{}, err
	}
	if !slices.ContainsFunc(r.Account.Projects, func(p Project) bool { return p.ID == to.ProjectID }) {
		return Answer{}, noSuch("projectId", to.ProjectID)
	}
	job, err = a.Store.UpdateJob(job.ID, func(j *disk.Job) error {
		j.Spec.ProjectID = &to.ProjectID
		return nil
	})
	if err != nil {
		return Answer{}, err
	}
	return ok(map[string]any{"projectId": job.Spec.ProjectID})
}

// prioritize takes the wish for a place in the queue, of a job that is in it (rescale-api.md §7.7). There is none here
// but the order of submits, which it leaves.
func prioritize(a *API, r *Request) (Answer, error) {
	if err := ofOrganization(r); err != nil {
		return Answer{}, err
	}
	var wish struct {
		Job      string      `json:"job"`
		Priority wholeNumber `json:"priority"`
	}
	if err := decode(r, &wish); err != nil {
		return Answer{}, err
	}
	r.vars["id"] = wish.Job
	job, err := a.ownJob(r)
	if err != nil {
		return Answer{}, noSuch("job", wish.Job)
	}
	if job.Draft() {
		return Answer{}, invalid("job", "The job has not been submitted.")
	}
	return ok(map[string]any{"job": job.ID, "priority": wish.Priority})
}

func listComments(a *API, r *Request) (Answer, error) {
	job, err := a.job(r)
	if err != nil {
		return Answer{}, err
	}
	list := slices.Clone(job.Comments)
	slices.Reverse(list)
	return paged(r, list, func(c disk.Comment) any { return a.style(r).Comment(c) })
}

// comment adds a comment to a job (rescale-api.md §7.7). What the platform wants of its members is not known.
func comment(a *API, r *Request) (Answer, error) {
	job, err := a.ownJob(r)
	if err != nil {
		return Answer{}, err
	}
	var members map[string]json.RawMessage
	if err := decode(r, &members); err != nil {
		return Answer{}, err
	}
	made := disk.Comment{Author: r.Account.Email, Members: members, At: a.Store.Now()}
	_, err = a.Store.UpdateJob(job.ID, func(j *disk.Job) error {
		j.Comments = append(slices.Clone(j.Comments), made)
		return nil
	})
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: http.StatusCreated, Body: a.style(r).Comment(made)}, nil
}
