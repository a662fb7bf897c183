package sim_test

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Story is all that happens. Kept stories are written as JSON.
type Story struct {
	Seed   uint64 // of what is not said here: how long things take, ids
	Rounds []Round
	Faults []Fault       `json:",omitempty"` // nil: chance says which
	Noise  int           `json:",omitempty"` // once in how many events something goes wrong, where chance says
	Ahead  time.Duration `json:",omitempty"` // how far the platform's clock is ahead of the machines'
	Skew   time.Duration `json:",omitempty"` // between the platform's servers, at most
}

// Round is what happens at one time. The next begins when all of it is over.
type Round struct {
	Acts    []Act   `json:",omitempty"`
	Applies []Apply `json:",omitempty"`
}

// Act is what befalls a machine before its applies, or what a person does in the web UI
// while they run.
type Act struct {
	ID   int
	What string
	On   int           // machine, or which of the jobs
	From int           `json:",omitempty"` // another machine, or an old state
	At   time.Duration `json:",omitempty"` // after the round began
}

// The acts.
const (
	losesState  = "loses its state"
	oldState    = "gets an old state from a cache"
	othersState = "gets the state of another machine"
	losesPower  = "loses power; its disk had lied about the last lines"
	losesFiles  = "loses its results"
	stops       = "a person stops a run"
	deletes     = "a person deletes a job"
	clones      = "a person clones a job"
	runsClone   = "a person clones a job and runs it"
)

func ofMachines() []string {
	return []string{losesState, oldState, othersState, losesPower, losesFiles}
}

func ofPeople() []string { return []string{stops, deletes, clones, runsClone} }

// Apply is one process.
type Apply struct {
	ID       int
	Machine  int
	After    time.Duration // the round began
	Manifest Manifest
	Replace  []string `json:",omitempty"`
	NoWait   bool     `json:",omitempty"`
	Stop     bool     `json:",omitempty"` // stops rivals
	NoQueue  bool     `json:",omitempty"`
	Market   Market
}

// Fault is one event that goes wrong: the nth of that name in an apply.
type Fault struct {
	Apply int
	Event string
	Nth   int `json:",omitempty"`
	What  string
}

// takes reports whether some manifest has a job which takes results of another. One
// that leaves nothing for it keeps it from running, which is as it should be.
func (s Story) takes(name string) bool {
	for _, r := range s.Rounds {
		for _, a := range r.Applies {
			if slices.ContainsFunc(a.Manifest.Jobs, func(j Job) bool { return slices.Contains(j.Needs, name) }) {
				return true
			}
		}
	}
	return false
}

// machines is how many there are at most.
const machines = 3

// newStory makes one up.
func newStory(seed uint64) Story {
	g := &generator{c: chance(seed).of("story")}
	s := Story{Seed: seed, Noise: pick(g.next(), []int{0, 15, 40, 100, 300})}
	if g.next().one(3) {
		s.Ahead = time.Duration((g.next().share() - 0.5) * float64(2*time.Hour))
	}
	if g.next().one(2) {
		s.Skew = time.Duration(g.next().share() * float64(4900*time.Millisecond))
	}
	if g.contest = g.next().one(3); g.contest {
		s.Noise = pick(g.next(), []int{0, 6, 12})
	}
	first := g.manifest()
	for range machines {
		g.has = append(g.has, first)
	}
	if g.contest {
		s.Rounds = append(s.Rounds, g.contested())
	}
	for range 1 + g.next().upTo(4) {
		s.Rounds = append(s.Rounds, g.round())
	}
	return s
}

// generator makes up the parts of a story.
type generator struct {
	c   chance
	n   int
	ids int
	has []Manifest // of the machines

	market  Market
	contest bool // machines that know nothing of each other begin with one job at once
}

// contested is a round in which all machines begin with the same few jobs.
func (g *generator) contested() (r Round) {
	for on := range 2 + g.next().upTo(machines-1) {
		a := g.apply(on)
		a.After = time.Duration(g.next().share() * float64(pick(g.next(), []time.Duration{time.Second, 5 * time.Second, 30 * time.Second})))
		r.Applies = append(r.Applies, a)
	}
	return r
}

func (g *generator) next() chance { g.n++; return g.c.of(g.n) }

func (g *generator) id() int { g.ids++; return g.ids }

func (g *generator) manifest() Manifest {
	var m Manifest
	jobs := 1 + g.next().upTo(3)*g.next().upTo(3)
	if g.contest {
		jobs = 1
	}
	for i := range jobs {
		m.Jobs = append(m.Jobs, g.job(m, i))
	}
	return m
}

func (g *generator) job(m Manifest, i int) Job {
	j := Job{Name: string(rune('a' + i)), Version: 1, Generation: 1}
	if g.next().one(4) {
		j.Points = 2 + g.next().upTo(2)
	}
	if i > 0 && !g.next().one(3) {
		j.Needs = []string{m.Jobs[g.next().upTo(i)].Name}
		if other := m.Jobs[g.next().upTo(i)].Name; other != j.Needs[0] && g.next().one(3) {
			j.Needs = append(j.Needs, other)
		}
	}
	if g.next().one(3) {
		j.Input = 1
	}
	if g.next().one(3) {
		j.Checks = pick(g.next(), []string{checksFile, checksLog, checksNever})
	}
	j.Retry, j.Fetch = g.next().one(4), g.next().one(5)
	if c := g.c.of("seats", g.n); j.Points > 0 && c.one(2) {
		j.Seats = 1 + c.of("most").upTo(2)
	}
	if c := g.c.of("loose", g.n); c.one(3) {
		j.Open, j.Types = c.of("open").one(2), c.of("types").one(2)
	}
	return j
}

// edit changes a manifest a little.
func (g *generator) edit(m Manifest) Manifest {
	m.Jobs = slices.Clone(m.Jobs)
	j := &m.Jobs[g.next().upTo(len(m.Jobs))]
	switch g.next().upTo(9) {
	case 0:
		j.Version = 1 + g.next().upTo(3)
	case 1:
		j.Generation = 1 + g.next().upTo(2)
	case 2:
		j.Checks = pick(g.next(), []string{"", checksFile, checksLog, checksNever})
	case 3:
		j.Retry = !j.Retry
	case 4:
		j.Fetch = !j.Fetch
	case 5:
		j.Input = g.next().upTo(3)
	case 6:
		if len(m.Jobs) < 6 {
			m.Jobs = append(m.Jobs, g.job(m, int(m.Jobs[len(m.Jobs)-1].Name[0]-'a')+1))
		}
	case 7:
		if last := len(m.Jobs) - 1; last > 0 {
			m.Jobs = m.Jobs[:last]
		}
	case 8:
		j.Open, j.Types = g.next().one(2), g.next().one(2)
	}
	return m
}

// moves changes the market, now and then.
func (g *generator) moves(seldom int) {
	c := g.c.of("market", g.n)
	if c.of("version").one(3 * seldom) {
		g.market.Newest++
	}
	if c.of("price").one(2 * seldom) {
		g.market.Dear = !g.market.Dear
	}
	if c.of("retired").one(5 * seldom) {
		g.market.Retired = !g.market.Retired
	}
}

func (g *generator) round() (r Round) {
	g.moves(1)
	for g.next().one(4) {
		r.Acts = append(r.Acts, Act{ID: g.id(), What: pick(g.next(), ofMachines()), On: g.next().upTo(machines), From: g.next().upTo(machines)})
	}
	for g.next().one(6) {
		at := time.Duration(g.next().share() * float64(100*time.Second))
		r.Acts = append(r.Acts, Act{ID: g.id(), What: pick(g.next(), ofPeople()), On: g.next().upTo(100), At: at})
	}
	start := g.next().upTo(machines)
	for i := range pick(g.next(), []int{1, 1, 1, 2, 2, 3}) {
		r.Applies = append(r.Applies, g.apply((start+i)%machines))
	}
	return r
}

func (g *generator) apply(on int) Apply {
	for g.next().one(2) {
		g.has[on] = g.edit(g.has[on])
	}
	a := Apply{ID: g.id(), Machine: on, Manifest: g.has[on], NoWait: g.next().one(6), Stop: g.next().one(8), NoQueue: g.next().one(10)}
	g.moves(4)
	a.Market = g.market
	if !g.next().one(3) {
		a.After = time.Duration(g.next().share() * float64(pick(g.next(), []time.Duration{time.Second, 20 * time.Second, 3 * time.Minute})))
	}
	for _, j := range a.Manifest.Jobs {
		if g.next().one(12) && j.Points == 0 {
			a.Replace = append(a.Replace, j.Name)
		}
	}
	return a
}

// name of the file in which it is kept.
func (s Story) name() string { return fmt.Sprintf("seed-%d", s.Seed) }

// words returns the story in words.
func (s Story) words() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Seed %d.", s.Seed)
	if s.Ahead != 0 {
		fmt.Fprintf(&b, " The platform's clock is %v ahead.", s.Ahead.Round(time.Second))
	}
	if s.Skew != 0 {
		fmt.Fprintf(&b, " Its servers disagree by up to %v.", s.Skew.Round(time.Millisecond))
	}
	b.WriteString("\n")
	for i, r := range s.Rounds {
		fmt.Fprintf(&b, "Round %d:\n", i+1)
		for _, a := range r.Acts {
			b.WriteString("  " + a.words() + "\n")
		}
		for _, a := range r.Applies {
			b.WriteString("  " + a.words() + "\n")
			for _, f := range s.Faults {
				if f.Apply == a.ID {
					fmt.Fprintf(&b, "    %s %q, time %d\n", f.What, f.Event, f.Nth+1)
				}
			}
		}
	}
	return b.String()
}

func (a Act) words() string {
	switch {
	case slices.Contains(ofPeople(), a.What):
		return fmt.Sprintf("after %v %s, number %d", a.At.Round(time.Second), a.What, a.On)
	case a.What == othersState:
		return fmt.Sprintf("machine %d gets the state of machine %d", a.On, a.From)
	}
	return fmt.Sprintf("machine %d %s", a.On, a.What)
}

func (a Apply) words() string {
	text := fmt.Sprintf("after %v machine %d applies (%d)", a.After.Round(time.Millisecond), a.Machine, a.ID)
	for _, name := range a.Replace {
		text += " --replace " + name
	}
	for flag, set := range map[string]bool{"--no-wait": a.NoWait, "--stop-rivals": a.Stop, "--no-queue": a.NoQueue} {
		if set {
			text += " " + flag
		}
	}
	if a.Market != (Market{}) {
		text += fmt.Sprintf(" in a market %+v", a.Market)
	}
	for _, j := range a.Manifest.Jobs {
		text += "\n    " + j.words()
	}
	return text
}

func (j Job) words() string {
	text := fmt.Sprintf("%s: command %d", j.Name, j.Version)
	if j.Points > 0 {
		text += fmt.Sprintf(", %d points", j.Points)
	}
	if j.Open {
		text += ", in the newest version"
	}
	if j.Types {
		text += ", on basalt or gneiss"
	}
	if j.Seats > 0 {
		text += fmt.Sprintf(", at most %d at a time", j.Seats)
	}
	if len(j.Needs) > 0 {
		text += ", takes of " + strings.Join(j.Needs, " and ")
	}
	if j.Input > 0 {
		text += fmt.Sprintf(", input %d", j.Input)
	}
	if j.Generation != 1 {
		text += fmt.Sprintf(", generation %d", j.Generation)
	}
	if j.Checks != "" {
		text += ", succeeds by " + j.Checks
	}
	if j.Retry {
		text += ", again after a failure"
	}
	if j.Fetch {
		text += ", fetched"
	}
	return text
}
