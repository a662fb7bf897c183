package ledger

import (
	"io"
	"math"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/audit"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/source"
)

// objectJSON is audit -o json.
type objectJSON struct {
	FormatVersion int          `json:"formatVersion"`
	Account       string       `json:"account"`
	Platform      string       `json:"platform"`
	Since         *time.Time   `json:"since,omitempty"`
	Balance       string       `json:"balance"` // kept, broken, unknown
	Whole         bool         `json:"whole"`   // every job of the list was seen
	Free          bool         `json:"free"`    // nothing is billed: the platform is this machine
	Totals        totalsJSON   `json:"totals"`
	Manifests     []sumJSON    `json:"manifests"`
	Projects      []sumJSON    `json:"projects"`
	Months        []sumJSON    `json:"months"`
	Findings      []remarkJSON `json:"findings"` // that break the balance, hide it, or are told
	Runs          []runJSON    `json:"runs"`     // that were billed, newest first
}

type totalsJSON struct {
	Keys         int `json:"keys"`
	RunsPerKey   int `json:"maxRunsPerKey"`
	Drafts       int `json:"drafts"`
	Copies       int `json:"copies"`
	Active       int `json:"active"`
	NeverBegan   int `json:"neverBegan"`
	Stopped      int `json:"stopped"`
	Deleted      int `json:"deleted"`
	NoCommit     int `json:"withoutCommit"`
	DirtySources int `json:"dirtySources"`
	amountJSON
}

// amountJSON is what several runs have taken.
type amountJSON struct {
	Runs      int     `json:"runs"`
	CoreHours float64 `json:"coreHours"`
	Cost      float64 `json:"cost"`    // USD of those with a price, by list price without licenses
	AtLeast   bool    `json:"atLeast"` // both can only be larger
	Unpriced  int     `json:"unpriced"`
}

type sumJSON struct {
	Name  string `json:"name"`
	Title string `json:"title,omitempty"` // of a project
	Repo  string `json:"repo,omitempty"`  // of a manifest
	amountJSON
	Bill *billJSON `json:"workspaceBill,omitempty"` // of a month
}

type billJSON struct {
	Jobs      int     `json:"jobs"`
	CoreHours float64 `json:"coreHours"`
	Hardware  float64 `json:"hardwareCharge"`
	Software  float64 `json:"softwareCharge"`
	Total     float64 `json:"totalCharge"`
}

type remarkJSON struct {
	Kind   string     `json:"kind"`
	Weight string     `json:"weight"` // breaks, hides, told
	ID     string     `json:"id"`
	Name   string     `json:"name"`
	Key    string     `json:"key,omitempty"`
	Date   *time.Time `json:"date,omitempty"`
	Why    string     `json:"why,omitempty"`
	URL    string     `json:"url"`
}

type runJSON struct {
	ID         string         `json:"id"`
	URL        string         `json:"url"`
	Title      string         `json:"title"`
	Name       string         `json:"name"`
	Namespace  string         `json:"namespace,omitempty"`
	Key        string         `json:"key"`
	Generation int            `json:"generation"`
	Attempt    int            `json:"attempt"`
	Status     string         `json:"status"`
	Verdict    string         `json:"verdict,omitempty"`
	Reason     string         `json:"reason,omitempty"`
	Deleted    bool           `json:"deleted,omitempty"`
	Submitted  *time.Time     `json:"submitted,omitempty"`
	Started    *time.Time     `json:"started,omitempty"`
	Ended      *time.Time     `json:"ended,omitempty"`
	CoreType   string         `json:"coreType"`
	Cores      int            `json:"cores"`
	Economy    bool           `json:"economy"`
	CoreHours  float64        `json:"coreHours"`
	Open       bool           `json:"open"` // until now
	Price      *float64       `json:"price"`
	Cost       *float64       `json:"cost"`
	Project    string         `json:"project,omitempty"`
	Source     *source.Source `json:"source,omitempty"`
}

// JSON writes one object.
func (l Ledger) JSON(w io.Writer) error {
	t := l.Total
	out := objectJSON{
		FormatVersion: show.FormatVersion, Account: l.Account, Platform: l.Where, Since: show.Moment(l.Since), Balance: l.word(), Whole: l.Whole, Free: l.Free,
		Totals: totalsJSON{
			Keys: t.Keys, RunsPerKey: t.PerKey, Drafts: t.Drafts, Copies: t.Copies, Active: t.Active, NeverBegan: t.NeverBegan, Stopped: t.Stopped,
			Deleted: t.Deleted, NoCommit: t.NoCommit, DirtySources: t.Dirty, amountJSON: amountOf(t.Sum),
		},
		Manifests: l.sumsJSON(l.Manifests), Projects: l.sumsJSON(l.Projects), Months: l.sumsJSON(l.Months), Findings: []remarkJSON{}, Runs: []runJSON{},
	}
	for i, s := range l.Projects {
		out.Projects[i].Title = l.projects[s.Name]
	}
	for i, s := range l.Months {
		if bill, known := l.bills[s.Name]; known {
			out.Months[i].Bill = &billJSON{bill.Jobs, bill.CoreHours, bill.Hardware, bill.Software, bill.Total}
		}
	}
	for _, r := range l.Remarks {
		out.Findings = append(out.Findings, remarkJSON{string(r.Kind), weights()[r.Weight], r.ID, r.Name, r.Key, show.Moment(r.Date), r.Why, l.url(r.ID)})
	}
	for _, r := range l.Runs {
		out.Runs = append(out.Runs, l.runJSON(r))
	}
	return show.WriteJSON(w, out)
}

func weights() []string {
	return []string{audit.Breaks: "breaks", audit.Hides: "hides", audit.Told: "told"}
}

func (l Ledger) word() string {
	switch l.Err().(type) { //nolint:errorlint // it is one of these itself
	case nil:
		return "kept"
	case *audit.UnbalancedError:
		return "broken"
	}
	return "unknown"
}

func amountOf(s audit.Sum) amountJSON {
	return amountJSON{s.Runs, rounded(s.CoreHours), rounded(s.Cost), s.AtLeast(), s.Unpriced}
}

func (l Ledger) sumsJSON(list []audit.Sum) []sumJSON {
	out := []sumJSON{}
	for _, s := range list {
		out = append(out, sumJSON{Name: s.Name, Repo: s.Repo, amountJSON: amountOf(s)})
	}
	return out
}

func (l Ledger) runJSON(r audit.Run) runJSON {
	out := runJSON{
		ID: r.ID, URL: l.url(r.ID), Title: r.Title, Name: r.Key.Name, Namespace: r.Namespace, Key: r.Key.String(), Generation: r.Key.Generation, Attempt: r.Key.Attempt,
		Status: r.Status, Verdict: string(r.Judged.Verdict), Reason: r.Judged.Reason, Deleted: r.Gone,
		Submitted: show.Moment(r.Submitted), Started: show.Moment(r.Started), Ended: show.Moment(r.Judged.Ended),
		CoreType: r.Use.CoreType, Cores: r.Use.Cores, Economy: r.Economy, CoreHours: rounded(r.Use.CoreHours), Open: r.Use.Open, Project: r.Project,
	}
	if r.Use.Rate > 0 {
		out.Price = &r.Use.Rate
	}
	if r.Use.Cost != nil {
		cost := rounded(*r.Use.Cost)
		out.Cost = &cost
	}
	if !r.Source.IsZero() {
		out.Source = &r.Source
	}
	return out
}

// rounded is an amount as programs get it: sums of prices are not exact.
func rounded(amount float64) float64 { return math.Round(amount*1e4) / 1e4 }
