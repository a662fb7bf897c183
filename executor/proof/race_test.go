package proof_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/internal/raced"
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

// resolveSingle does what needs no race: it reads the catalogs, for the contents A, B
// and C of one job, and for E and G: one content in which the runners choose different
// core types, as when a price has changed between their plans.
func resolveSingle(t *testing.T) map[byte]resolver.Result {
	t.Helper()
	server := open(t, 0)
	defer server.Close()
	client, err := rescale.New(rescale.Config{BaseURL: "http://localhost", Key: rescale.NewSecret(key), Transport: server.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	dir, contents := t.TempDir(), make(map[byte]resolver.Result)
	for _, content := range []byte("ABCEG") {
		text := strings.Replace(single, `command: "true"`, `command: "true `+string(content)+`"`, 1)
		switch content {
		case 'E':
			text = strings.Replace(single, "emerald", "[emerald, ferrite]", 1)
		case 'G':
			text = strings.Replace(single, "emerald", "[ferrite, emerald]", 1)
		}
		jobs, problems := spec.Load([]diag.Source{{Name: "job.yaml", Dir: dir, Text: []byte(text)}})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		resolved, problems, err := resolver.Resolve(t.Context(), jobs, client, files.Reading{})
		if err = errors.Join(err, asError(problems)); err != nil {
			t.Fatal(err)
		}
		contents[content] = resolved
	}
	if contents['E'].Jobs[0].Digest == contents['G'].Jobs[0].Digest {
		t.Fatal("E and G choose the same")
	}
	return contents
}

// standstill is a speed at which a submitted job stays pending.
const standstill = 1e-6

// contest is a kind of race.
type contest struct {
	contents string // of the runners
	stale    int    // job lists that may be older than the present, each as old as can be
	deaths   int    // runners that may die
	skews    int    // drafts whose dates may be near the one before, or before it
	leaps    int    // times that a runner may be held up for longer than a draft may wait
	// switches is how often another runner may go on although the last one could; 0
	// sets no bound.
	switches int
}

// contests are run in every order of the runners' requests. Orders that lead to the
// same point (the same answers for every runner, the same jobs on the platform with
// dates in the same order) are continued once: a runner is a function of its answers,
// so that what follows is the same, too.
func contests() []contest {
	if raced.On {
		return []contest{{contents: "AA"}, {contents: "AB"}, {contents: "EG"}} // the others differ in orders, not in what is shared
	}
	small := []contest{
		{contents: "AA"},
		{contents: "AA", stale: 1},
		{contents: "AA", deaths: 1},
		{contents: "AA", skews: 2},
		{contents: "AB"},
		{contents: "AB", stale: 1},
		{contents: "AB", skews: 2},
		{contents: "AB", leaps: 1},
		{contents: "EG"},
		{contents: "EG", stale: 1},
		{contents: "EG", skews: 2},
		{contents: "EG", leaps: 1},
	}
	if testing.Short() {
		return small
	}
	return append(small,
		contest{contents: "AA", stale: 1, deaths: 1},
		contest{contents: "AA", skews: 2, leaps: 1},
		contest{contents: "AB", deaths: 1},
		contest{contents: "EG", deaths: 1},
		contest{contents: "EGE", switches: 2},
		contest{contents: "AAA", switches: 3},
		contest{contents: "ABA", switches: 2},
	)
}

// String names it in the tests' output.
func (c contest) String() string {
	name := c.contents
	for _, bound := range []struct {
		n    int
		what string
	}{{c.stale, "old lists"}, {c.deaths, "deaths"}, {c.skews, "skews"}, {c.leaps, "leaps"}, {c.switches, "switches"}} {
		if bound.n > 0 {
			name += fmt.Sprintf(", %d %s", bound.n, bound.what)
		}
	}
	return name
}

// TestRace rests on the assumption of package once: the emulator serves a job list
// as it was at one instant, which may be long ago.
func TestRace(t *testing.T) {
	t.Parallel()
	contents := resolveSingle(t)
	for _, c := range contests() {
		t.Run(c.String(), func(t *testing.T) {
			t.Parallel()
			all := &choices{visited: make(map[string]bool)}
			schedules := 0
			for more := true; more && !t.Failed(); more = all.advance() {
				schedules++
				synctest.Test(t, func(t *testing.T) { c.once(t, contents, all) })
			}
			t.Logf("%d schedules, %d points", schedules, len(all.visited))
		})
	}
}

// once runs one schedule on a new platform, then applies once more without any
// state, as the next pipeline does, and counts.
func (c contest) once(t *testing.T, contents map[byte]resolver.Result, all *choices) {
	t.Helper()
	server := open(t, standstill)
	defer server.Close()
	s := &race{
		server: server, contents: contents, choices: all, stale: c.stale, deaths: c.deaths,
		skews: c.skews, leaps: c.leaps, switches: c.switches, bounded: c.switches > 0,
	}
	err := s.start(t.Context(), c.contents)
	if errors.Is(err, errSeen) {
		return
	}
	for _, r := range s.runners {
		err = errors.Join(err, c.ended(r, server))
	}
	if c.deaths == 0 {
		b, failed := billOf(server)
		err = errors.Join(err, failed, b.check(1))
	}
	last := &race{server: server, contents: contents, choices: &choices{visited: make(map[string]bool)}, offset: time.Hour}
	err = errors.Join(err, last.start(t.Context(), c.contents[:1]), c.ended(last.runners[0], server))
	b, failed := billOf(server)
	if c.mixed() || c.contents[0] == 'E' {
		b.drafts = 0 // a runner that died has left one, which the next in its content takes up
	}
	if err = errors.Join(err, failed, b.check(1)); err != nil {
		t.Errorf("schedule %v: %v", all.path, err)
	}
}

// mixed reports whether the runners want different contents.
func (c contest) mixed() bool { return strings.Trim(c.contents, c.contents[:1]+"G") != "" }

// ended is what is wrong with the end of a runner: it is done, has found the run of
// another, or, where contents differ, stands back. What is done has a run.
func (c contest) ended(r *racer, server *emulator.Server) error {
	var plan *executor.ConflictError
	var apply *once.RivalError
	switch {
	case errors.Is(r.err, errGone), c.mixed() && (errors.As(r.err, &plan) || errors.As(r.err, &apply)):
		return nil
	case r.err != nil:
		return fmt.Errorf("runner %d: %w", r.number, r.err)
	}
	b, err := billOf(server)
	job := r.race.contents[r.content].Jobs[0]
	for key := range b.submitted {
		for _, digest := range append(job.Digests(), job.Digest) {
			if strings.Contains(key, digest) {
				return err
			}
		}
	}
	return errors.Join(err, fmt.Errorf("runner %d believes in a run that is not there", r.number))
}
