package sim_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	oneSeed   = flag.Int64("seed", -1, "tell the story of this seed")
	firstSeed = flag.Uint64("from", 0, "the first of the new seeds; 0 takes one by the time of day")
	seeds     = flag.Int("seeds", 150, "how many new seeds")
	duration  = flag.Duration("for", 0, "how long new seeds are told, instead of a number")
	forget    = flag.Bool("forget", false, "do not make short and keep what fails")
	pairsOf   = flag.Int("pairs", 197, "of how many pairs of faults one is told; 1 tells all")
	breaking  = flag.Bool("mutants", false, "break the tool on purpose")
)

// TestMain makes the most of one processor: at most one thing happens at a time.
func TestMain(m *testing.M) {
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(400)
	m.Run()
}

// TestSim runs the stories of new seeds, or that of one. One that fails is shortened,
// printed in words, and kept.
func TestSim(t *testing.T) {
	s := newSetting(t)
	if *oneSeed >= 0 {
		s.show(t, newStory(uint64(*oneSeed)))
		return
	}
	first := *firstSeed
	if first == 0 {
		first = uint64(time.Now().UnixNano()) //nolint:gosec // it is a seed
	}
	if testing.Short() {
		*seeds = min(*seeds, 20)
	}
	began, n := time.Now(), 0
	for ; *duration == 0 && n < *seeds || *duration > 0 && time.Since(began) < *duration; n++ {
		seed := first + uint64(n) //nolint:gosec // it counts up
		if out := s.tell(t, newStory(seed), false); out.failed() {
			t.Errorf("seed %d: %v", seed, errors.Join(out.wrong...))
			if !*forget {
				s.keep(t, newStory(seed), out)
			}
			return
		}
	}
	t.Logf("%d simulated stories, from seed %d on", n, first)
}

// show prints a story in words, and what happened.
func (s *setting) show(t *testing.T, story Story) {
	t.Helper()
	out := s.tell(t, story, true)
	t.Logf("%s\n%s", story.words(), strings.Join(out.lines, "\n"))
	if out.failed() {
		t.Error(errors.Join(out.wrong...))
	}
}

// keep shortens a failed story, prints it, and writes it where TestKept finds it.
func (s *setting) keep(t *testing.T, story Story, out outcome) {
	t.Helper()
	story.Faults, story.Noise = append([]Fault{}, out.fired...), 0
	story = shrink(story, func(smaller Story) bool {
		now := s.tell(t, smaller, false)
		return now.failed() && now.kinds[0] == out.kinds[0]
	})
	s.show(t, story)
	name := filepath.Join("testdata", "kept", story.name()+".json")
	if err := os.WriteFile(name, story.encode(), 0o600); err != nil {
		t.Error(err)
	}
	t.Log("kept as " + name)
}

func (s Story) encode() []byte {
	text, err := json.MarshalIndent(s, "", "\t")
	if err != nil {
		panic(err) // it is made of texts and numbers
	}
	return append(text, '\n')
}

// TestKept runs every story that has failed once.
func TestKept(t *testing.T) {
	s := newSetting(t)
	names, err := filepath.Glob(filepath.Join("testdata", "kept", "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no story is kept: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".json"), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var story Story
			if err := json.Unmarshal(text, &story); err != nil {
				t.Fatal(err)
			}
			if out := s.tell(t, story, true); out.failed() {
				t.Errorf("%v\n%s\n%s", errors.Join(out.wrong...), story.words(), strings.Join(out.lines, "\n"))
			}
		})
	}
}

// TestASeedTellsTheSameStoryTwice compares every effect, in its order, also when what
// went wrong is not left to chance any more.
func TestASeedTellsTheSameStoryTwice(t *testing.T) {
	s := newSetting(t)
	for seed := range uint64(20) {
		story := newStory(seed)
		first, second := s.tell(t, story, true), s.tell(t, story, true)
		if diff := cmp.Diff(first.lines, second.lines); diff != "" {
			t.Fatalf("seed %d (-first +second):\n%s", seed, diff)
		}
		story.Faults, story.Noise = append([]Fault{}, first.fired...), 0
		if diff := cmp.Diff(first.lines, s.tell(t, story, true).lines); diff != "" {
			t.Fatalf("seed %d, faults written down (-first +second):\n%s", seed, diff)
		}
	}
}
