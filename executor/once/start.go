package once

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/rescale-apply/rescale-apply/executor/once/batch"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/source"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// Starter takes claims to submitted runs. One serves a whole apply.
type Starter struct {
	Platform ReadWriter
	Journal  Journal
	Owner    string // e-mail of the account, as the platform writes it
	Report   Reporter
	Since    time.Time // no job that matters to a claim is older; zero when that is not known

	Alone  bool           // nobody else can use the platform: every draft is a leftover
	Yield  bool           // gives up a claim rather than wait for another runner's draft
	Random func() float64 // in [0, 1), for pauses; nil means a good one
	// Stuck reports whether a run without a final status is over all the same: it was
	// stopped before it was validated (rescale-api.md §8.2). Nil means never.
	Stuck func(ctx context.Context, id string, history []rescale.Status) (bool, error)

	book    *book
	lists   listings
	door    *batch.Door
	drafts  *semaphore.Weighted // bounds the jobs that upload or create at once
	submits *semaphore.Weighted // bounds those that submit, which the platform lets through slowly
}

// Expect prepares the starter for that many claims, of which at most parallel
// upload or create at a time. Each of them must be started.
func (s *Starter) Expect(claims int, parallel int) {
	s.book, s.door = newBook(), new(batch.Door)
	s.door.Expect(claims)
	s.lists.read = s.readFor
	s.drafts = semaphore.NewWeighted(int64(parallel))
	s.submits = semaphore.NewWeighted(int64(parallel))
	if s.Random == nil {
		s.Random = rand.Float64
	}
}

// More prepares for further claims, which could not begin earlier.
func (s *Starter) More(claims int) { s.door.Expect(claims) }

// Fewer takes back one of the expected claims: it will not come.
func (s *Starter) Fewer() { s.door.Expect(-1) }

// Claim is one key that is to become one run.
type Claim struct {
	Key       Key
	Namespace string          // of the job's name
	Upstream  string          // the runs of other jobs that it builds on; empty when there are none
	Source    source.Source   // of a run that this claim starts
	Creating  state.Record    // the "creating" record
	ID        string          // of the draft to continue with, which the journal has; empty when there is none
	Leftover  map[string]bool // ids of drafts of the job in other contents that our own journal records
	// Also are other digests in which a run is the claim's run: another runner may have
	// chosen, where the content leaves a choice.
	Also []string
	// Same returns the "creating" record of a job in another digest, when a run of it is the
	// claim's run; it may also know digests that are not in Also. Nil means never. It is
	// called for one job at a time.
	Same func(Found) (creating state.Record, same bool)
	// MakeWay stops what must not run beside the claim's run.
	MakeWay func(context.Context) error
	// Body returns the create body, unsigned. It uploads inputs, and is called only when a
	// draft is made or updated.
	Body func(context.Context) (rescale.JobRequest, error)
	// Label adds to a draft what the platform does not take in the body. fresh means that
	// this very call made the draft. After an error the draft is not submitted.
	Label func(ctx context.Context, id string, fresh bool) error
}

// job returns the job of the claim, of which at most one run may be active.
func (c Claim) job() Job { return c.Key.In(c.Namespace) }

// run is one claim on its way from a draft to a submitted run.
type run struct {
	*Starter
	Claim
	ticket *batch.Ticket
	draft  string    // the one that is to be submitted
	made   time.Time // its date; a time before that when it is not known
	fresh  bool      // it was made by this very call, so that it says what the manifest says
	adopts *Found    // a run of the key that was found; nil when there is none
	noted  string    // id in its last "created" record
	own    string    // the draft that this runner has made or recorded, as long as it may be one
	losers []Found   // drafts of the key that others have made, and that lost
	freed  time.Time // when the last draft that was waited for was seen gone, platform's time
	pause  time.Duration
}

// maxVanished is how many drafts of one claim others may delete before it gives up.
const maxVanished = 20

// Start brings a claim from wherever it is to submitted, and returns the id of the run and
// its key, which is another one when another runner has chosen otherwise, see Claim.Same.
// See the package for the steps. When it fails, it deletes the draft that it has made:
// nobody shall wait for it.
func (s *Starter) Start(ctx context.Context, c Claim) (id string, key Key, err error) {
	r := &run{Starter: s, Claim: c, ticket: s.door.Ticket(), noted: c.ID, own: c.ID, pause: 2 * skew}
	defer r.ticket.Leave()
	if err := c.MakeWay(ctx); err != nil {
		return "", c.Key, err
	}
	for n := 1; ; n++ {
		err = r.once(ctx)
		var gone *vanishedError
		if n == maxVanished || !errors.As(err, &gone) {
			break
		}
		if err = r.again(ctx, gone); err != nil {
			break
		}
	}
	if err != nil {
		err = errors.Join(err, r.abandon(ctx, err))
	}
	return r.draft, r.Key, err
}

// Clear deletes drafts of a job that nobody needs, because their key has its run.
func (s *Starter) Clear(ctx context.Context, job string, drafts []Found) {
	r := &run{Starter: s, Claim: Claim{Key: Key{Name: job}}}
	r.clear(ctx, "", drafts)
}

// once is the straight line: a draft, elections until it may be submitted, a submit.
func (r *run) once(ctx context.Context) error {
	if r.adopts != nil {
		return r.adopt(ctx, *r.adopts)
	}
	if err := r.makeDraft(ctx); err != nil {
		return err
	}
	for {
		b := &ballot{key: r.Key, namespace: r.Namespace, tails: r.tails(), draft: r.draft, own: r.draft == r.own, oldest: r.oldest()}
		if err := r.vote(ctx, b); err != nil {
			return r.failed("electing the draft of", err)
		}
		ruling, err := r.elect(ctx, b)
		switch {
		case err != nil:
			return r.failed("electing the draft of", err)
		case ruling.adopted != nil:
			return r.adopt(ctx, *ruling.adopted)
		case ruling.submits:
			return patience.Within(ctx, r.submits, func() error { return r.spend(ctx) })
		}
	}
}

// vote waits for a list that shows the draft, and with it all that is older. A batch
// joins one reading before it waits for its last draft.
func (r *run) vote(ctx context.Context, b *ballot) error {
	shared := r.lists.join(b)
	err := r.ticket.Vote(ctx)
	shared.decide(ctx)
	if b.err != nil {
		return b.err
	}
	return err
}

// again looks for the claim's key and for rivals, as the plan did: another runner may have
// deleted the draft. A claim that has made way for another draft pauses first.
func (r *run) again(ctx context.Context, gone *vanishedError) error {
	if gone.madeWay != "" {
		pause := time.Duration((1 + r.Random()) * float64(r.pause))
		r.pause *= 2
		r.ticket.Leave()
		r.Report.Waiting(r.Key.Name, gone.madeWay, time.Now().Add(pause))
		if err := r.sleep(ctx, pause, gone.madeWay); err != nil {
			return err
		}
	}
	r.ID, r.draft, r.own, r.fresh = "", "", "", false
	found, err := r.find(ctx)
	if err != nil || len(found) == 0 {
		return err
	}
	winner := Elect(found)
	r.losers = losersOf(winner, r.ours(found))
	if winner.Submitted() {
		r.adopts = &winner
		return nil
	}
	r.ID, r.made = winner.ID, winner.Inserted
	return nil
}

// sleep waits because of a draft that goes first. A time limit that ends it is a reason to
// withdraw, and no failure.
func (r *run) sleep(ctx context.Context, pause time.Duration, draft string) error {
	err := patience.Sleep(ctx, pause)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &WaitError{Job: r.Key.Name, Draft: draft}
	}
	return err
}

// find looks once for the jobs of the claim's key. An active run of its job in another
// content ends the claim.
func (r *run) find(ctx context.Context) ([]Found, error) {
	want := Search{Owner: r.Owner, Jobs: []Wanted{{Key: r.Key, Namespace: r.Namespace, Also: r.Also}}, Since: r.Creating.Since}
	sighting, err := Look(ctx, r.Platform, want)
	if err != nil {
		return nil, err
	}
	var same, rivals []Found
	for _, f := range slices.Concat(sighting.Found, sighting.Rivals) {
		switch {
		case f.Key == r.Key, f.Submitted() && r.kin(f):
			same = append(same, f)
		case f.Active() && f.of(r.job()):
			rivals = append(rivals, f)
		}
	}
	sighting.Rivals = rivals
	if len(same) == 0 && !sighting.Whole {
		return nil, &UnstableError{r.Key.Name}
	}
	if len(sighting.Rivals) > 0 && (len(same) == 0 || !Elect(same).Submitted()) {
		return nil, &RivalError{Job: r.job(), Rival: sighting.Rivals[0]}
	}
	return same, nil
}

// tails are those of the claim's key in each of its digests.
func (r *run) tails() idSet {
	tails := make(idSet)
	for _, k := range r.Key.in(r.Also) {
		tails[k.tail()] = true
	}
	return tails
}

// kin reports whether a job in another digest is, or would be, the claim's run.
func (r *run) kin(f Found) bool {
	k := f.Key
	k.Digest = r.Key.Digest
	if k != r.Key || f.Key == r.Key || r.Same == nil {
		return false
	}
	_, same := r.Same(f)
	return same
}

// failed adds the step and the job to an error that does not name them itself.
func (r *run) failed(act string, err error) error {
	var rival *RivalError
	var wait *WaitError
	if errors.As(err, &rival) || errors.As(err, &wait) {
		return err
	}
	return &StepError{r.Key.Name, act, err}
}

// note records the draft or job that the key stands for now. The journal has its "creating"
// record already: a claim with a draft found it there, and one without made it.
func (r *run) note() error {
	if r.noted == r.draft {
		return nil
	}
	r.noted = r.draft
	created := r.record(state.KindCreated, r.draft)
	created.Inserted = r.made
	return r.Journal.Append(created)
}

// oldest returns the platform's time before which no draft of the key was made.
func (r *run) oldest() time.Time {
	if r.made.IsZero() {
		return r.Creating.Since
	}
	return r.made
}

func (c Claim) record(kind state.Kind, id string) state.Record {
	return state.Record{Kind: kind, Job: c.Key.Name, Key: c.Key.String(), ID: id, Upstream: c.Upstream}
}

// ReadWriter is what the steps need from the platform. The client repeats none of the
// changes.
type ReadWriter interface {
	Reader
	Writer
}

// Reader reads jobs.
type Reader interface {
	Jobs(ctx context.Context, query rescale.JobQuery, yield func(rescale.JobItem) bool) (rescale.Listing, error)
	Job(ctx context.Context, id string) (rescale.Job, error)
	Statuses(ctx context.Context, id string) ([]rescale.Status, error)
}

// Writer creates drafts, spends the money, and deletes drafts that nobody needs.
type Writer interface {
	CreateJob(ctx context.Context, body rescale.JobRequest) (rescale.Job, error)
	UpdateJob(ctx context.Context, id string, body rescale.JobRequest) error
	SubmitJob(ctx context.Context, id string) error
	DeleteJob(ctx context.Context, id string) error
}

// Journal records every step before and after it happens. Append returns once the records
// are safe on disk; its error stops the run.
type Journal interface {
	Append(...state.Record) error
}

// Reporter hears what happened.
type Reporter interface {
	Created(job, id string)
	Submitted(job, id string)
	Found(job, id string) // a run that was on its way before: nothing is submitted
	// Waiting is called when a draft of another runner goes first, at most until then.
	Waiting(job, draft string, until time.Time)
	Warn(job, message string)
}
