package rescale

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/rescale/pace"
)

// JobQuery says which jobs to list (rescale-api.md §8.4).
type JobQuery struct {
	State    string // StateCompleted, StateNotCompleted, or "" for all
	PageSize int    // 0 means 250
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
	Pages  int       // that were read
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
	listing  Listing
	nameless bool // a job without id came, so that nothing can be told apart
}

// read passes on one page and reports whether more is wanted.
func (r *reader) read(p page[wireItem]) bool {
	if r.listing.Pages++; r.listing.Pages == 1 {
		r.listing.At, r.listing.Count = pace.DateOf(p.header, time.Time{}), p.Count
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

// Job is a stored job. Its status is in Statuses, not here (rescale-api.md §2.6).
// Tags and Automations are nil when the body does not say, and empty when there are none.
type Job struct {
	ID            string
	Name          string
	Description   string
	Owner         string // e-mail address
	DateInserted  time.Time
	ClonedFrom    string // id of the job that a person copied; "" when it is no copy
	ProjectID     string
	ClusterID     string // of a cluster that was there already; "" for one of its own
	IsLowPriority bool
	Tags          []string
	Automations   []JobAutomation
	Params        Params
	Tiles         []Tile

	// Raw is the whole answer, with what has no field here and with the values of secrets.
	Raw json.RawMessage
}

// Params is the table of parameters of a stored job.
type Params struct {
	Known bool // false: the body does not say whether there is one
	File  File // without an id when there is none
}

// Tile is one software tile of a stored job.
type Tile struct {
	AnalysisCode string
	VersionCode  string
	Command      string
	EnvVars      map[string]string // with the values of secrets
	CoreType     string            // its code
	CoresPerSlot int
	Slots        int
	Walltime     int        // hours; 0 when the platform does not say
	Inputs       []string   // file ids
	InputFiles   []TileFile // the same files; nil when the body does not say
	PreProcess   Script
	PostProcess  Script
	Templates    []TileTemplate // nil when the body does not say
}

// TileTemplate is a template of a stored tile, and where it lands in each run.
type TileTemplate struct {
	File File
	To   string
}

// TileFile is an input of a stored tile. Bodies hold more or less of the file: its id
// is always there (rescale-api.md §12.5).
type TileFile struct {
	File
	Decompress *bool // nil when the body does not say
}

// Script is what a stored tile runs before or after its command.
type Script struct {
	Known   bool // false: the body does not say whether there is one
	File    File // without an id when there is none
	Command string
}

type wireJob struct {
	ID            string                 `json:"id"`
	Name          string                 `json:"name"`
	Description   text                   `json:"description"`
	Owner         text                   `json:"owner"`
	DateInserted  date                   `json:"dateInserted"`
	ClonedFrom    reference              `json:"clonedFrom"`
	ProjectID     reference              `json:"projectId"`
	ClusterID     hint[reference]        `json:"clusterId"`
	IsLowPriority bool                   `json:"isLowPriority"`
	UserTags      hint[[]wireTag]        `json:"userTags"`
	Automations   hint[[]wireAutomation] `json:"jobAutomations"`
	ParamFile     hint[wireFile]         `json:"paramFile"`
	Tiles         []wireTile             `json:"jobanalyses"`
}

type wireTag struct {
	Name string `json:"name"`
}

type wireAutomation struct {
	Automation struct {
		ID string `json:"id"`
	} `json:"automation"`
	Environment map[string]text `json:"environmentVariables"`
}

func (w wireAutomation) automation() JobAutomation {
	return JobAutomation{Automation: AutomationRef{w.Automation.ID}, Environment: plain(w.Environment)}
}

type wireTile struct {
	Analysis struct {
		Code    string `json:"code"`
		Version text   `json:"version"`
	} `json:"analysis"`
	Command  text            `json:"command"`
	EnvVars  map[string]text `json:"envVars"`
	Hardware struct {
		CoreType     reference `json:"coreType"`
		CoresPerSlot number    `json:"coresPerSlot"`
		Slots        number    `json:"slots"`
		Walltime     number    `json:"walltime"`
	} `json:"hardware"`
	InputFiles         []wireTileFile `json:"inputFiles"`
	PreProcess         hint[wireFile] `json:"preProcessScript"`
	PreProcessCommand  text           `json:"preProcessScriptCommand"`
	PostProcess        hint[wireFile] `json:"postProcessScript"`
	PostProcessCommand text           `json:"postProcessScriptCommand"`
	Templates          hint[[]struct {
		File wireFile `json:"templateFile"`
		To   text     `json:"processedFilename"`
	}] `json:"templateTasks"`
}

// wireTileFile is an input of a tile. Only its id must be readable.
type wireTileFile struct {
	wireFile
	Decompress *bool `json:"decompress"`
}

// UnmarshalJSON reads the id, and of the rest what there is.
func (w *wireTileFile) UnmarshalJSON(data []byte) error {
	var must struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(data, &must); err != nil {
		return err
	}
	type whole struct {
		wireFile
		Decompress *bool `json:"decompress"`
	}
	var may hint[whole]
	err := json.Unmarshal(data, &may)
	*w = wireTileFile(may.value)
	w.ID = must.ID
	return err
}

func (w wireTileFile) file() TileFile { return TileFile{w.wireFile.file(), w.Decompress} }

func (w wireJob) job() Job {
	j := Job{
		ID: w.ID, Name: w.Name, Description: string(w.Description), Owner: string(w.Owner),
		DateInserted: w.DateInserted.Time, ClonedFrom: string(w.ClonedFrom),
		ProjectID: string(w.ProjectID), ClusterID: string(w.ClusterID.value), IsLowPriority: w.IsLowPriority,
		Tags:        told(w.UserTags.value, func(t wireTag) string { return t.Name }),
		Automations: told(w.Automations.value, wireAutomation.automation),
		Params:      Params{Known: w.ParamFile.known},
	}
	if file := w.ParamFile.value; file.ID != "" {
		j.Params.File = file.file()
	}
	for _, t := range w.Tiles {
		j.Tiles = append(j.Tiles, t.tile())
	}
	return j
}

func (w wireTile) tile() Tile {
	tile := Tile{
		AnalysisCode: w.Analysis.Code, VersionCode: string(w.Analysis.Version), Command: string(w.Command),
		CoreType: string(w.Hardware.CoreType), CoresPerSlot: w.Hardware.CoresPerSlot.whole(),
		Slots: w.Hardware.Slots.whole(), Walltime: w.Hardware.Walltime.whole(),
		EnvVars:     plain(w.EnvVars),
		InputFiles:  told(w.InputFiles, wireTileFile.file),
		PreProcess:  script(w.PreProcess, w.PreProcessCommand),
		PostProcess: script(w.PostProcess, w.PostProcessCommand),
	}
	if tile.EnvVars == nil {
		tile.EnvVars = make(map[string]string)
	}
	for _, f := range tile.InputFiles {
		tile.Inputs = append(tile.Inputs, f.ID)
	}
	if w.Templates.value != nil {
		tile.Templates = []TileTemplate{}
	}
	for _, t := range w.Templates.value {
		tile.Templates = append(tile.Templates, TileTemplate{t.File.file(), string(t.To)})
	}
	return tile
}

func script(file hint[wireFile], command text) Script {
	s := Script{Known: file.known, Command: string(command)}
	if file.value.ID != "" {
		s.File = file.value.file()
	}
	return s
}

// told converts a list, and keeps one that is not told apart from an empty one.
func told[W, T any](in []W, f func(W) T) []T {
	if in == nil {
		return nil
	}
	return append(make([]T, 0, len(in)), convert(in, f)...)
}

// plain is a map of texts; nil stays nil.
func plain(in map[string]text) map[string]string {
	if in == nil {
		return nil
	}
	out := make(map[string]string, len(in))
	for name, value := range in {
		out[name] = string(value)
	}
	return out
}
