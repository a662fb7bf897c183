package show

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/review"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

// FormatVersion is the version of every JSON form here. Keys are only ever
// added; a key that changes its meaning or goes raises the version.
const FormatVersion = 1

// PlanJSON is what plan -o json prints: one object.
type PlanJSON struct {
	FormatVersion int          `json:"formatVersion"`
	Pending       bool         `json:"pending"` // something is to change
	Spends        int          `json:"spends"`  // new paid runs
	Running       int          `json:"running"` // runs that are under way and are what is wanted
	Jobs          []StepJSON   `json:"jobs"`
	Uploads       []UploadJSON `json:"uploads"`
	Reused        []UploadJSON `json:"reused"`          // found on the platform, with id
	Bounds        []BoundJSON  `json:"bounds"`          // how many runs are active at once
	Prune         []PrunedJSON `json:"prune,omitempty"` // runs to stop, with --prune
	LimitJSON                  // of all new runs together
}

// PrunedJSON is an active run whose job a commit has removed.
type PrunedJSON struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	ID        string `json:"id"`
	Commit    string `json:"commit"` // that removed it
}

// BoundJSON is how many runs of some jobs are active at once.
type BoundJSON struct {
	MaxRunning int      `json:"maxRunning"`
	Jobs       []string `json:"jobs"` // also those that the plan leaves out
}

// LimitJSON is what runs can take at most.
type LimitJSON struct {
	MaxCoreHours *float64 `json:"maxCoreHours"` // null without a bound: no walltime, or economy without limits.restarts
	MaxCost      *float64 `json:"maxCost"`      // USD without licenses, to 1e-4; null when unknown
}

// SpendJSON is who pays for a job, how much, and under which labels. It is there for
// jobs that do not run, too, as what a run of them would be.
type SpendJSON struct {
	Project  string        `json:"project"` // as the manifest names it; empty for none
	Priority spec.Priority `json:"priority"`
	Tags     []string      `json:"tags"`
	LimitJSON
	review.Attempt
}

// StepJSON is one job of a plan.
type StepJSON struct {
	Name      string           `json:"name"`
	Namespace string           `json:"namespace"` // keeps jobs of one name apart
	Action    planner.Action   `json:"action"`
	Reasons   []string         `json:"reasons"`
	Changes   []planner.Change `json:"changes,omitempty"`
	ID        string           `json:"id,omitempty"`
	Pending   bool             `json:"pending"`           // something is to change for it
	Spends    bool             `json:"spends"`            // apply would submit a run
	Running   bool             `json:"running"`           // its run is under way, and is what is wanted
	Verdict   string           `json:"verdict,omitempty"` // of the last run, when it ended
	Digest    string           `json:"digest"`
	Key       string           `json:"key"`
	TileJSON                   // the first analysis
	Analyses  []TileJSON       `json:"analyses,omitempty"` // all of them, where there are several
	SpendJSON
	Stops   []review.Run     `json:"stops,omitempty"` // active runs of the job that are stopped first
	Runs    []RowJSON        `json:"runs,omitempty"`  // of a sweep with doe, in the order of its table
	Notes   []string         `json:"notes,omitempty"`
	Hint    string           `json:"hint,omitempty"`
	Refusal *diag.Diagnostic `json:"refusal,omitempty"` // which key forbids it, and where that is
}

// TileJSON is one analysis of a job.
type TileJSON struct {
	Analysis     string `json:"analysis"`
	Version      string `json:"version"`
	CoreType     string `json:"coreType"`
	CoresPerSlot int    `json:"coresPerSlot"`
	Slots        int    `json:"slots"`
	Walltime     int    `json:"walltimeHours,omitempty"`
}

// RowJSON is one run of a sweep with doe. Its results land in runN.
type RowJSON struct {
	Run        int               `json:"run"` // from 1 on
	Parameters map[string]string `json:"parameters"`
}

// UploadJSON is one content that apply would upload, or need not.
type UploadJSON struct {
	Name   string `json:"name"`
	Path   string `json:"path"`
	Size   int64  `json:"size"` // bytes
	SHA512 string `json:"sha512"`
	ID     string `json:"id,omitempty"`
}

// WritePlan writes the plan as one JSON object.
func WritePlan(w io.Writer, plan planner.Plan) error { return WriteJSON(w, PlanOf(plan)) }

// PlanOf is a plan as programs get it.
func PlanOf(plan planner.Plan) PlanJSON {
	out := PlanJSON{FormatVersion: FormatVersion, Pending: plan.Pending(), Spends: len(plan.Spending()), Running: plan.Count(planner.Running), Jobs: []StepJSON{}, Uploads: []UploadJSON{}, Reused: []UploadJSON{}, Bounds: []BoundJSON{}}
	for _, s := range plan.Steps {
		var tiles []TileJSON
		for _, tile := range s.Job.Tiles {
			tiles = append(tiles, TileJSON{tile.Analysis, tile.Version, tile.CoreType, tile.Cores, tile.Slots, tile.Walltime})
		}
		step := StepJSON{
			Name: s.Job.Name, Namespace: s.Job.Namespace, Action: s.Action, Reasons: s.Reasons, Changes: s.Changes, ID: s.ID,
			Pending: s.Pending(), Spends: s.Spends(), Running: s.Action == planner.Running,
			Verdict: s.Last.Verdict, Digest: s.Job.Digest, Key: s.Key.String(),
			TileJSON: tiles[0], SpendJSON: spendJSON(s.Job), Runs: rowsJSON(s.Job), Notes: slices.Concat(s.Job.Notes, s.Job.Newer, s.Job.LeftOut), Hint: s.Hint,
		}
		if s.Action == planner.Refused {
			step.Refusal = &s.Refusal
		}
		if len(tiles) > 1 {
			step.Analyses = tiles
		}
		for _, rival := range s.Stop {
			step.Stops = append(step.Stops, review.Run{ID: rival.ID, Key: rival.Key})
		}
		out.Jobs = append(out.Jobs, step)
	}
	for _, in := range plan.Uploads {
		out.Uploads = append(out.Uploads, UploadJSON{in.Sent(), in.Path, in.Size, in.SHA512, ""})
	}
	for _, in := range plan.Reused {
		out.Reused = append(out.Reused, UploadJSON{in.Sent(), in.Path, in.Size, in.SHA512, in.ID})
	}
	for _, bound := range plan.Bounds {
		names := make([]string, len(bound.Jobs))
		for i, job := range bound.Jobs {
			names[i] = job.Name
		}
		out.Bounds = append(out.Bounds, BoundJSON{bound.Most, names})
	}
	for _, run := range plan.Prune {
		out.Prune = append(out.Prune, PrunedJSON(run))
	}
	out.LimitJSON = limitJSON(totals(plan))
	return out
}

func rowsJSON(job resolver.Job) (rows []RowJSON) {
	if job.Sweep == nil {
		return nil
	}
	for i, row := range job.Sweep.Rows {
		params := make(map[string]string, len(row))
		for k, value := range row {
			params[job.Sweep.Names[k]] = value
		}
		rows = append(rows, RowJSON{i + 1, params})
	}
	return rows
}

func spendJSON(job resolver.Job) SpendJSON {
	return SpendJSON{job.Project, job.Priority, append([]string{}, job.Tags...), limitJSON(job.Estimate), review.AttemptOf(job)}
}

// MaxCost is what all new runs of a plan cost at most, in USD without licenses, to 1e-4;
// nil when that is not known.
func MaxCost(plan planner.Plan) *float64 { return limitJSON(totals(plan)).MaxCost }

func limitJSON(e resolver.Estimate) LimitJSON {
	hours, _ := e.Limit()
	return LimitJSON{hours, review.MaxCost(e)}
}

// rounded is an amount of USD as programs get it: sums of prices are not exact.
func rounded(usd float64) float64 { return math.Round(usd*1e4) / 1e4 }

// WriteJSON writes one indented object.
func WriteJSON(w io.Writer, v any) error { return encode(w, v, "  ") }

// encode writes JSON that can be shown as it is: what a writer to a terminal would
// leave out is escaped, so that no program gets another text than was meant.
func encode(w io.Writer, v any, indent string) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, escaped(text.String()))
	return err
}

// escaped writes characters that Plain leaves out as JSON does, by their UTF-16 codes, and
// so the beginning of "##[", which the runner of GitHub Actions takes for a command.
func escaped(text string) string {
	var out strings.Builder
	for _, r := range strings.ReplaceAll(text, "##[", `\u0023#[`) {
		if diag.Plain(string(r)) != "" {
			out.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&out, "\\u%04x", unit)
		}
	}
	return out.String()
}

// EventJSON is one line of apply -o json. Which keys a line has depends on its
// event; size and sent are bytes.
type EventJSON struct {
	FormatVersion int                `json:"formatVersion"`
	Event         executor.EventType `json:"event"`
	Time          time.Time          `json:"time"`
	Job           string             `json:"job,omitempty"`
	ID            string             `json:"id,omitempty"`
	Status        string             `json:"status,omitempty"`
	File          string             `json:"file,omitempty"`
	Path          string             `json:"path,omitempty"`   // on this disk, of an upload and of what was moved
	SHA512        string             `json:"sha512,omitempty"` // of an upload
	Size          *int64             `json:"size,omitempty"`   // of a transfer
	Sent          *int64             `json:"sent,omitempty"`   // of a transfer under way
	Until         *time.Time         `json:"until,omitempty"`  // of queued: when the draft that goes first is deleted at the latest
	Message       string             `json:"message,omitempty"`
	*OutcomeJSON
}

// OutcomeJSON is how a job ended, on the line of its result event.
type OutcomeJSON struct {
	Verdict    string       `json:"verdict"` // empty while the run is active
	Reason     string       `json:"reason,omitempty"`
	LastStatus string       `json:"lastStatus,omitempty"`
	Unchanged  bool         `json:"unchanged"`
	Blocked    string       `json:"blocked,omitempty"`  // which job that it builds on did not succeed, and why
	Withheld   string       `json:"withheld,omitempty"` // why apply --collect did not start it
	Seconds    float64      `json:"seconds,omitempty"`  // from Executing to the end
	CoreHours  float64      `json:"coreHours,omitempty"`
	Cost       float64      `json:"cost,omitempty"` // USD without licenses
	To         string       `json:"to,omitempty"`
	Files      []ResultJSON `json:"files,omitempty"`
	Log        []string     `json:"log,omitempty"`
	Error      string       `json:"error,omitempty"`
	Hint       string       `json:"hint,omitempty"`
}

// ResultJSON is one result file that was downloaded.
type ResultJSON struct {
	Path   string `json:"path"` // below the folder in "to"
	Size   int64  `json:"size"` // bytes
	SHA512 string `json:"sha512,omitempty"`
}

// EventLine writes one event as one line of JSON.
func EventLine(w io.Writer, e executor.Event) error {
	line := EventJSON{
		FormatVersion: FormatVersion, Event: e.Type, Time: e.Time.UTC(), Job: e.Job, ID: e.ID, Status: e.Status,
		File: e.File, Path: e.Path, SHA512: e.SHA512, Message: e.Message,
	}
	if e.File != "" {
		line.Size = &e.Size
	}
	if e.Type == executor.EventUploading || e.Type == executor.EventDownloading {
		line.Sent = &e.Sent
	}
	if e.Type == executor.EventQueued {
		line.Until = Moment(e.Until)
	}
	if e.Outcome != nil {
		line.OutcomeJSON = outcomeJSON(*e.Outcome)
	}
	return WriteLine(w, line)
}

// WriteLine writes one object on one line.
func WriteLine(w io.Writer, v any) error { return encode(w, v, "") }

func outcomeJSON(o executor.Outcome) *OutcomeJSON {
	out := &OutcomeJSON{
		Verdict: string(o.Verdict), Reason: o.Reason, LastStatus: o.Status, Unchanged: o.Unchanged, Blocked: o.Blocked, Withheld: o.Withheld,
		CoreHours: o.CoreHours, Cost: rounded(o.Cost), To: o.To, Log: o.Log, Hint: o.Hint,
	}
	if !o.Started.IsZero() {
		out.Seconds = o.Ended.Sub(o.Started).Seconds()
	}
	for _, f := range o.Files {
		out.Files = append(out.Files, ResultJSON{f.Path, f.Size, f.SHA512})
	}
	if o.Err != nil {
		out.Error = o.Err.Error()
	}
	return out
}
