package rescale

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// JobQuery says which jobs to list (rescale-api.md §8.4).
type JobQuery struct {
	State    string // StateCompleted, StateNotCompleted, or "" for all
	PageSize int    // 0 means 200
}

// The filters of a job listing. Whether drafts count as not completed is not known.
const (
	StateCompleted    = "completed"
	StateNotCompleted = "not_completed"
)

// JobItem is a job as listings show it (rescale-api.md §8.4).
type JobItem struct {
	ID            string
	Name          string
	Owner         string // e-mail address; jobs that others share are listed too
	DateInserted  time.Time
	Status        string // "" for a draft
	ClusterStatus string // "" while there is no cluster
}

// Listing tells how far a listing can be trusted.
type Listing struct {
	At     time.Time // of the first page, by the platform's clock; zero when it does not say
	Count  int       // of entries that the platform promised on the first page
	Stable bool      // false: entries came or went between two pages, so that one may be missing. Read again
}

type wireItem struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Owner        text   `json:"owner"`
	DateInserted date   `json:"dateInserted"`
	JobStatus    *struct {
		Content text `json:"content"`
	} `json:"jobStatus"`
	ClusterStatus *struct {
		Content text `json:"content"`
	} `json:"clusterStatusDisplay"`
}

func (w wireItem) item() JobItem {
	i := JobItem{ID: w.ID, Name: w.Name, Owner: string(w.Owner), DateInserted: w.DateInserted.Time}
	if w.JobStatus != nil {
		i.Status = string(w.JobStatus.Content)
	}
	if w.ClusterStatus != nil {
		i.ClusterStatus = string(w.ClusterStatus.Content)
	}
	return i
}

// Jobs lists the jobs that the account can see, in the platform's order, which is
// newest first, and each only once. It ends early when yield returns false; then
// Listing speaks for the pages that were read. After an error nothing that was
// yielded may be taken for the whole.
func (c *Client) Jobs(ctx context.Context, q JobQuery, yield func(JobItem) bool) (Listing, error) {
	query := url.Values{}
	if q.State != "" {
		query.Set("state", q.State)
	}
	l := listing{path: "/api/v2/jobs/", query: query, size: q.PageSize}
	if l.size <= 0 {
		l.size = jobPageSize
	}
	r := reader{yield: yield, seen: map[string]bool{}, listing: Listing{Stable: true}}
	err := eachPage(ctx, c, l, r.read)
	if err == nil && r.nameless {
		err = c.unexpected(request{method: http.MethodGet, path: l.path}, http.StatusOK, "a job without id")
	}
	return r.listing, err
}

// reader passes on the jobs of one listing.
type reader struct {
	yield    func(JobItem) bool
	seen     map[string]bool // ids that were passed on
	pages    int
	listing  Listing
	nameless bool // a job without id came, so that nothing can be told apart
}

// read passes on one page and tells whether more is wanted.
func (r *reader) read(p page[wireItem]) bool {
	if r.pages++; r.pages == 1 {
		r.listing.At, r.listing.Count = dateOf(p.header, time.Time{}), p.Count
	}
	r.listing.Stable = r.listing.Stable && p.Count == r.listing.Count
	for _, w := range p.Results {
		if w.ID == "" {
			r.nameless = true
			return false
		}
		if r.seen[w.ID] {
			// Something moved it from one page to the next, also when as many
			// jobs went as came and the count stayed.
			r.listing.Stable = false
			continue
		}
		r.seen[w.ID] = true
		if !r.yield(w.item()) {
			return false
		}
	}
	return true
}

// Status is one entry in the history of a job or its cluster (rescale-api.md §8.1).
type Status struct {
	ID     string
	Status string // such as Executing; new names may appear
	Reason string // free text; "" for most entries
	Date   time.Time
}

type wireStatus struct {
	ID           string `json:"id"`
	Status       string `json:"status"`
	StatusReason text   `json:"statusReason"`
	StatusDate   date   `json:"statusDate"`
}

func (w wireStatus) status() Status {
	return Status{ID: w.ID, Status: w.Status, Reason: string(w.StatusReason), Date: w.StatusDate.Time}
}

// Statuses is the whole history of a job, newest first. It is empty for a draft,
// and only for a draft (rescale-api.md §8.1).
func (c *Client) Statuses(ctx context.Context, id string) ([]Status, error) {
	return c.statuses(ctx, id, "statuses/")
}

// ClusterStatuses is the history of a job's cluster, newest first. It is empty as
// long as there is no cluster, for which the platform answers 404
// (rescale-api.md §8.3).
func (c *Client) ClusterStatuses(ctx context.Context, id string) ([]Status, error) {
	found, err := c.statuses(ctx, id, "cluster_statuses/")
	if isNotFound(err) {
		return nil, nil
	}
	return found, err
}

func (c *Client) statuses(ctx context.Context, id, path string) ([]Status, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	found, err := all[wireStatus](ctx, c, listing{path: jobPath(id) + path, size: catalogPageSize})
	return distinct(convert(found, wireStatus.status), func(s Status) string { return s.ID }), err
}

// Tag is a label of a job. How the platform normalises names is not known
// (rescale-api.md §7.6).
type Tag struct {
	Name           string `json:"name"`
	NormalizedName string `json:"normalizedName"`
}

// Tags lists the tags of a job. Only v3 has this call.
func (c *Client) Tags(ctx context.Context, id string) ([]Tag, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	return all[Tag](ctx, c, listing{path: tagPath(id), size: catalogPageSize})
}

// AddTag labels a job. It is not repeated, though doing it twice is harmless.
func (c *Client) AddTag(ctx context.Context, id, tag string) error {
	return c.tag(ctx, http.MethodPost, id, tag)
}

// RemoveTag takes a label from a job, through v3. One that is not there is removed already.
func (c *Client) RemoveTag(ctx context.Context, id, tag string) error {
	err := c.tag(ctx, http.MethodDelete, id, tag)
	if isNotFound(err) {
		return nil
	}
	return err
}

func (c *Client) tag(ctx context.Context, method, id, tag string) error {
	if err := checkID(id); err != nil {
		return err
	}
	r := request{
		method: method, path: jobPath(id) + "tags/",
		body: map[string]string{"name": tag},
		act:  "tagging job " + id,
	}
	if method == http.MethodDelete {
		r.path, r.act = tagPath(id), "removing a tag of job "+id
	}
	return c.change(ctx, r, nil)
}

func tagPath(id string) string { return "/api/v3/jobs/" + id + "/tags/" }

// CustomFields gives the fields that an organization has added to jobs, as far as the
// job has a value for them (rescale-api.md §7.7).
func (c *Client) CustomFields(ctx context.Context, id string) (map[string]any, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	var w map[string]struct {
		Value any `json:"value"`
	}
	if _, err := c.get(ctx, "/api/v3/jobs/"+id+"/custom-fields/", nil, &w); err != nil {
		return nil, err
	}
	fields := make(map[string]any, len(w))
	for name, field := range w {
		if field.Value != nil {
			fields[name] = field.Value
		}
	}
	return fields, nil
}

// SetCustomFields gives fields their values, and leaves the others as they are. It is
// not repeated, though doing it twice is harmless.
func (c *Client) SetCustomFields(ctx context.Context, id string, fields map[string]any) error {
	if err := checkID(id); err != nil {
		return err
	}
	return c.change(ctx, request{
		method: http.MethodPost, path: jobPath(id) + "custom-fields/", body: fields, act: "setting custom fields of job " + id,
	}, nil)
}
