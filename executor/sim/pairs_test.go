package sim_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// oneJob is the apply of one job with an input, a check and results, given twice: what
// the first leaves undone, the second brings to its end.
func oneJob(keepState bool) Story {
	manifest := Manifest{Jobs: []Job{{Name: "a", Version: 1, Generation: 1, Input: 1, Checks: checksFile, Fetch: true}}}
	s := Story{Seed: 4, Faults: []Fault{}, Rounds: []Round{
		{Applies: []Apply{{ID: 1, Manifest: manifest}}},
		{Applies: []Apply{{ID: 2, Manifest: manifest}}},
	}}
	if !keepState {
		s.Rounds[1].Acts = []Act{{ID: 3, What: losesState}}
	}
	return s
}

// waits is how many times one request is repeated at most while nothing happens; what
// goes wrong with a later one goes wrong with an earlier one, too.
const waits = 4

// TestPairs lets any two things go wrong with the apply of one job: everything with each
// event, and then everything with each event that comes after it, with the state kept and
// with the state lost in between. It runs a part of them: -pairs 1 runs all.
func TestPairs(t *testing.T) {
	if testing.Short() {
		t.Skip("even the enumeration takes seconds with the race detector")
	}
	s := newSetting(t)
	singles, pairs, told := 0, 0, 0
	for _, keepState := range []bool{true, false} {
		story := oneJob(keepState)
		for _, first := range s.faults(t, story, 0) {
			singles++
			one := story.with(func(s *Story) { s.Faults = []Fault{first.Fault} })
			for _, second := range s.faults(t, one, first.at+1) {
				if pairs++; pairs%*pairsOf != 0 {
					continue
				}
				told++
				two := one.with(func(s *Story) { s.Faults = append(s.Faults, second.Fault) })
				if out := s.tell(t, two, false); out.failed() {
					t.Errorf("%v\n%s", errors.Join(out.wrong...), two.words())
					t.Log(strings.Join(s.tell(t, two, true).lines, "\n"))
					return
				}
			}
		}
	}
	t.Logf("%d single faults, %d pairs of faults, of which %d were told", singles, pairs, told)
	if singles < 100 || pairs < 10_000 {
		t.Error("the enumeration is broken")
	}
}

// placed is a fault and the place of its event among all.
type placed struct {
	Fault
	at int
}

// faults are all that can go wrong in a story from an event on.
func (s *setting) faults(t *testing.T, story Story, from int) (list []placed) {
	t.Helper()
	out := s.tell(t, story, true)
	if out.failed() {
		t.Fatal(fmt.Errorf("%w\n%s", errors.Join(out.wrong...), story.words()))
	}
	for at, e := range out.events {
		if at < from || e.Nth > waits {
			continue
		}
		known := make(map[string]bool)
		for _, what := range e.kinds {
			if known[what] {
				continue
			}
			known[what] = true
			fault := e.Fault
			fault.What = what
			list = append(list, placed{fault, at})
		}
	}
	return list
}
