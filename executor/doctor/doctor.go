// Package doctor looks at what this tool assumes of the platform, on the user's own
// account, and says for each assumption what it saw.
//
// It uses free operations only: drafts, which cost nothing until they are submitted, and
// files of a few bytes. It has no way to submit a job. Its drafts carry no marker, so that
// no apply takes them for its own. Whatever it made it removes, also when a check fails or
// its context ends; what stays is named.
package doctor

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver/offer"
)

// Drafter is what the checks need. That it cannot submit is on purpose.
type Drafter interface {
	Account
	JobReader
	JobWriter
	Files
}

// Account is whose account it is, and what it may use.
type Account interface {
	Me(ctx context.Context) (rescale.User, error)
	Analyses(ctx context.Context) ([]rescale.Analysis, error)
	CoreTypes(ctx context.Context) ([]rescale.CoreType, error)
}

// JobReader reads jobs, and finds them again.
type JobReader interface {
	Job(ctx context.Context, id string) (rescale.Job, error)
	Jobs(ctx context.Context, q rescale.JobQuery, yield func(rescale.JobItem) bool) (rescale.Listing, error)
	Statuses(ctx context.Context, id string) ([]rescale.Status, error)
	Tags(ctx context.Context, id string) ([]rescale.Tag, error)
}

// JobWriter makes drafts, changes and deletes them. It submits none.
type JobWriter interface {
	CreateJob(ctx context.Context, job rescale.JobRequest) (rescale.Job, error)
	UpdateJob(ctx context.Context, id string, job rescale.JobRequest) error
	DeleteJob(ctx context.Context, id string) error
	AddTag(ctx context.Context, id, tag string) error
}

// Files stores files, finds and deletes them.
type Files interface {
	Upload(ctx context.Context, u rescale.Upload) (rescale.File, error)
	File(ctx context.Context, id string) (rescale.File, error)
	Files(ctx context.Context, search string, yield func(rescale.File) bool) error
	DeleteFile(ctx context.Context, id string) error
}

// Bounds of time. Together they keep a check from holding up its user for ever.
const (
	longest  = 15 * time.Minute // for all checks
	cleaning = 4 * time.Minute  // for removing what they made
)

// Doctor checks one account of one platform. A Doctor is for one Run.
type Doctor struct {
	Platform Drafter
	Where    string // the platform's address, for the report
	// Refusals is told by the client of refusals that it repeats by itself, see
	// [Refusals.Retry]. Optional.
	Refusals *Refusals
	// Tell is called before each check with its name. Optional.
	Tell func(check string)
}

// Run does all checks and removes what they made. The report is whole also with an error:
// what was not looked at is unknown. The error is that of ctx, of the account's key, or
// why nothing could be checked at all.
func (d Doctor) Run(ctx context.Context) (report Report, err error) {
	bounded, cancel := context.WithTimeoutCause(ctx, longest, errTime)
	defer cancel()
	v := newVisit(d)
	report = Report{FormatVersion: FormatVersion, Platform: d.Where}
	defer func() {
		report.Left = v.clean(context.WithoutCancel(ctx))
		report.scrub()
	}()
	v.stopped = v.begin(bounded)
	for _, c := range checks() {
		if d.Tell != nil && v.stopped == nil {
			d.Tell(c.name)
		}
		report.Rows = append(report.Rows, v.row(bounded, c))
	}
	if errors.Is(v.stopped, errTime) {
		return report, nil
	}
	return report, v.stopped
}

var errTime = fmt.Errorf("no time is left of %v", longest)

// check is one assumption.
type check struct {
	name    string
	assumed string
	look    func(ctx context.Context, v *visit) (finding, error)
}

// checks are all assumptions, in an order in which each finds what those before it made.
func checks() []check {
	return append(append(fileChecks(), append(draftChecks(), listChecks()...)...), endChecks()...)
}

// finding is what a check saw.
type finding struct {
	seen    string
	verdict Verdict
	why     string
}

func fine(seen string) (finding, error)    { return finding{seen: seen, verdict: AsAssumed}, nil }
func unclear(seen string) (finding, error) { return finding{seen: seen, verdict: Unknown}, nil }
func harmless(seen, why string) (finding, error) {
	return finding{seen, Harmless, why}, nil
}
func matters(seen, why string) (finding, error) { return finding{seen, Matters, why}, nil }

// errMissing ends a check that looks at something which could not be made.
var errMissing = errors.New("not looked at: what it looks at could not be made")

// visit is one run of the checks, with what it made so far.
type visit struct {
	Doctor
	nonce    string // in every name, to find what a lost answer left
	me       rescale.User
	body     rescale.JobRequest // of a draft, without its name
	drafts   []*draft           // in the order in which they were made
	files    []*stored
	unsure   bool              // a draft may have been made whose id did not arrive
	unstored bool              // the same of a file
	listed   []rescale.JobItem // the first list that showed all drafts, or the newest
	stopped  error             // why nothing more is looked at
}

func newVisit(d Doctor) *visit {
	var random [4]byte
	_, _ = rand.Read(random[:]) // never fails
	if d.Refusals == nil {
		d.Refusals = &Refusals{}
	}
	return &visit{Doctor: d, nonce: hex.EncodeToString(random[:])}
}

// begin finds out who asks, and the least that a draft must name.
func (v *visit) begin(ctx context.Context) (err error) {
	if v.me, err = v.Platform.Me(ctx); err != nil {
		return fmt.Errorf("asking the platform for your account: %w", err)
	}
	analyses, err := v.Platform.Analyses(ctx)
	if err != nil {
		return fmt.Errorf("reading the platform's analyses: %w", err)
	}
	types, err := v.Platform.CoreTypes(ctx)
	if err != nil {
		return fmt.Errorf("reading the platform's core types: %w", err)
	}
	tile, ok := cheapest(analyses, types)
	if !ok {
		return errors.New("this account may use no software on any hardware, so that no draft can be made")
	}
	v.body = rescale.JobRequest{JobAnalyses: []rescale.JobAnalysis{tile}}
	return nil
}

// cheapest is a tile that the platform takes: bring-your-own software if it can be had,
// else whatever comes first.
func cheapest(analyses []rescale.Analysis, types []rescale.CoreType) (rescale.JobAnalysis, bool) {
	codes := []string{"user_included"}
	for _, a := range analyses {
		codes = append(codes, a.Code)
	}
	for _, code := range codes {
		a, ok := offer.Analysis(analyses, code)
		version, _ := offer.Newest(a)
		if usable := offer.CoreTypes(version, types); ok && len(usable) > 0 {
			return rescale.JobAnalysis{
				Analysis: rescale.AnalysisRef{Code: a.Code, Version: version.VersionCode},
				Hardware: rescale.Hardware{CoreType: usable[0].Code, CoresPerSlot: usable[0].Cores[0], Slots: 1},
			}, true
		}
	}
	return rescale.JobAnalysis{}, false
}

// row does one check. An error is what was seen; one that all others would meet as well
// stops the visit.
func (v *visit) row(ctx context.Context, c check) Row {
	row := Row{Check: c.name, Assumed: c.assumed, Verdict: Unknown}
	if v.stopped != nil {
		row.Seen = "not looked at"
		return row
	}
	found, err := c.look(ctx, v)
	switch {
	case ctx.Err() != nil && err != nil:
		v.stopped, row.Seen = context.Cause(ctx), "interrupted"
	case err != nil:
		row.Seen = errorText(err)
		if rescale.IsAuth(err) {
			v.stopped = err
		}
	default:
		row.Seen, row.Verdict, row.Why = found.seen, found.verdict, found.why
	}
	return row
}
