package once

import (
	"context"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// Starter takes claims to submitted runs. One serves a whole apply.
type Starter struct {
	Platform Platform
	Journal  Journal
	Owner    string // e-mail of the account, as the platform writes it
	Report   Reporter

	calls   *rollCall
	drafts  *semaphore.Weighted // bounds the jobs that upload or create at once
	submits *semaphore.Weighted // bounds those that submit, which the platform lets through slowly
}

// Expect prepares the starter for that many claims, of which at most parallel
// upload or create at a time. Each of them must be started.
func (s *Starter) Expect(claims int, parallel int) {
	s.calls = &rollCall{read: s.readFor}
	s.calls.expect(claims)
	s.drafts = semaphore.NewWeighted(int64(parallel))
	s.submits = semaphore.NewWeighted(int64(parallel))
}

// More prepares for further claims, which could not begin before.
func (s *Starter) More(claims int) { s.calls.expect(claims) }

// Fewer tells that one of the claims that were prepared for does not come.
func (s *Starter) Fewer() { (&seat{call: s.calls}).leave() }

// Claim is one key that is to become one run.
type Claim struct {
	Key       Key
	Upstream  string       // the runs of other jobs that it builds on; empty when there are none
	Intent    state.Record // the "creating" record
	ID        string       // of the draft or job to go on with; empty when none is known
	Recorded  bool         // the journal has the id
	Submitted bool         // the platform shows statuses for it
	Begun     bool         // it did when it was looked for: whoever deletes it now wants no other
	Spare     []Found      // others with the key, which are not needed when ID is submitted
	// MakeWay ends what must not run beside the claim's run.
	MakeWay func(context.Context) error
	// Body gives the create body, unsigned. It uploads inputs, and is called only
	// when a draft is made or brought up to date.
	Body func(context.Context) (rescale.JobRequest, error)
	// Label adds to a draft what the platform does not take in the body. Fresh tells
	// that this very call made the draft. After an error it is not submitted.
	Label func(ctx context.Context, id string, fresh bool) error
}

// maxVanished is how many drafts of one claim may be deleted under our hands
// before it is given up.
const maxVanished = 3

// Start brings a claim from wherever it is to submitted, and gives the id of the
// run. See the package for the steps.
func (s *Starter) Start(ctx context.Context, c Claim) (id string, err error) {
	place := &seat{call: s.calls}
	defer place.leave()
	if err := c.MakeWay(ctx); err != nil {
		return "", err
	}
	for n := 1; ; n++ {
		id, err = s.run(ctx, c, place)
		if !vanished(err) || n == maxVanished || c.Begun {
			return id, err
		}
		if c, err = s.again(ctx, c); err != nil {
			return "", err
		}
	}
}

// run is the straight line: a draft, an election, a submit.
func (s *Starter) run(ctx context.Context, c Claim, place *seat) (string, error) {
	if c.Submitted {
		return c.ID, s.adopt(ctx, c)
	}
	var d draft
	err := Within(ctx, s.drafts, func() (err error) { d, err = s.draft(ctx, c); return err })
	if err != nil {
		return d.id, err
	}
	b := &ballot{key: c.Key, draft: d.id, since: c.Intent.Intent}
	place.vote(ctx, b)
	result, err := s.elect(ctx, b)
	if err != nil {
		return d.id, &StepError{c.Key.Name, "electing the draft of", err}
	}
	if result.winner.ID != d.id {
		d = draft{id: result.winner.ID}
		if err := s.Journal.Append(c.record(state.KindCreated, d.id)); err != nil {
			return d.id, err
		}
	}
	return d.id, Within(ctx, s.submits, func() error { return s.spend(ctx, c, d, result) })
}

// again looks for the claim's key after its draft has vanished: another runner
// may have deleted it because another draft had won.
func (s *Starter) again(ctx context.Context, c Claim) (Claim, error) {
	c.ID, c.Recorded, c.Submitted, c.Spare = "", false, false, nil
	found, err := s.find(ctx, c)
	if err != nil || len(found) == 0 {
		return c, err
	}
	winner := Elect(found)
	c.ID, c.Submitted, c.Spare = winner.ID, winner.Submitted(), losersOf(winner, found)
	return c, nil
}

// find looks once for the jobs of the claim's key.
func (s *Starter) find(ctx context.Context, c Claim) ([]Found, error) {
	want := Search{Owner: s.Owner, Keys: []Key{c.Key}, Since: c.Intent.Intent}
	sighting, err := Look(ctx, s.Platform, want)
	var same []Found
	for _, f := range sighting.Found {
		if f.Key == c.Key {
			same = append(same, f)
		}
	}
	if err == nil && len(same) == 0 && !sighting.Whole {
		err = &UnstableError{c.Key.Name}
	}
	return same, err
}

// adopt records a run that a process without our journal has started.
func (s *Starter) adopt(ctx context.Context, c Claim) error {
	if err := s.recordFound(c); err != nil {
		return err
	}
	s.clear(ctx, c.Key.Name, c.Spare)
	return s.submitted(ctx, c, c.ID, s.Report.Found)
}

// recordFound writes down a draft or job that the journal does not know.
func (s *Starter) recordFound(c Claim) error {
	if c.Recorded {
		return nil
	}
	if err := s.Journal.Append(c.Intent); err != nil {
		return err
	}
	return s.Journal.Append(c.record(state.KindCreated, c.ID))
}

// submitted records the run as what it is, and tells who has brought it there. A
// runner that wants it to build on other runs may have brought the draft up to date last.
func (s *Starter) submitted(ctx context.Context, c Claim, id string, tell func(job, id string)) error {
	built, err := s.builtOn(ctx, c, id)
	if err != nil {
		return &StepError{c.Key.Name, "reading what was submitted of", err}
	}
	wanted := c.Upstream
	c.Upstream = built
	if err := s.Journal.Append(c.record(state.KindSubmitted, id)); err != nil {
		return err
	}
	tell(c.Key.Name, id)
	if built != wanted {
		return &OtherRunsError{Name: c.Key.Name, ID: id, Built: built, Wanted: wanted}
	}
	return nil
}

// builtOn is the runs of other jobs that a submitted one says it builds on. What is
// submitted does not change any more.
func (s *Starter) builtOn(ctx context.Context, c Claim, id string) (string, error) {
	if c.Upstream == "" {
		return "", nil // it builds on none in any run of this content
	}
	job, err := s.Platform.Job(ctx, id)
	if NotFound(err) {
		return c.Upstream, nil // nobody can tell any more
	}
	return upstream(job), err
}

// sign puts the claim into the create body.
func (c Claim) sign(request rescale.JobRequest) rescale.JobRequest {
	signed := c.Key.Sign(request)
	for _, tile := range signed.JobAnalyses {
		if c.Upstream != "" {
			tile.EnvVars[UpstreamVariable] = c.Upstream
		}
	}
	return signed
}

func (c Claim) record(kind state.Kind, id string) state.Record {
	return state.Record{Kind: kind, Job: c.Key.Name, Key: c.Key.String(), ID: id, Upstream: c.Upstream}
}

// Within runs f while holding a place of the semaphore.
func Within(ctx context.Context, places *semaphore.Weighted, f func() error) error {
	if err := places.Acquire(ctx, 1); err != nil {
		return context.Cause(ctx)
	}
	defer places.Release(1)
	return f()
}

// SettleTime is how long after a submit its first status may be missing.
const SettleTime = time.Minute
