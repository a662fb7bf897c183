package rescale

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"time"
)

// JobRequest is the body that creates a job. What is left out is left to the
// platform (rescale-api.md §6.1).
type JobRequest struct {
	Name                 string `json:"name"` // not unique on the platform
	Description          string `json:"description,omitempty"`
	IsLowPriority        bool   `json:"isLowPriority,omitempty"` // true with ON_DEMAND
	BillingPriorityValue string `json:"billingPriorityValue,omitempty"`
	ProjectID            string `json:"projectId,omitempty"`
	ClusterID            string `json:"clusterId,omitempty"` // of a cluster that is there already
	PublicKey            string `json:"publicKey,omitempty"` // for SSH; ed25519 keys are refused
	SSHPort              int    `json:"sshPort,omitempty"`
	// CIDRRule tells from where SSH is let in, separated by commas. Nil leaves it to
	// the account; empty is something else.
	CIDRRule    *string         `json:"cidrRule,omitempty"`
	Automations []JobAutomation `json:"jobAutomations,omitempty"`
	JobAnalyses []JobAnalysis   `json:"jobanalyses"` // the tiles, run in this order

	// Extra are further fields of the body. They are put in last, mapping by mapping.
	Extra map[string]any `json:"-"`
}

// JobAutomation is a script of the organization that runs with a job.
type JobAutomation struct {
	Automation AutomationRef `json:"automation"`
	// Environment must be there: the platform fails on an automation without it.
	Environment map[string]string `json:"environmentVariables"`
}

// AutomationRef names an automation.
type AutomationRef struct {
	ID string `json:"id"`
}

// The billing priorities (rescale-api.md §6.1).
const (
	PriorityInstant  = "INSTANT"   // on demand
	PriorityOnDemand = "ON_DEMAND" // on-demand economy, which may be preempted
	PriorityReserved = "RESERVED"
)

// JobAnalysis is one software tile of a job (rescale-api.md §6.2).
type JobAnalysis struct {
	Analysis                   AnalysisRef       `json:"analysis"`
	Command                    string            `json:"command"` // must not be blank
	Hardware                   Hardware          `json:"hardware"`
	EnvVars                    map[string]string `json:"envVars,omitempty"`
	InputFiles                 []InputRef        `json:"inputFiles,omitempty"`
	UseRescaleLicense          bool              `json:"useRescaleLicense,omitempty"`
	OnDemandLicenseSeller      *LicenseSeller    `json:"onDemandLicenseSeller,omitempty"`
	UserDefinedLicenseSettings *LicenseFeatures  `json:"userDefinedLicenseSettings,omitempty"`
	PreProcessScript           *FileRef          `json:"preProcessScript,omitempty"`
	PreProcessScriptCommand    string            `json:"preProcessScriptCommand,omitempty"`
	PostProcessScript          *FileRef          `json:"postProcessScript,omitempty"`
	PostProcessScriptCommand   string            `json:"postProcessScriptCommand,omitempty"`

	// Secrets are further variables, whose values cannot be printed.
	Secrets map[string]Secret `json:"-"`
	// Extra are further fields of the tile, put in last, mapping by mapping.
	Extra map[string]any `json:"-"`
}

// FileRef names a stored file.
type FileRef struct {
	ID string `json:"id"`
}

// AnalysisRef names a software by its codes.
type AnalysisRef struct {
	Code    string `json:"code"`
	Version string `json:"version,omitempty"` // a Version.VersionCode
}

// Hardware says on what a tile runs.
type Hardware struct {
	CoreType     string `json:"coreType"`     // a CoreType.Code
	CoresPerSlot int    `json:"coresPerSlot"` // one of CoreType.Cores
	Slots        int    `json:"slots,omitempty"`
	Walltime     int    `json:"walltime,omitempty"` // hours; 0 leaves it to the platform
}

// InputRef is a stored file that a tile gets.
type InputRef struct {
	ID         string `json:"id"`
	Decompress *bool  `json:"decompress,omitempty"` // nil: the platform unpacks archives
}

// LicenseSeller sells licenses by use (rescale-api.md §6.2).
type LicenseSeller struct {
	Code string `json:"code"`
	Name string `json:"name,omitempty"`
}

// LicenseFeatures are the features that a tile waits for before it starts.
type LicenseFeatures struct {
	FeatureSets []FeatureSet `json:"featureSets"`
}

// FeatureSet is a group of license features.
type FeatureSet struct {
	Name     string           `json:"name"`
	Features []LicenseFeature `json:"features"`
}

// LicenseFeature is a feature of a license server and how many of it are needed.
type LicenseFeature struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// Job is a stored job. Its status is in Statuses, not here (rescale-api.md §2.6).
type Job struct {
	ID            string
	Name          string
	Description   string
	Owner         string // e-mail address
	DateInserted  time.Time
	ClonedFrom    string // id of the job that a person copied; "" when it is no copy
	ProjectID     string
	IsLowPriority bool
	Tiles         []Tile
}

// Tile is one software tile of a stored job.
type Tile struct {
	AnalysisCode string
	VersionCode  string
	Command      string
	EnvVars      map[string]string
	CoreType     string // its code
	CoresPerSlot int
	Slots        int
	Walltime     int      // hours; 0 when the platform does not say
	Inputs       []string // file ids
}

// body is what is sent: with the values of secrets, and what is extra.
func (j JobRequest) body() (map[string]any, error) {
	tiles := make([]any, len(j.JobAnalyses))
	for i, tile := range j.JobAnalyses {
		env := maps.Clone(tile.EnvVars)
		if env == nil {
			env = make(map[string]string, len(tile.Secrets))
		}
		for name, secret := range tile.Secrets {
			env[name] = secret.reveal()
		}
		tile.EnvVars = env
		object, err := asObject(tile)
		if err != nil {
			return nil, err
		}
		merge(object, tile.Extra)
		tiles[i] = object
	}
	rest := j
	rest.JobAnalyses = nil
	object, err := asObject(rest)
	if err != nil {
		return nil, err
	}
	object["jobanalyses"] = tiles
	merge(object, j.Extra)
	return object, nil
}

// asObject gives the JSON form of a struct, with numbers as they are written.
func asObject(v any) (object map[string]any, err error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding a job: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return object, d.Decode(&object)
}

// merge puts further fields into an object. Where both have a mapping, the members
// are merged; all else is replaced.
func merge(object, further map[string]any) {
	for name, value := range further {
		inner, mapping := value.(map[string]any)
		own, there := object[name].(map[string]any)
		if mapping && there {
			merge(own, inner)
			continue
		}
		object[name] = value
	}
}

type wireJob struct {
	ID            string    `json:"id"`
	Name          string    `json:"name"`
	Description   text      `json:"description"`
	Owner         text      `json:"owner"`
	DateInserted  date      `json:"dateInserted"`
	ClonedFrom    reference `json:"clonedFrom"`
	ProjectID     reference `json:"projectId"`
	IsLowPriority bool      `json:"isLowPriority"`
	Tiles         []struct {
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
		InputFiles []struct {
			ID string `json:"id"`
		} `json:"inputFiles"`
	} `json:"jobanalyses"`
}

func (w wireJob) job() Job {
	j := Job{
		ID: w.ID, Name: w.Name, Description: string(w.Description), Owner: string(w.Owner),
		DateInserted: w.DateInserted.Time, ClonedFrom: string(w.ClonedFrom),
		ProjectID: string(w.ProjectID), IsLowPriority: w.IsLowPriority,
	}
	for _, t := range w.Tiles {
		tile := Tile{
			AnalysisCode: t.Analysis.Code, VersionCode: string(t.Analysis.Version), Command: string(t.Command),
			CoreType: string(t.Hardware.CoreType), CoresPerSlot: t.Hardware.CoresPerSlot.whole(),
			Slots: t.Hardware.Slots.whole(), Walltime: t.Hardware.Walltime.whole(),
			EnvVars: make(map[string]string, len(t.EnvVars)),
		}
		for name, value := range t.EnvVars {
			tile.EnvVars[name] = string(value)
		}
		for _, f := range t.InputFiles {
			tile.Inputs = append(tile.Inputs, f.ID)
		}
		j.Tiles = append(j.Tiles, tile)
	}
	return j
}

func jobPath(id string) string { return "/api/v2/jobs/" + id + "/" }

// CreateJob saves a draft, which costs nothing, and never repeats itself. After an
// *OutcomeUnknownError there may be a draft (rescale-api.md §6, §11).
func (c *Client) CreateJob(ctx context.Context, job JobRequest) (Job, error) {
	body, err := job.body()
	if err != nil {
		return Job{}, err
	}
	r := request{
		method: http.MethodPost, path: "/api/v2/jobs/", body: body,
		act: fmt.Sprintf("creating job %q", job.Name),
	}
	var w wireJob
	if err := c.change(ctx, r, &w); err != nil {
		return Job{}, err
	}
	if checkID(w.ID) != nil {
		return Job{}, &OutcomeUnknownError{Act: r.act, Err: c.unexpected(r, http.StatusCreated, "a job without id")}
	}
	return w.job(), nil
}

// UpdateJob makes a draft what job says, whole: what job leaves out gets the
// platform's default. It is not repeated, though doing it twice is harmless. On a
// job that was submitted it has no effect (rescale-api.md §7.2).
func (c *Client) UpdateJob(ctx context.Context, id string, job JobRequest) error {
	if err := checkID(id); err != nil {
		return err
	}
	body, err := job.body()
	if err != nil {
		return err
	}
	return c.change(ctx, request{method: http.MethodPut, path: jobPath(id), body: body, act: "updating draft " + id}, nil)
}

// AssignProject makes a project pay for a job, in the way of organizations that do
// not take projectId in the body. It is not repeated, though doing it twice is
// harmless (rescale-api.md §7.2).
func (c *Client) AssignProject(ctx context.Context, company, id, project string) error {
	if err := checkID(id); err != nil {
		return err
	}
	return c.change(ctx, request{
		method: http.MethodPost, path: "/api/v2/organizations/" + url.PathEscape(company) + "/jobs/" + id + "/project-assignment/",
		body: map[string]string{"projectId": project}, act: "assigning job " + id + " to its project",
	}, nil)
}

// SubmitJob starts a draft, which costs money from here on. It is not repeated.
// After an *OutcomeUnknownError, Statuses tells: it is empty for a draft. The
// answer for a job that was submitted before differs by platform version, so that
// neither nil nor a 400 proves that this call started it (rescale-api.md §7.1).
func (c *Client) SubmitJob(ctx context.Context, id string) error {
	return c.act(ctx, "submitting", http.MethodPost, id, "submit/")
}

// StopJob asks the platform to stop a job; it goes on until its statuses say so
// (rescale-api.md §7.3). It is not repeated, though doing it twice is harmless.
func (c *Client) StopJob(ctx context.Context, id string) error {
	return c.act(ctx, "stopping", http.MethodPost, id, "stop/")
}

// DeleteJob deletes a job or draft. One that does not exist is deleted already. The
// platform refuses while the job's cluster runs (rescale-api.md §7.4).
func (c *Client) DeleteJob(ctx context.Context, id string) error {
	err := c.act(ctx, "deleting", http.MethodDelete, id, "")
	if isNotFound(err) {
		return nil
	}
	return err
}

// act sends a change of one job that has no body and no answer but its status.
func (c *Client) act(ctx context.Context, doing, method, id, path string) error {
	if err := checkID(id); err != nil {
		return err
	}
	r := request{method: method, path: jobPath(id) + path, act: doing + " job " + id}
	return c.change(ctx, r, nil)
}

// isNotFound tells that the platform answered 404.
func isNotFound(err error) bool {
	var answer *Error
	return errors.As(err, &answer) && answer.Status == http.StatusNotFound
}

// Job reads one stored job; 404 is an *Error.
func (c *Client) Job(ctx context.Context, id string) (Job, error) {
	if err := checkID(id); err != nil {
		return Job{}, err
	}
	var w wireJob
	r := request{method: http.MethodGet, path: jobPath(id)}
	if _, err := c.get(ctx, r.path, nil, &w); err != nil {
		return Job{}, err
	}
	if w.ID != id {
		return Job{}, c.unexpected(r, http.StatusOK, fmt.Sprintf("job %q instead of %q", w.ID, id))
	}
	return w.job(), nil
}
