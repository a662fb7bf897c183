// Package audit holds an account to its promise: each key was billed once. It reads every
// job of the account and joins it with what the job says of its commit, and with the
// journals that are at hand; with GET only, and without any of them as well. It knows no
// command line, and takes prices as they are given.
//
// Billed means submitted, as in package once: only the status history proves it. A run that
// was stopped in the queue may cost nothing, and still was a second submit of its key.
package audit

import (
	"fmt"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/source"
)

// Run is a job of the account that stands for a key: a run that was billed, or a draft.
type Run struct {
	ID        string
	Title     string // on the platform, without a marker
	Key       once.Key
	Namespace string // of the name in Key; empty when it is not known
	Made      time.Time
	Submitted time.Time // zero for a draft
	Status    string    // the last one, in the platform's word
	Judged    verdict.Judgement
	Started   time.Time // when its command first ran; zero when it has not
	Tiles     []Hardware
	Economy   bool
	Project   string // id; empty when none is chosen
	Source    source.Source

	Gone  bool // only a journal knows it: the job was deleted on the platform
	Older bool // than the audit goes back: it counts as the double of another run only
	Use   Use  // filled by [Weigh]

	recorded Use  // by a journal
	ran      bool // it was validated or began
	tags     bool // its body shows tags
	tagged   bool // a stop has found that it is over, though it shows no end
}

// Hardware is what one software of a run had.
type Hardware struct {
	CoreType string // code
	Cores    int    // of all slots
}

// Use is what a run has taken, by the time that its command ran and by list prices. The
// platform names no charge of a run (rescale-api.md §14, A5).
type Use struct {
	Open      bool     // its command still runs
	CoreType  string   // of the largest tile
	Cores     int      // of that tile: tiles run one after the other
	CoreHours float64  // with the restarts of economy, and the waiting between them
	Rate      float64  // USD per core-hour, of the dearest tile; 0 when nobody names a price
	Cost      *float64 // USD without licenses; nil when nobody names a price
}

// Draft reports whether a run was never submitted.
func (r Run) Draft() bool { return r.Submitted.IsZero() && r.Status == "" && !r.Gone }

// Over reports whether a run has come to its end.
func (r Run) Over() bool { return r.Judged.Verdict != "" }

// Active reports whether a run was submitted and is not over.
func (r Run) Active() bool { return !r.Draft() && !r.Over() && !r.Gone }

// Kind is what a remark is about.
type Kind string

// The kinds of remarks.
const (
	Double   Kind = "billed-twice"           // a run whose key has another run
	Rival    Kind = "active-twice"           // an active run of a job that has another one, in other content
	Mismatch Kind = "marker-and-key-differ"  // its name carries the marker of another key, or its record names another key
	Keyless  Kind = "marker-without-key"     // it was made by this tool, and does not carry a key in every tile
	Unknown  Kind = "key-of-another-version" // this version cannot read its key
	Unread   Kind = "not-read"               // the platform lists it and does not show it
	Vanished Kind = "vanished"               // it was deleted between the list and the look at it
	Nameless Kind = "key-without-marker"     // no apply finds it again: somebody has renamed it
	Leftover Kind = "draft"                  // it was never submitted, and costs nothing
	Copy     Kind = "copy"                   // a person made it from a run: it is no run of a manifest
	Deleted  Kind = "deleted"                // a journal has it as billed, and the platform does not have it any more
)

// Weight is what a remark means for the balance.
type Weight int

// The weights: it does not balance; nobody knows whether it does; it does.
const (
	Breaks Weight = iota
	Hides
	Told
)

// Remark is one thing about one job.
type Remark struct {
	Kind   Kind
	Weight Weight
	ID     string
	Name   string    // in its manifest, or else on the platform
	Key    string    // empty when it is not known
	Date   time.Time // when it was submitted, or else made
	Why    string    // what the kind does not say; may be empty
}

// Audit is what the books of an account come to.
type Audit struct {
	Whole     bool  // every job of the list was seen
	Runs      []Run // that were billed, newest first
	Remarks   []Remark
	Total     Totals
	Manifests []Sum // the dearest first
	Projects  []Sum // as above
	Months    []Sum // in which commands began, by UTC, oldest first
}

// Totals are the counts of an audit.
type Totals struct {
	Keys       int // with a billed run
	PerKey     int // billed runs of the key that has the most; 1 in balance
	Drafts     int
	Copies     int
	Active     int
	NeverBegan int // billed runs that are over and whose command never ran
	Stopped    int // by a person
	Deleted    int
	NoCommit   int // runs that do not say which commit they are of
	Dirty      int // runs of which the commit does not have all
	Sum
}

// Sum is what several runs have taken.
type Sum struct {
	Name      string // what they have in common; empty when that is that they name none
	Repo      string // of a manifest; empty when it is not known
	Runs      int
	CoreHours float64
	Cost      float64 // USD of those with a price
	Unpriced  int     // runs that took core-hours, and for which nobody names a price
	Open      int     // runs whose commands still run
}

// AtLeast reports whether the sum can only be larger.
func (s Sum) AtLeast() bool { return s.Unpriced > 0 || s.Open > 0 }

// UnbalancedError reports that an account does not keep the promise.
type UnbalancedError struct {
	Doubles, Rivals, Marks int // remarks of the kinds that break the balance
}

// Error counts what was found.
func (e *UnbalancedError) Error() string {
	var parts []string
	for _, part := range []struct {
		n    int
		what string
	}{
		{e.Doubles, "runs that share a key"},
		{e.Rivals, "active runs that share a name"},
		{e.Marks, "jobs whose marker has another key, or none"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%s (%d)", part.what, part.n))
		}
	}
	return "the account does not balance: " + strings.Join(parts, ", ")
}

// Hint says what to do next.
func (*UnbalancedError) Hint() string {
	return "look at the jobs that are named; stop those that still run for nothing: rescale-apply stop ID"
}

// IncompleteError reports that nobody knows whether an account balances.
type IncompleteError struct {
	Moving bool // the list changed each time it was read
	Jobs   int  // that could not be judged
}

// Error says what is not known.
func (e *IncompleteError) Error() string {
	if e.Moving {
		return "it is not known whether the account balances: the job list changed each time it was read"
	}
	return fmt.Sprintf("it is not known whether the account balances: some jobs could not be judged (%d)", e.Jobs)
}

// Hint says what to do next.
func (e *IncompleteError) Hint() string {
	if e.Moving {
		return "run the same command again in a moment"
	}
	return "run the same command again; a key of another version is read by a newer rescale-apply"
}

// Err is nil when the account balances, and else an *[UnbalancedError] or an
// *[IncompleteError].
func (a Audit) Err() error {
	wrong, hidden := &UnbalancedError{}, 0
	for _, r := range a.Remarks {
		switch {
		case r.Weight == Hides:
			hidden++
		case r.Weight == Told:
		case r.Kind == Double:
			wrong.Doubles++
		case r.Kind == Rival:
			wrong.Rivals++
		default:
			wrong.Marks++
		}
	}
	switch {
	case *wrong != UnbalancedError{}:
		return wrong
	case !a.Whole || hidden > 0:
		return &IncompleteError{Moving: !a.Whole, Jobs: hidden}
	}
	return nil
}
