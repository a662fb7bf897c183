package proof_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// race is one schedule of runners that have nothing in common but the platform.
// Every request about jobs stops at a gate, and the schedule says whose goes on. So
// one request at a time is on its way, and the same choices give the same run.
type race struct {
	server   *emulator.Server
	contents map[byte]resolver.Result
	choices  *choices
	skews    int // drafts whose dates may still be close to the one before, or wrong
	leaps    int // times that a runner may still be held up beyond the limit of a draft
	stale    int // old job lists that may still be served
	deaths   int // runners that may still die
	bounded  bool
	offset   time.Duration // of the date of the last draft from the time
	switches int           // that are left, when bounded
	last     *racer        // whose request went on last
	versions []time.Time

	mu      sync.Mutex
	waiting []*request
	runners []*racer
}

// racer is one runner.
type racer struct {
	race       *race
	number     int
	content    byte
	dead, done bool
	err        error
	told       []string // every answer it got: with the code, its whole state
}

// request stops at the gate.
type request struct {
	racer *racer
	http  *http.Request
	open  chan way
}

// way is how a request goes on.
type way int

const (
	passes    way = iota
	diesEarly     // the runner dies before the request is sent
	diesLate      // the runner dies after the effect, before the answer
)

// jobItself is the path of a job. What is read there never changes while the job is
// there; that it is gone is told just as well by its statuses, which are read next.
// So it goes on at once: to wait would only repeat other schedules.
var jobItself = regexp.MustCompile(`^/api/v2/jobs/[A-Za-z]+/$`)

// RoundTrip is a racer's way to the platform.
func (r *racer) RoundTrip(h *http.Request) (*http.Response, error) {
	if h.Method == http.MethodGet && jobItself.MatchString(h.URL.Path) {
		answer, err := r.race.server.Transport().RoundTrip(h)
		if err != nil {
			return nil, err
		}
		return r.note(h, answer)
	}
	q := &request{racer: r, http: h, open: make(chan way, 1)}
	r.race.mu.Lock()
	if r.dead {
		r.race.mu.Unlock()
		return nil, errGone
	}
	r.race.waiting = append(r.race.waiting, q)
	r.race.mu.Unlock()
	how := <-q.open
	if how == diesEarly {
		return nil, errGone
	}
	answer, err := r.race.server.Transport().RoundTrip(h)
	if err != nil || how == diesLate {
		return nil, errors.Join(errGone, err)
	}
	return r.note(h, answer)
}

// Dates differ from schedule to schedule, and only their order counts; the order
// of jobs is in their ids.
var dates = regexp.MustCompile(`\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)`)

// note keeps the answers that the racer gets.
func (r *racer) note(h *http.Request, answer *http.Response) (*http.Response, error) {
	body, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	answer.Body = io.NopCloser(bytes.NewReader(body))
	line := fmt.Sprintf("%s %s %d %s", h.Method, h.URL.Path, answer.StatusCode, dates.ReplaceAll(body, nil))
	r.race.mu.Lock()
	defer r.race.mu.Unlock()
	if h.Method != http.MethodGet || !r.knows(line) {
		r.told = append(r.told, line)
	}
	return answer, err
}

// knows reports whether a request was answered so the last time. Hearing once more that nothing has
// changed is waiting.
func (r *racer) knows(line string) bool {
	for _, old := range slices.Backward(r.told) {
		if old == longAfter {
			return false
		}
		if requestOf(old) == requestOf(line) {
			return old == line
		}
	}
	return false
}

// memory of the racer as text. Answers to requests that it sent at the same time may
// come in any order; answers to the same request keep theirs.
func (r *racer) memory() string {
	lines := slices.Clone(r.told)
	slices.SortStableFunc(lines, func(a, b string) int { return strings.Compare(requestOf(a), requestOf(b)) })
	return strings.Join(lines, "\n")
}

func requestOf(line string) string {
	fields := strings.SplitN(line, " ", 3)
	return fields[0] + " " + fields[1]
}

// memory is a journal that is lost with its runner.
type memory struct{}

func (memory) Append(...state.Record) error { return nil }
func (memory) Snapshot() state.Snapshot     { return state.Snapshot{New: true} }

// run applies once.
func (r *racer) run(ctx context.Context) error {
	// A request may be held up for as long as the schedule wants.
	client, err := rescale.New(rescale.Config{BaseURL: "http://localhost", Key: rescale.NewSecret(key), Transport: r, Timeout: 1000 * time.Hour})
	if err != nil {
		return err
	}
	resolved := r.race.contents[r.content]
	seen, err := planner.Observe(ctx, client, resolved, state.Snapshot{New: true}, planner.Options{})
	if err != nil {
		return err
	}
	plan := planner.New(resolved.Jobs, state.Snapshot{New: true}, seen, planner.Options{})
	apply := executor.Executor{
		Platform: client, Journal: memory{}, Owner: owner, NoWait: true,
		// Pauses differ from runner to runner, as they do in earnest, but not from schedule to schedule.
		Random: func() float64 { return float64(r.number+1) / 7 },
	}
	report, err := apply.Apply(ctx, plan)
	for _, o := range report.Outcomes {
		err = errors.Join(err, o.Err)
	}
	return err
}

// errSeen ends a schedule that has come to a point from which all went on before.
var errSeen = errors.New("seen before")

// start runs a racer for each content to its end. It must be called in a bubble, with
// whose help it notices that every racer waits at the gate, sleeps or has ended.
func (s *race) start(ctx context.Context, contents string) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	for i := range len(contents) {
		r := &racer{race: s, number: i, content: contents[i]}
		s.runners = append(s.runners, r)
		group.Go(func() {
			r.err = r.run(ctx)
			s.mu.Lock()
			defer s.mu.Unlock()
			r.done = true
		})
	}
	s.versions = []time.Time{s.server.Now()}
	for err == nil {
		synctest.Wait()
		if s.over() {
			break
		}
		if err = s.step(); err == nil {
			err = s.active()
		}
	}
	s.abandon(cancel)
	group.Wait()
	return err
}

func (s *race) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !slices.ContainsFunc(s.runners, func(r *racer) bool { return !r.done })
}

// abandon ends what is left.
func (s *race) abandon(cancel func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.runners {
		r.dead = true
	}
	for _, q := range s.waiting {
		q.open <- diesEarly
	}
	s.waiting = nil
	cancel()
}

// errTwoActive is what must not be.
var errTwoActive = errors.New("two active runs of one name")

// active fails when two runs are active at a time. Nothing ends while a race is on.
func (s *race) active() error {
	submitted := 0
	for _, j := range s.server.Jobs() {
		if !j.Draft {
			submitted++
		}
	}
	if submitted > 1 {
		return errTwoActive
	}
	return nil
}

// dating is what the date of a new draft is like.
type dating int

const (
	far    dating = iota // a minute after the one before, so that the order is sure
	near                 // as the one before, so that it is not
	before               // seconds before the one before: the platform's servers disagree
)

// move is one thing that can happen next.
type move struct {
	request *request // nil: time passes, until somebody wakes
	way     way
	version int // of the job list that is served; the last is the present
	dating  dating
	leap    bool // more time passes than a draft may be old
}

// longAfter is what a racer is told when it wakes after a leap: the same answers mean
// something else then.
const longAfter = "GET long after"

// aLeap is more than any draft may wait for its submit.
const aLeap = 20 * time.Minute

// step lets one of the possible things happen.
func (s *race) step() error {
	moves := s.moves()
	if len(moves) > 1 {
		if s.choices.seen(s.fingerprint()) {
			return errSeen
		}
	}
	m := moves[s.choices.next(len(moves))]
	if m.request == nil {
		s.pass(m.leap)
		return nil
	}
	return s.let(m)
}

// pass lets time pass until a racer that slept sends a request or ends, or for long.
func (s *race) pass(leap bool) {
	if leap {
		s.leaps--
		s.mu.Lock()
		for _, r := range s.runners {
			r.told = append(r.told, longAfter)
		}
		s.mu.Unlock()
		time.Sleep(aLeap)
		return
	}
	for before := s.awake(); s.awake() == before; synctest.Wait() {
		time.Sleep(100 * time.Millisecond)
	}
}

// awake counts the requests that wait and the racers that have ended.
func (s *race) awake() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n = len(s.waiting)
	for _, r := range s.runners {
		if r.done {
			n++
		}
	}
	return n
}

func creates(h *http.Request) bool {
	return h.Method == http.MethodPost && h.URL.Path == "/api/v2/jobs/"
}

func isList(h *http.Request) bool {
	return h.Method == http.MethodGet && h.URL.Path == "/api/v2/jobs/"
}

// changesList reports whether a job comes into the list or leaves it. Statuses change too, but are read
// by id.
func changesList(h *http.Request) bool {
	return h.Method == http.MethodDelete || creates(h)
}

// moves lists, in a fixed order, every request that may go on, each in every way.
func (s *race) moves() []move {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.SortFunc(s.waiting, func(a, b *request) int {
		return strings.Compare(a.name(), b.name())
	})
	present := len(s.versions) - 1
	var moves []move
	for _, q := range s.waiting {
		if s.bounded && s.switches == 0 && q.racer != s.last && s.atGate(s.last) {
			continue
		}
		m := move{request: q, version: present}
		moves = append(moves, m)
		if creates(q.http) && s.skews > 0 && len(s.versions) > 1 {
			moves = append(moves, move{request: q, version: present, dating: near}, move{request: q, version: present, dating: before})
		}
		if isList(q.http) && s.stale > 0 {
			for v := range present {
				moves = append(moves, move{request: q, version: v})
			}
		}
		if s.deaths > 0 {
			moves = append(moves, move{request: q, version: present, way: diesEarly})
			if q.http.Method != http.MethodGet {
				moves = append(moves, move{request: q, version: present, way: diesLate})
			}
		}
	}
	return append(moves, s.waits()...)
}

// waits are the ways in which time can pass. A runner that is held up beyond the limit
// is one whose request waits at the gate meanwhile.
func (s *race) waits() (moves []move) {
	if !s.someSleep() {
		return nil
	}
	moves = append(moves, move{})
	if s.leaps > 0 && len(s.waiting) > 0 {
		moves = append(moves, move{leap: true})
	}
	return moves
}

func (q *request) name() string {
	return fmt.Sprintf("%d %s %s?%s", q.racer.number, q.http.Method, q.http.URL.Path, q.http.URL.RawQuery)
}

// someSleep reports whether a racer neither waits at the gate nor has ended.
func (s *race) someSleep() bool {
	return slices.ContainsFunc(s.runners, func(r *racer) bool {
		return !r.done && !s.atGate(r)
	})
}

func (s *race) atGate(r *racer) bool {
	return slices.ContainsFunc(s.waiting, func(q *request) bool { return q.racer == r })
}

// let makes a move and waits until it has had its effect.
func (s *race) let(m move) error {
	s.mu.Lock()
	if s.last != nil && s.last != m.request.racer && s.atGate(s.last) {
		s.switches--
	}
	s.last = m.request.racer
	s.waiting = slices.DeleteFunc(s.waiting, func(q *request) bool { return q == m.request })
	s.mu.Unlock()
	if m.version < len(s.versions)-1 {
		s.stale--
		s.server.PinListing(s.versions[m.version])
	}
	if m.way != passes {
		s.deaths--
		s.kill(m.request.racer)
	}
	if creates(m.request.http) {
		s.date(m.dating)
	}
	m.request.open <- m.way
	synctest.Wait()
	s.server.PinListing(time.Time{})
	if changesList(m.request.http) {
		s.versions = append(s.versions, s.server.Now())
	}
	return nil
}

// date decides what date the next draft gets.
func (s *race) date(d dating) {
	switch d {
	case far:
		s.offset += time.Minute
	case near:
		s.skews--
	case before:
		s.skews--
		s.offset -= 3 * time.Second
	}
	offset := s.offset
	s.server.Switch(func(to *emulator.Switches) { to.Skew = func(int) time.Duration { return offset } })
}

// kill makes a racer's other requests fail, too.
func (s *race) kill(r *racer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.dead = true
	s.waiting = slices.DeleteFunc(s.waiting, func(q *request) bool {
		if q.racer == r {
			q.open <- diesEarly
		}
		return q.racer == r
	})
}

// fingerprint identifies points of schedules: what every racer was told, where it is, and what the
// platform holds. From equal points everything goes on equally; so it does from points that differ in
// the racers' numbers only, for all are the same.
func (s *race) fingerprint() string {
	var racers []string
	s.mu.Lock()
	for _, r := range s.runners {
		text := fmt.Sprintln(r.memory(), string(r.content), r.dead, r.done, s.bounded && r == s.last)
		for _, q := range s.waiting {
			if q.racer == r {
				text += q.name()[1:] + "\n"
			}
		}
		racers = append(racers, text)
	}
	s.mu.Unlock()
	slices.Sort(racers)
	h := sha256.New()
	if s.bounded {
		fmt.Fprintln(h, s.switches)
	}
	fmt.Fprintln(h, racers, s.stale, s.deaths, s.skews, s.leaps, len(s.versions))
	jobs := s.server.Jobs()
	for _, j := range jobs {
		fmt.Fprintln(h, j.ID, j.Status, j.Draft, j.Deleted)
		for _, other := range jobs {
			apart := j.Dated.Sub(other.Dated)
			fmt.Fprintln(h, apart.Abs() <= 5*time.Second, apart < 0)
		}
	}
	return string(h.Sum(nil))
}

// choices walks through all schedules, depth first: each run repeats the choices
// of the last one up to the last choice that has an alternative left, and takes it.
type choices struct {
	path    []choice
	at      int
	visited map[string]bool
}

type choice struct{ taken, of int }

func (c *choices) next(n int) int {
	if c.at == len(c.path) {
		c.path = append(c.path, choice{0, n})
	}
	if c.path[c.at].of != n {
		panic(fmt.Sprintf("choice %d had %d alternatives and has %d: the runs are not deterministic", c.at, c.path[c.at].of, n))
	}
	taken := c.path[c.at].taken
	c.at++
	return taken
}

// seen reports, beyond the repeated choices, whether a point was met before, and remembers it.
func (c *choices) seen(point string) bool {
	if c.at < len(c.path) {
		return false
	}
	if c.visited[point] {
		return true
	}
	c.visited[point] = true
	return false
}

// advance makes the next run differ; false when every schedule was run.
func (c *choices) advance() bool {
	c.at = 0
	for len(c.path) > 0 {
		last := &c.path[len(c.path)-1]
		if last.taken++; last.taken < last.of {
			return true
		}
		c.path = c.path[:len(c.path)-1]
	}
	return false
}
