package proof_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// wish is what a manifest says of a chain.
type wish struct {
	generation int    // of mesh
	checks     string // of mesh: what its success is
	onFailure  string // of mesh
}

// failing is what no run does.
const failing = "success: {files: [never.txt]}\n"

func (w wish) manifest() string {
	return chained + w.checks + fmt.Sprintf("rerun: {generation: %d, onFailure: %s}\n", w.generation, w.onFailure)
}

// anyWish makes one up.
func anyWish(random *rand.Rand) wish {
	checks := []string{"", "", "success: {files: [process_output.log]}\n", failing}
	return wish{1 + random.IntN(2), checks[random.IntN(len(checks))], []string{"never", "always"}[random.IntN(2)]}
}

// TestChainStories lets machines apply one chain at random: with their own states or
// none, in one generation or another, with --replace, two at a time, with answers that
// come late, and dying. Afterwards it counts what was billed and compares what every
// machine believes with what the platform says.
func TestChainStories(t *testing.T) {
	t.Parallel()
	stories := 200
	if testing.Short() {
		stories = 30
	}
	for seed := range stories {
		t.Run(fmt.Sprint("story ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStory(t, uint64(seed))
				defer s.server.Close()
				s.tell(t.Context())
				if err := s.check(t.Context()); err != nil {
					t.Errorf("%v\n%s", err, strings.Join(s.log, "\n"))
				}
			})
		})
	}
}

// story is one platform and the machines that use it.
type story struct {
	server   *emulator.Server
	machines []site
	t        *testing.T
	random   *rand.Rand

	mu       sync.Mutex
	log      []string
	wishes   []wish         // of the machines
	versions map[int]bool   // generations of mesh that were applied
	more     map[string]int // applies that may start one more run, by job
}

func newStory(t *testing.T, seed uint64) *story {
	t.Helper()
	s := &story{server: open(t, 0), t: t, random: rand.New(rand.NewPCG(seed, 1)), versions: make(map[int]bool), more: make(map[string]int)}
	for range 3 {
		s.wishes = append(s.wishes, wish{1, "", "never"})
		s.machines = append(s.machines, newSite(t, "", map[string]string{"post.txt": "post"}))
	}
	return s
}

// late is a way to the platform on which every answer takes its time.
type late struct {
	mu     sync.Mutex
	random *rand.Rand
	next   http.RoundTripper
}

func (l *late) pause() {
	l.mu.Lock()
	d := time.Duration(l.random.IntN(3000)) * time.Millisecond
	l.mu.Unlock()
	time.Sleep(d)
}

func (l *late) RoundTrip(h *http.Request) (*http.Response, error) {
	l.pause()
	answer, err := l.next.RoundTrip(h)
	l.pause()
	return answer, err
}

// tell lets one machine apply, or two at a time, some times.
func (s *story) tell(ctx context.Context) {
	for range 2 + s.random.IntN(3) {
		var group sync.WaitGroup
		for _, i := range s.random.Perm(len(s.machines))[:min(2, 1+s.random.IntN(4))] {
			s.event(ctx, &group, i)
		}
		group.Wait()
	}
}

// event is an apply of one machine.
func (s *story) event(ctx context.Context, group *sync.WaitGroup, i int) {
	machine := &s.machines[i]
	if s.random.IntN(4) == 0 {
		machine.loseState(s.t)
		s.note("machine %d loses its state", i)
	}
	w := anyWish(s.random)
	s.wishes[i], machine.manifest = w, w.manifest()
	s.versions[w.generation] = true
	if w.checks == failing && w.onFailure == "always" {
		s.more["mesh"]++
	}
	v := &victim{next: &late{random: rand.New(rand.NewPCG(s.random.Uint64(), 1)), next: s.server.Transport()}}
	if s.random.IntN(2) == 0 {
		kinds := append(ofRequests(), ofWrites()...)
		v.what, v.at = kinds[s.random.IntN(len(kinds))], 1+s.random.IntN(40)
	}
	var options planner.Options
	for _, job := range []string{"mesh", "post"} {
		if s.random.IntN(5) == 0 {
			options.Replace = append(options.Replace, job)
			s.more[job]++
		}
	}
	noWait := s.random.IntN(4) == 0
	s.note("machine %d: %+v, replace %v, no wait %v, %s at %d", i, w, options.Replace, noWait, v.what, v.at)
	group.Go(func() {
		ctx, die := context.WithCancelCause(ctx)
		defer die(nil)
		v.die = die
		r := runner{
			site: *machine, transport: v, options: options, noWait: noWait,
			wrap: func(a state.Appender) state.Appender { return appender{a, v} },
		}
		err := r.apply(ctx)
		s.note("machine %d: %v", i, err)
	})
}

func (s *story) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, fmt.Sprintf(format, args...))
}

// billed is one submitted job.
type billed struct {
	id, upstream string
	key          once.Key
	inputs       []string
}

func (s *story) billed() (list []billed, err error) {
	for _, j := range s.server.Jobs() {
		if j.Draft {
			continue
		}
		var body struct {
			JobAnalyses []struct {
				EnvVars    map[string]string `json:"envVars"`
				InputFiles []struct {
					ID string `json:"id"`
				} `json:"inputFiles"`
			} `json:"jobanalyses"`
		}
		if err := json.Unmarshal(j.Body, &body); err != nil {
			return nil, err
		}
		tile := body.JobAnalyses[0]
		b := billed{id: j.ID, upstream: tile.EnvVars[once.UpstreamVariable]}
		b.key, _ = once.ParseKey(tile.EnvVars[once.KeyVariable])
		for _, in := range tile.InputFiles {
			b.inputs = append(b.inputs, in.ID)
		}
		list = append(list, b)
	}
	return list, nil
}

// check applies in peace until nothing is to be done, and looks at all that was left.
func (s *story) check(ctx context.Context) error {
	err := s.settle(ctx)
	list, failed := s.billed()
	err = errors.Join(err, failed)
	keys, runs := make(map[once.Key]int), make(map[string]int)
	for _, b := range list {
		keys[b.key]++
		runs[b.key.Name]++
		s.note("%s: key %d.%d of %s on %q", b.id, b.key.Generation, b.key.Attempt, b.key.Name, b.upstream)
	}
	for key, n := range keys {
		if n != 1 {
			err = errors.Join(err, fmt.Errorf("%d runs of key %d.%d of %s", n, key.Generation, key.Attempt, key.Name))
		}
	}
	if most := len(s.versions) + s.more["mesh"]; runs["mesh"] > most {
		err = errors.Join(err, fmt.Errorf("%d runs of mesh, %d were asked for", runs["mesh"], most))
	}
	if most := runs["mesh"] + s.more["post"]; runs["post"] > most {
		err = errors.Join(err, fmt.Errorf("%d runs of post, %d were asked for", runs["post"], most))
	}
	return errors.Join(err, s.checkInputs(ctx, list), s.checkStates(list))
}

// settle lets one machine apply until it has nothing to do.
func (s *story) settle(ctx context.Context) (err error) {
	i := s.random.IntN(len(s.machines))
	w := wish{generation: s.wishes[i].generation, onFailure: "never"}
	r := runner{site: s.machines[i], transport: s.server.Transport()}
	r.site.manifest = w.manifest()
	s.versions[w.generation] = true
	s.note("machine %d settles: %+v", i, w)
	for range maxApplies {
		if err = r.apply(ctx); err == nil {
			break
		}
		s.note("machine %d: %v", i, err)
	}
	plan, _, _, failed := r.plan(ctx, func(id state.Identity) (state.Snapshot, error) { return state.Read(r.site.journal(), id) })
	if plan.Pending() {
		err = errors.Join(err, errors.New("something is still to be done"))
	}
	for _, step := range plan.Steps {
		if step.Last.Upstream != step.Upstream {
			err = errors.Join(err, fmt.Errorf("%s was built on %q and is to build on %q", step.Job.Name, step.Last.Upstream, step.Upstream))
		}
	}
	return errors.Join(err, failed)
}

// checkInputs compares the files that each run was given with the run that it names.
func (s *story) checkInputs(ctx context.Context, list []billed) error {
	client, err := rescale.New(rescale.Config{BaseURL: "http://localhost", Key: rescale.NewSecret(key), Transport: s.server.Transport()})
	if err != nil {
		return err
	}
	made := make(map[string]string) // which run a file is of
	for _, b := range list {
		files, failed := client.JobFiles(ctx, b.id, "")
		err = errors.Join(err, failed)
		for _, f := range files {
			made[f.ID] = fmt.Sprintf("%d.%d:%s", b.key.Generation, b.key.Attempt, b.key.Name)
		}
	}
	for _, b := range list {
		var from []string
		for _, id := range b.inputs {
			if made[id] != "" {
				from = append(from, made[id])
			}
		}
		if b.key.Name == "post" && !slices.Equal(from, []string{b.upstream}) {
			err = errors.Join(err, fmt.Errorf("run %s says that it builds on %q, and has files of %q", b.id, b.upstream, from))
		}
	}
	return err
}

// checkStates compares what the machines believe with what the platform has.
func (s *story) checkStates(list []billed) (err error) {
	byID := make(map[string]billed)
	for _, b := range list {
		byID[b.id] = b
	}
	for i, machine := range s.machines {
		snapshot, failed := state.Read(machine.journal(), identity())
		err = errors.Join(err, failed)
		for _, run := range slices.Concat(snapshot.Runs["mesh"], snapshot.Runs["post"]) {
			b, submitted := byID[run.ID]
			if run.Stage != state.StageSubmitted && run.Stage != state.StageFinished {
				continue
			}
			if !submitted || b.upstream != run.Upstream || b.key.String() != run.Key {
				err = errors.Join(err, fmt.Errorf("machine %d believes that %s of key %.8s…%s builds on %q; it builds on %q", i, run.ID, run.Key, run.Key[len(run.Key)-10:], run.Upstream, b.upstream))
			}
		}
	}
	return err
}
