package sim_test

import (
	"errors"
	"flag"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

var (
	oneSeed   = flag.Int64("seed", -1, "tell the story of this seed")
	firstSeed = flag.Uint64("from", 0, "the first of the new seeds; 0 takes one by the time of day")
	seeds     = flag.Int("n", 300, "how many new seeds")
	duration  = flag.Duration("for", 0, "how long new seeds are told, instead of a number")
)

// TestMain makes the most of one processor: at most one thing happens at a time.
func TestMain(m *testing.M) {
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(400)
	m.Run()
}

// TestSim tells the stories of new seeds, or that of one.
func TestSim(t *testing.T) {
	s := newSetting(t)
	if *oneSeed >= 0 {
		story := newStory(uint64(*oneSeed))
		out := s.tell(t, story, true)
		t.Logf("%s\n%s", story.words(), strings.Join(out.lines, "\n"))
		if out.failed() {
			t.Error(errors.Join(out.wrong...))
		}
		return
	}
	first := *firstSeed
	if first == 0 {
		first = uint64(time.Now().UnixNano())
	}
	began := time.Now()
	n := 0
	for ; *duration == 0 && n < *seeds || *duration > 0 && time.Since(began) < *duration; n++ {
		seed := first + uint64(n)
		if out := s.tell(t, newStory(seed), false); out.failed() {
			t.Errorf("seed %d: %v", seed, errors.Join(out.wrong...))
			return
		}
	}
	t.Logf("%d seeds from %d on", n, first)
}
