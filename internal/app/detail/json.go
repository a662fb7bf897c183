package detail

import (
	"io"
	"math"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/source"
)

// objectJSON is one job of status -o json. Keys that StateJSON has mean the same.
type objectJSON struct {
	FormatVersion int    `json:"formatVersion"`
	Name          string `json:"name,omitempty"` // in its manifest
	Namespace     string `json:"namespace,omitempty"`
	ID            string `json:"id,omitempty"`
	Title         string `json:"title,omitempty"` // on the platform, without a marker
	URL           string `json:"url,omitempty"`
	Owner         string `json:"owner,omitempty"`
	Ours          bool   `json:"ours"` // a run of a manifest
	Key           string `json:"key,omitempty"`
	ClonedFrom    string `json:"clonedFrom,omitempty"`

	Source *source.Source `json:"source,omitempty"` // which commit it comes from

	State   string     `json:"state"` // what the text form shows
	Verdict string     `json:"verdict,omitempty"`
	Reason  string     `json:"reason,omitempty"`
	Blocked string     `json:"blocked,omitempty"` // the state of a job that others keep from its run
	Hint    string     `json:"hint,omitempty"`
	Created *time.Time `json:"created,omitempty"`
	Started *time.Time `json:"started,omitempty"`
	Ended   *time.Time `json:"ended,omitempty"`

	Project   string     `json:"project,omitempty"` // id
	Economy   bool       `json:"economy"`
	Tags      []string   `json:"tags"`
	Analyses  []tileJSON `json:"analyses"`
	CoreHours float64    `json:"coreHours"`           // until now
	Cost      *float64   `json:"cost"`                // USD until now, by list price without licenses; null when unknown
	MaxHours  *float64   `json:"maxCoreHours"`        // null without a bound
	MaxCost   *float64   `json:"maxCost"`             // USD; null when unknown
	PerStart  *float64   `json:"maxCostOfOneAttempt"` // USD; of economy, which starts again
	History   []stepJSON `json:"history"`             // oldest first
	Cluster   []stepJSON `json:"clusterHistory"`      // as above
	Runs      []runJSON  `json:"runs,omitempty"`
	Log       []string   `json:"log,omitempty"` // its last lines
}

type tileJSON struct {
	Analysis     string   `json:"analysis"`
	Version      string   `json:"version"`
	CoreType     string   `json:"coreType"`
	CoresPerSlot int      `json:"coresPerSlot"`
	Slots        int      `json:"slots"`
	Walltime     int      `json:"walltimeHours,omitempty"`
	Price        *float64 `json:"price"` // USD per core-hour; null when the platform hides it
}

type stepJSON struct {
	Status  string     `json:"status"`
	Reason  string     `json:"reason,omitempty"`
	Date    *time.Time `json:"date,omitempty"`
	Seconds float64    `json:"seconds"` // that it lasted, until now where it is open
	Open    bool       `json:"open"`
}

type runJSON struct {
	ID      string     `json:"id"`
	Started *time.Time `json:"started,omitempty"`
	Ended   *time.Time `json:"ended,omitempty"`
	Files   int        `json:"files"`

	Variables map[string]string `json:"variables,omitempty"` // its parameters, and what it came to
}

// JSON writes one object.
func (d Detail) JSON(w io.Writer) error {
	out := objectJSON{
		FormatVersion: show.FormatVersion, Name: d.Key.Name, Namespace: d.Namespace, ID: d.ID, Title: d.Title, URL: d.URL,
		Owner: d.Owner, Ours: d.Ours, ClonedFrom: d.ClonedFrom, State: d.State(), Verdict: string(d.Judged.Verdict), Reason: d.Judged.Reason,
		Blocked: d.Blocked, Hint: d.Hint, Created: show.Moment(d.Created), Started: show.Moment(d.Started), Ended: show.Moment(d.Judged.Ended),
		Project: d.Project.ID, Economy: d.Economy, Tags: append([]string{}, d.Tags...), Analyses: []tileJSON{},
		CoreHours: d.Used.CoreHours, Cost: rounded(d.Used.Cost), History: steps(d.History), Cluster: steps(d.Cluster), Log: d.Log,
	}
	if d.Ours {
		out.Key = d.Key.String()
	}
	if !d.Source.IsZero() {
		out.Source = &d.Source
	}
	out.MaxHours, out.MaxCost = d.Limit.Limit()
	out.MaxCost = bound(out.MaxCost)
	if d.Limit.PerAttempt && d.Limit.Bounded && d.Limit.Rate > 0 {
		out.PerStart = bound(&d.Limit.Cost)
	}
	for _, t := range d.Tiles {
		out.Analyses = append(out.Analyses, tileJSON{t.Analysis, t.Version, t.CoreType, t.Cores, t.Slots, t.Walltime, positive(t.Rate)})
	}
	for _, r := range d.Runs {
		run := runJSON{ID: r.ID, Started: show.Moment(r.Started), Ended: show.Moment(r.Ended), Files: r.Files}
		for _, v := range r.Variables {
			if run.Variables == nil {
				run.Variables = make(map[string]string)
			}
			run.Variables[v.Name] = v.Value
		}
		out.Runs = append(out.Runs, run)
	}
	return show.WriteJSON(w, out)
}

func steps(list []Phase) []stepJSON {
	out := []stepJSON{}
	for _, p := range list {
		out = append(out, stepJSON{p.Status.Status, p.Reason, show.Moment(p.Date), p.Lasted.Seconds(), p.Open})
	}
	return out
}

// rounded is an amount as programs get it: sums of prices are not exact.
func rounded(usd *float64) *float64 {
	if usd == nil {
		return nil
	}
	amount := math.Round(*usd*1e4) / 1e4
	return &amount
}

// bound is rounded up, so that it stays a bound.
func bound(usd *float64) *float64 {
	if usd == nil {
		return nil
	}
	amount := guard.Up(*usd, 1e4)
	return &amount
}

func positive(usd float64) *float64 {
	if usd <= 0 {
		return nil
	}
	return &usd
}
