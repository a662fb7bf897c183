package show

import (
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// FormatVersion is the version of every JSON form here. Keys are only ever
// added; a key that changes its meaning or goes raises the version.
const FormatVersion = 1

// PlanJSON is what plan -o json prints: one object.
type PlanJSON struct {
	FormatVersion int          `json:"formatVersion"`
	Pending       bool         `json:"pending"` // apply would do something
	Jobs          []StepJSON   `json:"jobs"`
	Uploads       []UploadJSON `json:"uploads"`
	Reused        []UploadJSON `json:"reused"`       // found on the platform, with id
	MaxCoreHours  *float64     `json:"maxCoreHours"` // null when a job has no walltime
	MaxCost       *float64     `json:"maxCost"`      // USD without licenses; null when unknown
}

// StepJSON is one job of a plan.
type StepJSON struct {
	Name     string           `json:"name"`
	Action   planner.Action   `json:"action"`
	Reasons  []string         `json:"reasons"`
	Changes  []planner.Change `json:"changes,omitempty"`
	ID       string           `json:"id,omitempty"`
	Verdict  string           `json:"verdict,omitempty"` // of the last run, when it ended
	Digest   string           `json:"digest"`
	Key      string           `json:"key"`
	TileJSON                  // the first analysis
	Analyses []TileJSON       `json:"analyses,omitempty"` // all of them, where there are several
	Notes    []string         `json:"notes,omitempty"`
	Hint     string           `json:"hint,omitempty"`
	Refusal  *diag.Diagnostic `json:"refusal,omitempty"` // which key forbids it, and where that is
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

// UploadJSON is one content that apply would upload, or need not.
type UploadJSON struct {
	Name   string `json:"name"`
	Path   string `json:"path"`
	Size   int64  `json:"size"` // bytes
	SHA512 string `json:"sha512"`
	ID     string `json:"id,omitempty"`
}

// WritePlan writes the plan as one JSON object.
func WritePlan(w io.Writer, plan planner.Plan) error {
	out := PlanJSON{FormatVersion: FormatVersion, Pending: plan.Pending(), Jobs: []StepJSON{}, Uploads: []UploadJSON{}, Reused: []UploadJSON{}}
	for _, s := range plan.Steps {
		var tiles []TileJSON
		for _, tile := range s.Job.Tiles {
			tiles = append(tiles, TileJSON{tile.Analysis, tile.Version, tile.CoreType, tile.Cores, tile.Slots, tile.Walltime})
		}
		step := StepJSON{
			Name: s.Job.Name, Action: s.Action, Reasons: s.Reasons, Changes: s.Changes, ID: s.ID,
			Verdict: s.Last.Verdict, Digest: s.Job.Digest, Key: s.Key.String(),
			TileJSON: tiles[0], Notes: slices.Concat(s.Job.Notes, s.Job.LeftOut), Hint: s.Advice,
		}
		if s.Action == planner.Refused {
			step.Refusal = &s.Refusal
		}
		if len(tiles) > 1 {
			step.Analyses = tiles
		}
		out.Jobs = append(out.Jobs, step)
	}
	for _, in := range plan.Uploads {
		out.Uploads = append(out.Uploads, UploadJSON{in.Name, in.Path, in.Size, in.SHA512, ""})
	}
	for _, in := range plan.Reused {
		out.Reused = append(out.Reused, UploadJSON{in.Name, in.Path, in.Size, in.SHA512, in.ID})
	}
	hours, usd, bounded, priced := totals(plan)
	if bounded {
		out.MaxCoreHours = &hours
		if priced {
			out.MaxCost = &usd
		}
	}
	return WriteJSON(w, out)
}

// WriteJSON writes one indented object.
func WriteJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
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
	Message       string             `json:"message,omitempty"`
	*OutcomeJSON
}

// OutcomeJSON is how a job ended, on the line of its result event.
type OutcomeJSON struct {
	Verdict    string       `json:"verdict"` // empty while the run is active
	Reason     string       `json:"reason,omitempty"`
	LastStatus string       `json:"lastStatus,omitempty"`
	Unchanged  bool         `json:"unchanged"`
	Blocked    string       `json:"blocked,omitempty"` // which job that it builds on did not succeed, and why
	Seconds    float64      `json:"seconds,omitempty"` // from Executing to the end
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
	if e.Outcome != nil {
		line.OutcomeJSON = outcomeJSON(*e.Outcome)
	}
	return WriteLine(w, line)
}

// WriteLine writes one object on one line.
func WriteLine(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

func outcomeJSON(o executor.Outcome) *OutcomeJSON {
	out := &OutcomeJSON{
		Verdict: string(o.Verdict), Reason: o.Reason, LastStatus: o.Status, Unchanged: o.Unchanged, Blocked: o.Blocked,
		CoreHours: o.CoreHours, Cost: o.Cost, To: o.To, Log: o.Log, Hint: o.Advice,
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
