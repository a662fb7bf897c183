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
	"slices"
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
	ParamFile   *FileRef        `json:"paramFile,omitempty"` // table with a run in each row
	JobAnalyses []JobAnalysis   `json:"jobanalyses"`         // the tiles, run in this order

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
	Command                    string            `json:"command"` // blank only of an interactive tile
	Flags                      map[string]bool   `json:"flags,omitempty"`
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
	TemplateTasks              []TemplateTask    `json:"templateTasks,omitempty"`

	// Secrets are further variables, whose values cannot be printed.
	Secrets map[string]Secret `json:"-"`
	// Extra are further fields of the tile, put in last, mapping by mapping.
	Extra map[string]any `json:"-"`
}

// TemplateTask is a stored template, and the path in the work folder where the platform
// puts it for each run, filled in (rescale-api.md §6.2).
type TemplateTask struct {
	TemplateFile      FileRef `json:"templateFile"`
	ProcessedFilename string  `json:"processedFilename"`
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
	Type         string `json:"type,omitempty"`     // Interactive, or empty for computing
}

// Interactive is the hardware type of a tile that runs until it is stopped
// (rescale-api.md §6.2).
const Interactive = "interactive"

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

// Object returns the body in its JSON form, without the values of secrets.
func (j JobRequest) Object() (map[string]any, error) {
	shown := j
	shown.JobAnalyses = slices.Clone(j.JobAnalyses)
	for i := range shown.JobAnalyses {
		shown.JobAnalyses[i].Secrets = nil
	}
	return shown.body()
}

// asObject gives the JSON form of a struct, with numbers as they are written.
func asObject(v any) (object map[string]any, err error) {
	text, err := encode(v)
	if err != nil {
		return nil, fmt.Errorf("encoding a job: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&object) // before the result is taken, which Go may do first in one statement
	return object, err
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

// ForceStopJob asks the platform to end a job at once that was told to stop before:
// its application gets no more time to write restart files. Whether the platform takes
// it without a stop is not known (rescale-api.md §7.3, §14 A2). It is not repeated,
// though doing it twice is harmless.
func (c *Client) ForceStopJob(ctx context.Context, id string) error {
	return c.act(ctx, "force-stopping", http.MethodPost, id, "force_stop/")
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

// isNotFound reports whether the platform answered 404.
func isNotFound(err error) bool {
	var answer *Error
	return errors.As(err, &answer) && answer.Status == http.StatusNotFound
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
