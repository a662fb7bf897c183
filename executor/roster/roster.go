// Package roster lists the jobs of an account as the platform has them, newest first,
// whoever made them, and says which of them are runs of a manifest. It reads with GET
// only, and jobs one by one only when the list does not say enough of them.
package roster

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/source"
)

// Which jobs are wanted, by how far they are.
type Which string

// The choices. A failed job is one that is over and did not succeed, also when a person
// has stopped it.
const (
	All    Which = ""
	Active Which = "active" // submitted and not over
	Failed Which = "failed"
)

// Query says what to list.
type Query struct {
	Owner string // e-mail of the account: jobs that others share are listed, too, and are none of mine
	Which Which
	Ours  bool      // only runs of a manifest
	Name  string    // pattern of path.Match for names, in any case; empty for all
	Since time.Time // jobs that were made before are left out; zero for none
	Most  int       // rows; 0 for no limit
	// Commit is the beginning of the commit that runs come from; empty for all. Jobs must be
	// read for it, so that it looks at no more than the newest MaxRead runs.
	Commit string
	// Without are the codes ([once.Job.Code]) of jobs whose runs are left out, without reading
	// them.
	Without map[string]bool
	// Known is what journals tell of jobs, by id. It saves reading them.
	Known map[string]Known
}

// Known is what a journal tells of a job.
type Known struct {
	Job     once.Job
	Verdict verdict.Verdict // empty while it is not over
	Reason  string
	Ended   time.Time
}

// Row is one job.
type Row struct {
	ID        string
	Name      string          // on the platform, without a marker
	Ours      bool            // it is a run of a manifest
	Manifest  string          // name of the job there
	Namespace string          // of that name; empty when it is not known
	Source    source.Source   // of a run that says where it comes from
	Status    string          // the platform's word; empty for a draft
	Since     time.Time       // of the status; zero when it is not known
	Verdict   verdict.Verdict // empty while it is not over
	Reason    string
	Created   time.Time
	Ended     time.Time
}

// Roster is jobs, newest first.
type Roster struct {
	Rows  []Row
	More  bool // there are more than Query.Most
	Loose bool // jobs came or went while the list was read, so that one may be missing
	Cut   bool // older runs were not looked at for their commits
}

// MaxRead is how many runs are read to find those of a commit.
const MaxRead = 2000

// CommitError says that a text is not the beginning of a commit.
type CommitError struct{ Text string }

// Error quotes the text.
func (e *CommitError) Error() string { return fmt.Sprintf("%q is no commit", e.Text) }

// Hint shows what is one.
func (e *CommitError) Hint() string {
	return "give at least 7 of the digits that git log shows, such as 7ba84b4"
}

var commits = regexp.MustCompile(`^[0-9A-Fa-f]{7,64}$`)

// PatternError says that a pattern of names cannot be read.
type PatternError struct{ Pattern string }

// Error quotes the pattern.
func (e *PatternError) Error() string { return fmt.Sprintf("%q is no pattern of names", e.Pattern) }

// Hint shows one that is.
func (e *PatternError) Hint() string {
	return "write * for any letters, ? for one and [ab] for one of several, such as 'wing*'"
}

// Check refuses a name that is no pattern with a *[PatternError], and what is no commit with
// a *[CommitError].
func (q Query) Check() error {
	if q.Commit != "" && !commits.MatchString(q.Commit) {
		return &CommitError{q.Commit}
	}
	if _, err := path.Match(q.Name, ""); err != nil {
		return &PatternError{q.Name}
	}
	return nil
}

// Read lists jobs in the platform's order. It stops reading the list at the first job that
// is too old, or when it has enough rows.
func Read(ctx context.Context, p once.Reader, q Query) (Roster, error) {
	if err := q.Check(); err != nil {
		return Roster{}, err
	}
	r := reader{Query: q, platform: p}
	var broken error
	listing, err := p.Jobs(ctx, q.state(), func(item rescale.JobItem) bool {
		if r.past(item) {
			return false
		}
		r.take(item)
		if len(r.waiting) >= batch {
			broken = r.settle(ctx)
		}
		return broken == nil && !r.full() && !r.cut
	})
	if err == nil {
		err = broken
	}
	if err == nil && !r.full() {
		err = r.settle(ctx)
	}
	if err != nil {
		return Roster{}, fmt.Errorf("listing your jobs: %w", err)
	}
	return r.roster(listing), nil
}

// state lets the platform leave out what cannot be wanted (rescale-api.md §8.4).
func (q Query) state() rescale.JobQuery {
	switch q.Which {
	case Active:
		return rescale.JobQuery{State: rescale.StateNotCompleted}
	case Failed, All:
		// A job can be over without being completed (rescale-api.md §8.1).
	}
	return rescale.JobQuery{}
}

// called holds names against the pattern, as jobs of a manifest are named on the command
// line: a star does not pass over a slash, and a family stands for all its points.
func (q Query) called(names ...string) bool {
	pattern := strings.ToLower(q.Name)
	return pattern == "" || slices.ContainsFunc(names, func(name string) bool {
		name = strings.ToLower(name)
		family, _, _ := strings.Cut(name, "/")
		own, _ := path.Match(pattern, name)
		all, _ := path.Match(pattern, family)
		return own || all || name == pattern
	})
}

// wants reports whether a job is as far as is wanted, and of the commit.
func (q Query) wants(r Row) bool {
	if !strings.HasPrefix(r.Source.Commit, strings.ToLower(q.Commit)) {
		return false
	}
	switch q.Which {
	case Active:
		return r.Status != "" && r.Verdict == "" && !verdict.Terminal(r.Status)
	case Failed:
		return r.Verdict != "" && r.Verdict != verdict.Succeeded
	case All:
	}
	return true
}
