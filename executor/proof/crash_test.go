package proof_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/internal/raced"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// three is an apply with shared and own inputs, tags, results and checks of success, with
// a sweep of two runs, and with a job of two analyses, a project that pays and a custom
// field.
const three = `version: 1
name: wing
tags: [naca, fine mesh]
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, coresPerSlot: 1}
inputs: [shared.txt, wing.txt]
command: "true"
outputs: {download: [process_output.log]}
---
version: 1
name: tail
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, coresPerSlot: 1}
inputs: [shared.txt]
doe: {params: tail.csv, templates: [{path: tail.tmpl, to: tail.txt}]}
command: "true"
---
version: 1
name: body
project: cfd
customFields: {Cost center: A-17}
hardware: {coreType: emerald, coresPerSlot: 1}
analyses:
  - {analysis: {code: user_included, version: "0"}, command: "true"}
  - {analysis: {code: user_included, version: "0"}, command: "true"}
success: {files: [process_output.log], log: {lacks: FATAL}}
`

// chained is an apply whose second job takes a result of the first.
const chained = `version: 1
name: post
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, coresPerSlot: 1}
inputs: [post.txt, {from: mesh, files: [process_output.log]}]
command: "true"
outputs: {download: [process_output.log]}
---
version: 1
name: mesh
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, coresPerSlot: 1}
command: "true"
`

// scene is an apply to which accidents happen.
type scene struct {
	manifest string
	files    map[string]string
	jobs     int // that are to have run in the end
	// Before sets the stage; nil when it is empty.
	before func(t *testing.T, server *emulator.Server)
	// Stands means that the run of another content is active all the while, so that
	// nothing runs beside it.
	stands bool
	// Storage is what every run must have been given.
	storage []string
}

func scenes() map[string]scene {
	return map[string]scene{
		"three jobs":                   {manifest: three, files: map[string]string{"shared.txt": "shared", "wing.txt": "wing", "tail.csv": "x\n1\n2\n", "tail.tmpl": "${x}"}, jobs: 3},
		"a chain":                      {manifest: chained, files: map[string]string{"post.txt": "post"}, jobs: 2},
		"storage":                      storedScene(),
		"storage that nobody can read": unreadScene(),
		"other content active": {
			manifest: strings.Replace(single, `"true"`, `"true A"`, 1), jobs: 1, stands: true, before: otherContent(nil),
		},
		"other content left as a draft": {
			manifest: strings.Replace(single, `"true"`, `"true A"`, 1), jobs: 1,
			before: otherContent(func(s *emulator.Server) http.RoundTripper { return &untilSubmit{next: s.Transport()} }),
		},
	}
}

// otherContent lets another machine apply the job in another content.
func otherContent(way func(*emulator.Server) http.RoundTripper) func(*testing.T, *emulator.Server) {
	return func(t *testing.T, server *emulator.Server) {
		t.Helper()
		other := runner{site: newSite(t, single, nil), transport: server.Transport(), noWait: true}
		if way != nil {
			other.transport = way(server)
		}
		if err := other.apply(t.Context()); err != nil && !errors.Is(err, errGone) {
			t.Fatal(err)
		}
	}
}

// untilSubmit is the way of a machine that dies when it is about to submit.
type untilSubmit struct {
	next http.RoundTripper
	dead atomic.Bool // requests of one machine run beside each other
}

func (u *untilSubmit) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/submit/") {
		u.dead.Store(true)
	}
	if u.dead.Load() {
		return nil, errGone
	}
	return u.next.RoundTrip(r)
}

// accident is what happens at the k-th event of a kind.
type accident string

const (
	refused    accident = "request refused before it is sent"
	reset      accident = "connection reset before the effect, process alive"
	goneEarly  accident = "process gone before the request is sent"
	goneLate   accident = "process gone after the effect, before the answer"
	lost       accident = "answer lost, process alive"
	notWritten accident = "process gone before the journal write"
	torn       accident = "process gone in the middle of the journal write"
	written    accident = "process gone after the journal write"
)

func ofRequests() []accident { return []accident{refused, reset, goneEarly, goneLate, lost} }

func ofWrites() []accident { return []accident{notWritten, torn, written} }

var errGone = errors.New("the process is gone")

// victim is a process to which one accident happens.
type victim struct {
	at       int // number of the request or write, from 1; 0 is never
	what     accident
	next     http.RoundTripper
	die      context.CancelCauseFunc
	mu       sync.Mutex
	requests int
	writes   int
	dead     bool
	happened bool
}

// event counts, and reports whether the accident happens now. Nothing happens to a
// process that is gone.
func (v *victim) event(count *int, kinds ...accident) (accident, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.dead {
		return "", errGone
	}
	*count++
	for _, kind := range kinds {
		if kind == v.what && *count == v.at {
			v.happened = true
			v.dead = kind != refused && kind != reset && kind != lost
			return kind, nil
		}
	}
	return "", nil
}

func (v *victim) end() error {
	v.die(errGone)
	return errGone
}

// RoundTrip is the way to the platform.
func (v *victim) RoundTrip(r *http.Request) (*http.Response, error) {
	kind, err := v.event(&v.requests, ofRequests()...)
	switch {
	case err != nil:
		return nil, err
	case kind == refused:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case kind == reset:
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	case kind == goneEarly:
		return nil, v.end()
	}
	answer, err := v.next.RoundTrip(r)
	if kind == "" {
		return answer, err
	}
	if err == nil {
		answer.Body.Close()
	}
	if kind == goneLate {
		return nil, v.end()
	}
	return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
}

// appender is the way to the journal.
type appender struct {
	state.Appender
	victim *victim
}

// Append writes all of the line, half of it, or nothing.
func (a appender) Append(line []byte) error {
	kind, err := a.victim.event(&a.victim.writes, ofWrites()...)
	switch {
	case err != nil:
		return err
	case kind == notWritten:
		return a.victim.end()
	case kind == torn:
		line = line[:len(line)/2]
	}
	err = a.Appender.Append(line)
	if kind != "" {
		return a.victim.end()
	}
	return err
}

// apply is an apply to which the accident happens. It sends one request at a time,
// as far as that is up to it, so that the k-th is the same in every run.
func (v *victim) apply(ctx context.Context, s site) error {
	ctx, v.die = context.WithCancelCause(ctx)
	defer v.die(nil)
	r := runner{site: s, transport: v, parallel: 1, wrap: func(a state.Appender) state.Appender { return appender{a, v} }}
	return r.apply(ctx)
}

// maxApplies is how often a person has to type the command again at most.
const maxApplies = 3

// crash lets the accident happen to the scene on a new platform and applies again until
// it succeeds. It reports whether the accident happened.
func (c scene) crash(t *testing.T, what accident, at int, keepState bool) (happened bool, uploads int) {
	t.Helper()
	speed := 0.0
	if c.stands {
		speed = standstill
	}
	server := open(t, speed)
	defer func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}()
	if c.before != nil {
		c.before(t, server)
	}
	s := newSite(t, c.manifest, c.files)
	v := &victim{at: at, what: what, next: server.Transport()}
	err := v.apply(t.Context(), s)
	if !v.happened {
		return false, 0
	}
	if !keepState {
		s.loseState(t)
	}
	again := runner{site: s, transport: server.Transport()}
	for range maxApplies {
		if err = c.expected(again.apply(t.Context())); err == nil {
			break
		}
	}
	if err != nil {
		t.Errorf("applying again: %v", err)
	}
	b, err := billOf(server)
	if err = errors.Join(err, b.check(c.jobs), lacking(server, c.storage)); err != nil {
		t.Error(err)
	}
	if pending, err := again.pending(t.Context()); pending != c.stands || err != nil {
		t.Errorf("afterwards: plan pending %v, %v", pending, err)
	}
	return true, countUploads(server)
}

// expected is what is wrong with how an apply ended.
func (c scene) expected(err error) error {
	var conflict *executor.ConflictError
	switch {
	case !c.stands:
		return err
	case errors.As(err, &conflict):
		return nil
	}
	return fmt.Errorf("it does not stand back: %w", errors.Join(err, errGone))
}

func countUploads(server *emulator.Server) (n int) {
	for _, r := range server.Requests() {
		if r.Method == http.MethodPost && r.Path == "/api/v2/files/contents/" && r.Status == http.StatusCreated {
			n++
		}
	}
	return n
}

// TestCrash enumerates the points at which an apply can be cut short.
func TestCrash(t *testing.T) {
	t.Parallel()
	for name, scene := range scenes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			points := 0
			t.Run("points", func(t *testing.T) {
				for _, what := range append(ofRequests(), ofWrites()...) {
					for name, keep := range map[string]bool{"state kept": true, "state lost": false} {
						t.Run(fmt.Sprintf("%s, %s", what, name), func(t *testing.T) {
							t.Parallel()
							n := scene.crashEverywhere(t, what, keep)
							mu.Lock()
							defer mu.Unlock()
							points += n
						})
					}
				}
			})
			t.Logf("%d crash points", points)
			if whole := (scene.before == nil || scene.storage != nil) && !raced.On; whole && points < 100*scene.jobs || points < 20 {
				t.Errorf("only %d crash points: the enumeration is broken", points)
			}
		})
	}
}

// crashEverywhere lets one kind of accident happen at each event, and counts them.
func (c scene) crashEverywhere(t *testing.T, what accident, keep bool) (points int) {
	t.Helper()
	limit := len(c.files)
	if what == lost {
		limit++ // the apply cannot know that it was stored, and sends again
	}
	// A wait for somebody else's draft is the same request again and again.
	const waiting = 30
	last := math.MaxInt
	switch {
	case raced.On:
		last = 10
	case c.before != nil && c.storage == nil:
		last = waiting
	}
	for at, more := 1, true; more && at <= last; at++ {
		synctest.Test(t, func(t *testing.T) {
			var uploads int
			if more, uploads = c.crash(t, what, at, keep); !more {
				return
			}
			points++
			if uploads > limit {
				t.Errorf("%d uploads of %d contents, at most %d are due", uploads, len(c.files), limit)
			}
		})
		if t.Failed() {
			t.Fatalf("at event %d", at)
		}
	}
	return points
}
