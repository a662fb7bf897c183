package sim_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// world is where a story happens.
type world struct {
	story    Story
	chance   chance
	machines []*machine
	setting  *setting

	mu       sync.Mutex // held while anything changes
	platform *platform
	what     map[Fault]string // goes wrong with which event, where the story says it
	fired    []Fault
	events   []event // that could go wrong, in a story that is told
	told     bool    // what happens is to be told
	lines    []string
	wrong    []error
	kinds    []string       // of what is wrong
	ghosts   sync.WaitGroup // requests on their way, and people
	replaced map[string]int // times that a person asked for another run, by name
	retried  map[string]bool
	revoked  map[string]string // drafts that were deleted and that somebody was about to submit: their jobs
	noted    map[string]bool   // drafts of which some journal has said that a submit begins
	mourned  map[string]bool   // jobs of which a person has deleted a run, who has to say what now
	begun    time.Time
}

// machine is a disk and a folder, which outlive the processes on them.
type machine struct {
	number int
	disk   *disk
	dir    string
	last   Manifest
	market Market

	blocked map[string]bool // jobs that the last plan in peace could not run
}

// apply is a process.
type apply struct {
	world   *world
	number  int
	machine *machine
	quiet   bool // nothing goes wrong
	luck    chance
	cancel  context.CancelCauseFunc

	counts   map[string]int
	asked    map[string]time.Time // when a request was made last
	dead     bool
	over     bool
	jobs     []resolver.Job
	market   Market
	contents map[string]string // of the jobs, by name
	manifest Manifest
	hurt     bool     // a write went wrong
	missed   []string // drafts that were gone when they were to be submitted
}

// process begins an apply.
func (w *world) process(number int, m *machine) *apply {
	return &apply{world: w, number: number, machine: m, luck: w.chance.of("apply", number), counts: make(map[string]int), asked: make(map[string]time.Time)}
}

// die ends a process. The caller need not hold anything.
func (a *apply) die() {
	a.dead = true
	a.cancel(errGone)
}

// event is one request: whether something goes wrong with it, and its luck otherwise. Two
// that ask the same at one instant have the same luck: which of them comes first is up to
// the scheduler of goroutines.
func (a *apply) event(name string, kinds []string) (string, chance) {
	a.world.mu.Lock()
	defer a.world.mu.Unlock()
	now := time.Now()
	n := a.counts[name]
	if n > 0 && a.asked[name].Equal(now) {
		n--
	}
	a.counts[name], a.asked[name] = n+1, now
	luck := a.luck.of(name, n)
	return a.misfortune(name, n, luck, kinds), luck
}

// accident is what goes wrong with a write.
func (a *apply) accident(name string, kinds []string) string {
	a.world.mu.Lock()
	defer a.world.mu.Unlock()
	n := a.counts[name]
	a.counts[name] = n + 1
	return a.misfortune(name, n, a.luck.of(name, n), kinds)
}

func (a *apply) misfortune(name string, n int, luck chance, kinds []string) string {
	w := a.world
	if w.told && !a.quiet {
		w.events = append(w.events, event{Fault{Apply: a.number, Event: name, Nth: n}, kinds})
	}
	if w.story.Faults != nil {
		return w.what[Fault{Apply: a.number, Event: name, Nth: n}]
	}
	if a.quiet || w.story.Noise == 0 || !luck.of("wrong").one(w.story.Noise) {
		return none
	}
	what := pick(luck.of("what"), kinds)
	w.fired = append(w.fired, Fault{Apply: a.number, Event: name, Nth: n, What: what})
	return what
}

// trace prints what happens. The caller holds the lock, or is the only one.
func (w *world) trace(a *apply, name, what string) {
	if !w.told {
		return
	}
	at := time.Since(w.begun).Round(time.Millisecond)
	if what != none {
		what += " "
	}
	w.lines = append(w.lines, fmt.Sprintf("%12v  machine %d (%d): %s%s", at, a.machine.number, a.number, what, name))
}

func (w *world) say(format string, args ...any) {
	if w.told {
		w.lines = append(w.lines, fmt.Sprintf("%12v  ", time.Since(w.begun).Round(time.Millisecond))+fmt.Sprintf(format, args...))
	}
}

func (w *world) fault(format string, args ...any) {
	err := fmt.Errorf(format, args...)
	w.wrong, w.kinds = append(w.wrong, err), append(w.kinds, format)
	w.say("WRONG: %v", err)
}

// later does something after a while, with the lock held.
func (w *world) later(d time.Duration, do func()) {
	w.ghosts.Go(func() {
		time.Sleep(d)
		w.mu.Lock()
		defer w.mu.Unlock()
		do()
	})
}

// event is one that can go wrong in several ways.
type event struct {
	Fault
	kinds []string
}

// outcome is what became of a story.
type outcome struct {
	wrong  []error
	kinds  []string
	lines  []string
	fired  []Fault
	events []event
}

func (o outcome) failed() bool { return len(o.wrong) > 0 }

// tell runs a story.
func (s *setting) tell(t *testing.T, story Story, told bool) (out outcome) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := s.world(story)
		w.told, w.begun = told, time.Now()
		for i, round := range story.Rounds {
			w.say("-- round %d", i+1)
			w.round(t.Context(), round)
		}
		w.settle(t.Context())
		out = outcome{w.wrong, w.kinds, w.lines, w.fired, w.events}
	})
	return out
}

func (s *setting) world(story Story) *world {
	c := chance(story.Seed).of("world")
	w := &world{
		story: story, chance: c, setting: s, platform: newPlatform(c.of("ids")), what: make(map[Fault]string),
		replaced: make(map[string]int), retried: make(map[string]bool), mourned: make(map[string]bool), revoked: make(map[string]string), noted: make(map[string]bool),
	}
	w.platform.ahead = story.Ahead
	w.platform.fate = w.fate
	if story.Skew > 0 {
		w.platform.skew = func(n int) time.Duration {
			return time.Duration((c.of("skew", n).share() - 0.5) * float64(story.Skew))
		}
	}
	for _, f := range story.Faults {
		w.what[Fault{Apply: f.Apply, Event: f.Event, Nth: f.Nth}] = f.What
	}
	for i := range machines {
		w.machines = append(w.machines, &machine{number: i, disk: &disk{name: fmt.Sprintf("state %d", i)}, dir: s.dir(i)})
	}
	return w
}

// fate is what becomes of a run.
func (w *world) fate(j *job) fate {
	c := w.chance.of("fate", keyOf(j.body).String())
	f := fate{
		boot:  2*time.Second + time.Duration(c.of("boot").share()*float64(20*time.Second)),
		takes: time.Second + time.Duration(c.of("takes").share()*float64(40*time.Second)),
		lists: time.Duration(c.of("lists").share() * float64(3*time.Second)),
		ends:  succeeded, fatal: c.of("fatal").one(6), mute: c.of("mute").one(12),
	}
	f.mute = f.mute && !w.story.takes(groupOf(nameOf(j.body)))
	if c.of("fails").one(6) {
		f.ends = runFailed
	}
	return f
}

// round lets all that happens at one time happen.
func (w *world) round(ctx context.Context, r Round) {
	for _, act := range r.Acts {
		w.act(act)
	}
	var group sync.WaitGroup
	for _, a := range r.Applies {
		group.Go(func() {
			// No two begin at the same instant.
			time.Sleep(a.After + time.Duration(w.chance.of("begins", a.ID).share()*float64(time.Millisecond)))
			err := w.apply(ctx, a)
			w.mu.Lock()
			defer w.mu.Unlock()
			w.say("machine %d (%d) ends: %v", a.Machine, a.ID, err)
		})
	}
	group.Wait()
	w.ghosts.Wait()
	for _, m := range w.machines {
		m.disk.old = append(m.disk.old, m.disk.text)
	}
}

// act is what befalls a machine, now, or what a person does, later.
func (w *world) act(act Act) {
	c := w.chance.of("act", act.ID)
	if slices.Contains(ofPeople(), act.What) {
		w.later(act.At, func() { w.person(act) })
		return
	}
	w.say("%s", act.words())
	m := w.machines[act.On]
	switch d := m.disk; act.What {
	case losesState:
		d.text = nil
	case oldState:
		if len(d.old) > 0 {
			d.text = d.old[act.From%len(d.old)]
		}
	case othersState:
		d.text = w.machines[act.From].disk.text
	case losesPower:
		d.text = d.text[:len(d.text)-c.upTo(min(len(d.text), 1500)+1)]
	case losesFiles:
		w.setting.clear(m)
	}
}

// person does something in the web UI.
func (w *world) person(act Act) {
	p := w.platform
	wanted := map[string]func(*job) bool{
		stops:     func(j *job) bool { return j.active(p.now()) },
		deletes:   func(j *job) bool { return j.deleted.IsZero() && !j.active(p.now()) },
		clones:    func(j *job) bool { return j.deleted.IsZero() },
		runsClone: func(j *job) bool { return j.deleted.IsZero() },
	}[act.What]
	var list []*job
	for _, j := range p.jobs {
		if wanted(j) {
			list = append(list, j)
		}
	}
	if len(list) == 0 {
		return
	}
	j := list[act.On%len(list)]
	w.say("%s: %s", act.What, j.id)
	switch act.What {
	case stops:
		_ = p.stop(j.id)
	case deletes:
		w.mourned[groupOf(nameOf(j.body))] = true
		_ = p.remove(j.id)
	case clones:
		p.clone(j)
	case runsClone:
		copied := p.clone(j)
		copied.byHand = true
		_ = p.submit(copied.id)
	}
}

// setting is what stories share: folders, the platform's catalogs, and what manifests
// come to.
type setting struct {
	root     string
	dirty    map[string]bool
	catalogs catalogs
	resolved map[string]resolver.Result
}

func (s *setting) dir(machine int) string { return filepath.Join(s.root, fmt.Sprint(machine)) }

// clear removes results.
func (s *setting) clear(m *machine) {
	if s.dirty[m.dir] {
		delete(s.dirty, m.dir)
		if err := os.RemoveAll(filepath.Join(m.dir, "results")); err != nil {
			panic(err)
		}
	}
}

// longest is how long an apply may take.
const longest = 3 * time.Hour

// apply is what `rescale-apply -f job.yaml` does.
func (w *world) apply(ctx context.Context, spec Apply) error {
	m := w.machines[spec.Machine]
	w.mu.Lock()
	m.last, m.market = spec.Manifest, spec.Market
	for _, name := range spec.Replace {
		w.replaced[name]++
	}
	for _, j := range spec.Manifest.Jobs {
		w.retried[j.Name] = w.retried[j.Name] || j.Retry
	}
	w.mu.Unlock()
	a := w.process(spec.ID, m)
	if _, err := a.run(ctx, spec); !a.dead {
		for _, id := range a.missed {
			if !a.hurt {
				delete(w.revoked, id) // it was told
			}
		}
		return err
	}
	return errGone // which of its goroutines noticed it first is nobody's choice
}

// errNotSucceeded is exit code 100.
var errNotSucceeded = errors.New("it did not succeed")

func identity() state.Identity {
	return state.Identity{Tool: "sim", Platform: "http://localhost", Account: owner}
}

func (a *apply) run(ctx context.Context, spec Apply) (report executor.Report, err error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	ctx, a.cancel = context.WithCancelCause(ctx)
	defer a.cancel(nil)
	resolved, err := a.world.setting.resolve(ctx, a.machine, spec.Manifest, spec.Market)
	if err != nil {
		return report, err
	}
	a.jobs, a.manifest, a.market, a.contents = resolved.Jobs, spec.Manifest, spec.Market, contents(resolved.Jobs)
	written, err := state.OpenAt(kept{a.machine.disk, a}, identity())
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, written.Close()); a.over = true }()
	plan, err := a.plan(ctx, resolved, written.Snapshot(), spec)
	if err != nil {
		return report, err
	}
	for _, j := range spec.Manifest.Jobs {
		if j.Fetch {
			a.world.setting.dirty[a.machine.dir] = true
		}
	}
	run := executor.Executor{
		// So many at once that nobody waits for a place: whose turn it is then would be
		// up to the scheduler of goroutines.
		Parallel: 64, Platform: line{apply: a}, Journal: journal{written, a}, Owner: owner, NoWait: spec.NoWait, NoQueue: spec.NoQueue,
		Random: func() float64 { return a.luck.of("random", int(a.world.platform.now().UnixNano())).share() },
	}
	report, err = run.Apply(ctx, plan)
	for _, o := range report.Outcomes {
		if o.Err == nil && o.Blocked != "" || o.Err == nil && !spec.NoWait && o.Verdict != "succeeded" {
			// By whom it is blocked is up to the scheduler where two ended at one instant.
			err = errors.Join(err, fmt.Errorf("%s: %w: %s, blocked %v", o.Job, errNotSucceeded, o.Verdict, o.Blocked != ""))
		}
		err = errors.Join(err, o.Err)
	}
	return report, err
}

func (a *apply) plan(ctx context.Context, resolved resolver.Result, snapshot state.Snapshot, spec Apply) (planner.Plan, error) {
	options := planner.Options{Replace: slices.Sorted(slices.Values(spec.Replace))}
	if spec.Stop {
		options.Rivals = planner.StopRivals
	}
	seen, err := planner.Observe(ctx, line{apply: a}, resolved, snapshot, options)
	if err != nil {
		return planner.Plan{}, err
	}
	return planner.New(resolved.Jobs, snapshot, seen, options), nil
}

// upstreamOf is the runs that a body says it builds on.
func upstreamOf(j *job) string { return j.body.JobAnalyses[0].EnvVars[once.UpstreamVariable] }
