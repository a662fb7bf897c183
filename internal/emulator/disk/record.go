package disk

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// Type ids of files (rescale-api.md §3.2).
const (
	TypeInput    = 1
	TypeTemplate = 2
	TypeParam    = 3
	TypeScript   = 4
	TypeOutput   = 5
	TypeCase     = 8
	TypeSnapshot = 12
)

// File is the record of one stored file (rescale-api.md §3.2).
type File struct {
	ID         string
	Seq        int
	Owner      string // e-mail
	Name       string
	TypeID     int
	Uploaded   time.Time
	Size       int64
	SHA512     string // lower hex
	MD5        string // lower hex; empty for outputs
	Rel        string // path inside the run's folder; the name for inputs
	Key        string // base64 of 32 bytes, as the platform shows for its encryption
	StorageKey string // the platform's `path`
	Text       bool   // small and plain: the web page could show it
	Job        string // job that wrote it; empty for uploads
	Folder     string // id of its folder; empty for the root of its owner's library
	Tags       []string
	Deleted    bool
}

// Status is one entry of a job's or a cluster's history.
type Status struct {
	ID     string
	Name   string
	Reason string // empty is null on the wire
	At     time.Time
}

// StopKind says how a job was asked to stop.
type StopKind string

// Ways to stop a job.
const (
	NotStopped StopKind = ""
	Graceful   StopKind = "graceful"
	Forced     StopKind = "forced"
)

// Process identifies the process tree of a running command, so that a later server can end what a killed one left.
type Process struct {
	PID     int
	Started string // opaque start time of PID
	Token   string // entry of the environment that only this tree carries
}

// Job is the record of one job. Records in the store are never changed in place; see Store.UpdateJob.
type Job struct {
	ID         string
	Seq        int
	Owner      string    // e-mail
	Inserted   time.Time // orders all that happened
	Dated      time.Time // what the job shows as dateInserted; zero in old records: Inserted
	Deleted    time.Time // zero: not deleted; records stay for the sake of old listings
	Body       json.RawMessage
	Spec       Spec
	SharedWith []string
	Tags       []string
	Fields     map[string]json.RawMessage // custom fields
	Comments   []Comment                  // oldest first

	Refused   int // deletes that were refused while it was a draft
	Submits   int
	Base      string   // origin under which the submitting client reached the server
	Statuses  []Status // oldest first; empty is a draft
	Cluster   []Status // oldest first; empty before a cluster exists
	Stop      StopKind
	Abandoned bool // stopped before Validated and left without a further status

	Restarts int
	Devices  []string // ids of attached storage
	Keys     []string // SHA-256 of the job-scoped keys; only the last one of an active job is alive
	Runs     []Run    // one, or one for each row of a design of experiments; none before the submit
}

// Comment is what somebody wrote about a job.
type Comment struct {
	Author  string                     // e-mail
	Members map[string]json.RawMessage // of the body that made it
	At      time.Time
}

// Run is one execution of a job's commands (rescale-api.md §8.5). Its number is its place in Job.Runs, from 1 on.
type Run struct {
	Variables []Variable // of a design of experiments
	Results   []Variable // what its post-processing printed
	Process   *Process   // set while a command runs
	Started   time.Time
	Ended     time.Time
	ExitCode  *int
	Outputs   []string // file ids
}

// Variable is what a design of experiments sets in one run, or what the run came to.
type Variable struct{ Name, Value string }

// Outputs returns the ids of the files of all runs.
func (j *Job) Outputs() []string {
	var out []string
	for i := range j.Runs {
		out = append(out, j.Runs[i].Outputs...)
	}
	return out
}

// Shows reports whether the nth run, from 1 on, can be seen: once it has started, and in a design of experiments once
// any has.
func (j *Job) Shows(n int) bool {
	if n < 1 || n > len(j.Runs) {
		return false
	}
	return !j.Runs[n-1].Started.IsZero() || j.Designed() && j.Reached("Executing")
}

// Designed reports whether the job is a design of experiments.
func (j *Job) Designed() bool { return len(j.Runs) > 0 && j.Runs[0].Variables != nil }

// Began returns when the first run started, zero before.
func (j *Job) Began() (first time.Time) {
	for i := range j.Runs {
		if at := j.Runs[i].Started; !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// Draft reports whether the job was never submitted.
func (j *Job) Draft() bool { return len(j.Statuses) == 0 }

// Shown returns the date that the job shows as dateInserted.
func (j *Job) Shown() time.Time {
	if j.Dated.IsZero() {
		return j.Inserted
	}
	return j.Dated
}

// Status returns the current status name, empty for a draft.
func (j *Job) Status() string { return last(j.Statuses) }

// ClusterStatus returns the current cluster status name, empty before a cluster exists.
func (j *Job) ClusterStatus() string { return last(j.Cluster) }

// Active reports whether the job was submitted and will still change by itself.
func (j *Job) Active() bool {
	return !j.Draft() && !j.Abandoned && j.Status() != "Completed"
}

// Reached reports whether the job's history contains the status.
func (j *Job) Reached(status string) bool {
	return slices.ContainsFunc(j.Statuses, func(s Status) bool { return s.Name == status })
}

// When returns the date of the first status of that name, zero when there is none.
func (j *Job) When(status string) (at time.Time) {
	if i := slices.IndexFunc(j.Statuses, func(s Status) bool { return s.Name == status }); i >= 0 {
		at = j.Statuses[i].At
	}
	return at
}

// Walltime is how long the commands of the job can run at the most, 0 without a bound: tiles run one after the other,
// while all runs of a design share one cluster.
func (j *Job) Walltime() (limit time.Duration) {
	for i := range j.Spec.Tiles {
		hours := j.Spec.Tiles[i].Walltime
		if hours == nil {
			return 0
		}
		d := time.Duration(*hours) * time.Hour
		if j.Designed() {
			limit = max(limit, d)
		} else {
			limit += d
		}
	}
	return limit
}

func last(history []Status) string {
	if len(history) == 0 {
		return ""
	}
	return history[len(history)-1].Name
}

func (j *Job) clone() *Job {
	c := *j
	c.SharedWith = slices.Clone(j.SharedWith)
	c.Tags = slices.Clone(j.Tags)
	c.Fields = maps.Clone(j.Fields)
	c.Statuses = slices.Clone(j.Statuses)
	c.Cluster = slices.Clone(j.Cluster)
	c.Devices = slices.Clone(j.Devices)
	c.Keys = slices.Clone(j.Keys)
	c.Runs = slices.Clone(j.Runs)
	return &c
}

// Spec is a create body after validation, defaults filled in (rescale-api.md §6).
type Spec struct {
	Name            string
	Description     string
	LowPriority     bool
	BillingPriority string
	ProjectID       *string
	ParamFile       string  // file id of the table of runs; empty: the job is no design of experiments
	CaseFile        string  // the same, under its older name
	Ranges          []Range // instead of a table: the runs are all combinations of their values
	RenderOnly      bool    // templates are rendered, and no command runs
	Tiles           []Tile
	// Echo holds members that the platform stores and shows but that change nothing here.
	Echo map[string]json.RawMessage
}

// Range is a variable that takes Count values at equal distances.
type Range struct {
	Name        string
	First, Step float64
	Count       int
}

// Table returns the id of the file with the runs of a design of experiments, under whichever name it was given; empty:
// the job is none.
func (s *Spec) Table() string { return cmp.Or(s.ParamFile, s.CaseFile) }

// Files returns the ids of all files that the job needs.
func (s *Spec) Files() []string {
	out := []string{s.ParamFile, s.CaseFile}
	for _, tile := range s.Tiles {
		for _, input := range tile.Inputs {
			out = append(out, input.ID)
		}
		for _, task := range tile.Templates {
			out = append(out, task.ID)
		}
		out = append(out, tile.PreScript, tile.PostScript)
	}
	return slices.DeleteFunc(out, func(id string) bool { return id == "" })
}

// Tile is one entry of jobanalyses.
type Tile struct {
	Code, Version         string
	Name, VersionName     string
	Command               string
	Env                   map[string]string
	UseRescaleLicense     bool
	CoreType              string
	CoresPerSlot, Slots   int
	Walltime              *int // hours
	HardwareType          string
	Inputs                []Input
	PreScript, PostScript string // file ids
	PreCommand            string
	PostCommand           string
	Templates             []TemplateTask
	Interactive           bool // runs on after its command until it is stopped
	Echo                  map[string]json.RawMessage
}

// TemplateTask is a file that is filled in for each run.
type TemplateTask struct {
	ID   string // of the template
	Path string // of the result, in the work folder
}

// Input names one file to be put into the work folder.
type Input struct {
	ID         string
	Decompress bool
}
