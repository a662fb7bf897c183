package api

import (
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
)

// listJobs lists the jobs that the caller can see, newest first (rescale-api.md §8.4): in version 2 shared ones too,
// in version 3 only with f=0.
func listJobs(a *API, r *Request) (Answer, error) {
	keep, err := a.jobFilter(r)
	if err != nil {
		return Answer{}, err
	}
	var list []*disk.Job
	for _, job := range slices.Backward(a.jobsAsListed()) {
		if keep(job) {
			list = append(list, job)
		}
	}
	if r.V3 && r.URL.Query().Get("ordering") == "dateInserted" {
		slices.Reverse(list)
	}
	style := a.style(r)
	return paged(r, list, func(j *disk.Job) any { return style.JobItem(j, a.storage(j)) })
}

// jobsAsListed is all jobs as they were when the listing was made, which may be some time ago.
func (a *API) jobsAsListed() []*disk.Job {
	at := a.Pinned()
	if at.IsZero() {
		at = a.Store.Now().Add(-a.Quirks().ListingLag)
	}
	var out []*disk.Job
	for _, job := range a.Store.Jobs() {
		gone := !job.Deleted.IsZero() && !job.Deleted.After(at)
		if !gone && !job.Inserted.After(at) {
			out = append(out, asOf(job, at))
		}
	}
	// Dates may be skewed against the order in which jobs came.
	slices.SortStableFunc(out, func(x, y *disk.Job) int { return x.Shown().Compare(y.Shown()) })
	return out
}

// asOf is the job with the history it had then.
func asOf(job *disk.Job, at time.Time) *disk.Job {
	then := *job
	then.Statuses, then.Cluster = until(job.Statuses, at), until(job.Cluster, at)
	return &then
}

func until(history []disk.Status, at time.Time) []disk.Status {
	n := sort.Search(len(history), func(i int) bool { return history[i].At.After(at) })
	return history[:n]
}

func (a *API) storage(job *disk.Job) (bytes int64) {
	for _, tile := range job.Spec.Tiles {
		for _, input := range tile.Inputs {
			bytes += a.size(input.ID)
		}
	}
	return bytes + a.sizes(job.Outputs())
}

func (a *API) sizes(ids []string) (bytes int64) {
	for _, id := range ids {
		bytes += a.size(id)
	}
	return bytes
}

func (a *API) size(id string) int64 {
	file, ok := a.Store.File(id)
	if !ok || file.Deleted {
		return 0
	}
	return file.Size
}

// statusEnum maps the values of the job_status filter to statuses (rescale-api.md §8.1).
func statusEnum(name string) string {
	for _, status := range []string{
		"Pending", "Waiting for Queue", "Queued", "Waiting for Cluster", "Started", "Validated", "Executing",
		"Stopping", "Force Stop", "Completed",
	} {
		if strings.ToUpper(strings.ReplaceAll(status, " ", "_")) == name {
			return status
		}
	}
	return ""
}

func (a *API) jobFilter(r *Request) (keep func(*disk.Job) bool, err error) {
	query := r.URL.Query()
	state, enum := query.Get("state"), query.Get("job_status")
	status := statusEnum(enum)
	if enum != "" && status == "" {
		return nil, notAChoice("job_status", enum)
	}
	if state != "" && state != "completed" && state != "not_completed" {
		return nil, notAChoice("state", state)
	}
	onlyMine := r.V3 && query.Get("f") != "0"
	onlyRunning := r.V3 && query.Get("t") == "1"
	return func(j *disk.Job) bool {
		mine := j.Owner == r.Account.Email
		return (mine || !onlyMine && a.mayRead(r, j.Owner, j.SharedWith)) &&
			(status == "" || j.Status() == status) && a.inState(j, state) && (!onlyRunning || j.Active())
	}, nil
}

func notAChoice(field, value string) *Error {
	return &Error{Status: http.StatusBadRequest, Body: map[string][]string{
		field: {"Select a valid choice. " + value + " is not one of the available choices."},
	}}
}

// Whether drafts are not_completed is not known; by default they are.
func (a *API) inState(j *disk.Job, state string) bool {
	switch state {
	case "completed":
		return j.Status() == "Completed"
	case "not_completed":
		return j.Status() != "Completed" && (!j.Draft() || !a.Quirks().HideDrafts)
	}
	return true
}

// Page sizes (rescale-api.md §2.2). A larger wish is cut to the maximum; limit and offset mean nothing.
const (
	defaultPageSize = 10
	maxPageSize     = 1000
	maxRunsPage     = 2000 // the platform's own example asks for 1848 runs and counts them on one page
)

// paged answers with one page of the items. render is called for the items of that page only.
func paged[T any](r *Request, items []T, render func(T) any) (Answer, error) {
	return pagedBy(r, items, maxPageSize, render)
}

// pagedBy is paged with another maximum.
func pagedBy[T any](r *Request, items []T, limit int, render func(T) any) (Answer, error) {
	query := r.URL.Query()
	size, number := min(pageSize(query), limit), 1
	pages := max(1, (len(items)+size-1)/size)
	switch text := query.Get("page"); text {
	case "":
	case "last":
		number = pages
	default:
		number, _ = strconv.Atoi(text) // 0 is no page
	}
	if number < 1 || number > pages {
		return Answer{}, Refuse(http.StatusNotFound, "Invalid page.")
	}
	page := items[(number-1)*size : min(number*size, len(items))]
	results := make([]any, len(page))
	for i, item := range page {
		results[i] = render(item)
	}
	out := map[string]any{"count": len(items), "previous": nil, "next": nil, "results": results}
	if number > 1 {
		out["previous"] = pageURL(r, query, number-1)
	}
	if number < pages {
		out["next"] = pageURL(r, query, number+1)
	}
	return ok(out)
}

func pageSize(query url.Values) int {
	size, err := strconv.Atoi(query.Get("page_size"))
	if err != nil || size < 1 {
		return defaultPageSize
	}
	return size
}

func pageURL(r *Request, query url.Values, number int) string {
	query.Set("page", strconv.Itoa(number))
	if number == 1 {
		query.Del("page")
	}
	link := r.Base + r.URL.Path
	if text := query.Encode(); text != "" {
		link += "?" + text
	}
	return link
}

func same[T any](item T) any { return item }
