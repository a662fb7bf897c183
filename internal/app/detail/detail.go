// Package detail shows one job of the platform in depth: what it runs on, what it costs,
// what it went through. It reads with GET only, a fixed number of requests, and knows no
// manifest.
package detail

import (
	"time"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/source"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// Detail is one job. What the platform does not say is empty. The caller may add what
// only others know: Free, Runs, Log, Blocked, and a stricter verdict than the platform's.
type Detail struct {
	ID         string // empty for a job that has no run yet
	Title      string // its name on the platform, without a marker
	URL        string // of its page
	Owner      string
	Created    time.Time
	ClonedFrom string // id of the job that a person copied

	Ours      bool // it is a run of a manifest
	Key       once.Key
	Namespace string // of the name in Key
	Source    source.Source

	Project rescale.Project // without an id when none is chosen; without a name when that is not known
	Economy bool
	Tiles   []Tile
	Tags    []string

	History []Phase // of the job, oldest first; empty for a draft
	Cluster []Phase
	Judged  verdict.Judgement // without a verdict while it is not over
	Started time.Time         // when its command first ran; zero when it has not

	Free  bool // the platform is this machine: nothing is billed
	Used  Use
	Limit resolver.Estimate // of one attempt; without restarts of economy
	// Hint is what to look at when it waits for long; usually empty.
	Hint string

	Blocked string   // what a job without a run waits for, or is blocked by, in the words of its state
	Runs    []Run    // of its command
	Log     []string // its last lines
}

// Tile is one software of the job with its hardware.
type Tile struct {
	Analysis string // code
	Version  string // versionCode; empty when the platform chose it
	CoreType string // code
	CoreName string // as people say it; empty when it is not known
	Cores    int    // per slot
	Slots    int
	Walltime int     // hours; 0 without one
	Rate     float64 // USD per core-hour by its priority; 0 when the platform names no price
}

// Phase is a status and how long it lasted.
type Phase struct {
	rescale.Status
	Lasted time.Duration // until now when it is the last; 0 for one after which nothing comes
	Open   bool          // it goes on
}

// Use is what a job has taken until now, by the time its command ran and by list prices.
// Restarts of economy are in the time, and the waiting between them.
type Use struct {
	Open      bool // its command still runs
	CoreHours float64
	Cost      *float64 // USD without licenses; nil when the platform names no price
}

// Run is one run of the command; there are several in a sweep of the platform.
type Run struct {
	ID             string
	Started, Ended time.Time // zero when it has not
	Files          int       // that it left
	Variables      []rescale.Variable
}

// State is how far the job is, in the words of status.
func (d Detail) State() string {
	switch {
	case d.Blocked != "":
		return d.Blocked
	case d.ID == "":
		return "has not run yet"
	case d.Judged.Verdict != "":
		return string(d.Judged.Verdict)
	case len(d.History) == 0:
		return "draft"
	}
	return d.History[len(d.History)-1].Status.Status
}
