package proof_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

const single = `version: 1
name: wing
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, coresPerSlot: 1}
command: "true"
`

// resolveSingle does what needs no race: it reads the catalogs.
func resolveSingle(t *testing.T) resolver.Result {
	t.Helper()
	server := open(t, 0)
	defer server.Close()
	client, err := rescale.New(rescale.Config{BaseURL: "http://localhost", Key: rescale.NewSecret(key), Transport: server.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	jobs, problems := spec.Load([]diag.Source{{Name: "job.yaml", Dir: t.TempDir(), Text: []byte(single)}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	resolved, problems, err := resolver.Resolve(t.Context(), jobs, client, files.Reading{})
	if err = errors.Join(err, asError(problems)); err != nil {
		t.Fatal(err)
	}
	return resolved
}

// standstill is a speed at which a submitted job stays pending.
const standstill = 1e-6

// contest is a kind of race.
type contest struct {
	runners int
	stale   int // job lists that may be older than the present, each as old as can be
	deaths  int // runners that may die
	// switches is how often another runner may go on although the last one could; 0
	// sets no bound. With three runners all orders are too many: every one with few
	// switches is run, and what two of them can do to each other is run in full.
	switches int
}

// contests are run in every order of the runners' requests. Orders that lead to the
// same point (the same answers for every runner, the same jobs on the platform) are
// gone on with once: a runner is a function of its answers, so that what follows is
// the same, too.
func contests() []contest {
	small := []contest{{runners: 2}, {runners: 2, stale: 1}, {runners: 2, deaths: 1}}
	if testing.Short() {
		return small
	}
	return append(small, contest{runners: 2, stale: 1, deaths: 1}, contest{runners: 3, switches: 4},
		contest{runners: 3, stale: 1, switches: 2}, contest{runners: 3, deaths: 1, switches: 2})
}

// String names it in the tests' output.
func (c contest) String() string {
	name := fmt.Sprintf("%d runners, %d old lists, %d deaths", c.runners, c.stale, c.deaths)
	if c.switches > 0 {
		name += fmt.Sprintf(", %d switches", c.switches)
	}
	return name
}

// TestRace rests on the assumption of package once: the emulator serves a job list
// as it was at one instant, which may be long ago.
func TestRace(t *testing.T) {
	t.Parallel()
	resolved := resolveSingle(t)
	for _, c := range contests() {
		t.Run(c.String(), func(t *testing.T) {
			t.Parallel()
			all := &choices{visited: make(map[string]bool)}
			schedules := 0
			for more := true; more && !t.Failed(); more = all.advance() {
				schedules++
				synctest.Test(t, func(t *testing.T) { c.once(t, resolved, all) })
			}
			t.Logf("%d schedules, %d points", schedules, len(all.visited))
		})
	}
}

// once runs one schedule on a new platform, then applies once more without any
// state, as the next pipeline does, and counts.
func (c contest) once(t *testing.T, resolved resolver.Result, all *choices) {
	t.Helper()
	server := open(t, standstill)
	defer server.Close()
	s := &race{server: server, resolved: resolved, choices: all, stale: c.stale, deaths: c.deaths, switches: c.switches, bounded: c.switches > 0}
	err := s.start(t.Context(), c.runners)
	if errors.Is(err, errSeen) {
		return
	}
	for _, r := range s.runners {
		if r.err != nil && !errors.Is(r.err, errGone) {
			err = errors.Join(err, r.err)
		}
	}
	if c.deaths == 0 {
		b, failed := billOf(server)
		err = errors.Join(err, failed, b.check(1))
	}
	last := &race{server: server, resolved: resolved, choices: &choices{visited: make(map[string]bool)}}
	err = errors.Join(err, last.start(t.Context(), 1))
	err = errors.Join(err, last.runners[0].err)
	b, failed := billOf(server)
	if err = errors.Join(err, failed, b.check(1)); err != nil {
		t.Errorf("schedule %v: %v", all.path, err)
	}
}
