package follow_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/logs/follow"
)

// lines splits a text; the last may lack its break.
func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
}

// bare are lines as a platform shows them that takes the breaks away.
func bare(text string) (all []string) {
	for _, line := range lines(text) {
		all = append(all, strings.TrimSuffix(line, "\n"))
	}
	return all
}

// last is a window of so many lines on a text.
func last(text string, n int) follow.Window {
	all := bare(text)
	return follow.Window{Lines: all[max(0, len(all)-n):], Whole: n > len(all)}
}

func TestFollower(t *testing.T) {
	t.Parallel()
	numbered := func(from, to int) (all []string) {
		for i := from; i <= to; i++ {
			all = append(all, fmt.Sprint("line ", i))
		}
		return all
	}
	window := func(lines ...string) follow.Window { return follow.Window{Lines: lines} }
	whole := func(lines ...string) follow.Window { return follow.Window{Lines: lines, Whole: true} }
	largest := func(lines ...string) follow.Window { return follow.Window{Lines: lines, Last: true} }
	for name, tc := range map[string]struct {
		windows []follow.Window
		want    []string // "..." is a gap, "?" that more is asked for
	}{
		"the last line may go on":           {windows: []follow.Window{whole("a", "b"), whole("a", "bc", "d")}, want: []string{"a", "bc"}},
		"one that does not grow is given":   {windows: []follow.Window{whole("a", "b"), whole("a", "b"), whole("a", "b")}, want: []string{"a", "b"}},
		"and its rest when it grows":        {windows: []follow.Window{whole("a", "b"), whole("a", "b"), whole("a", "bcd"), whole("a", "bcd", "e")}, want: []string{"a", "b", "cd"}},
		"and nothing when it was whole":     {windows: []follow.Window{whole("b"), whole("b"), whole("b", "c")}, want: []string{"b"}},
		"breaks tell what is complete":      {windows: []follow.Window{whole("a\n", "b\n"), whole("a\n", "b\n", "c\r\n")}, want: []string{"a", "b", "c"}},
		"an empty file, then lines":         {windows: []follow.Window{whole(), whole("a", "b")}, want: []string{"a"}},
		"an empty file, then too many":      {windows: []follow.Window{whole(), window("a", "b")}, want: []string{"?"}},
		"an empty file, then far too many":  {windows: []follow.Window{whole(), largest("a", "b")}, want: []string{"...", "a"}},
		"lines that repeat are counted":     {windows: []follow.Window{whole("x", "x"), whole("x", "x", "x", "x"), whole("x", "x", "x", "x", "x")}, want: []string{"x", "x", "x", "x"}},
		"empty lines":                       {windows: []follow.Window{whole("", ""), whole("", "", "", "a")}, want: []string{"", "", ""}},
		"an overlap":                        {windows: []follow.Window{window(numbered(1, 50)...), window(numbered(11, 60)...)}, want: numbered(1, 59)},
		"no overlap":                        {windows: []follow.Window{window(numbered(1, 50)...), window(numbered(61, 70)...)}, want: append(numbered(1, 49), "?")},
		"no overlap, and no larger window":  {windows: []follow.Window{window(numbered(1, 50)...), largest(numbered(61, 70)...)}, want: append(append(numbered(1, 49), "..."), numbered(61, 69)...)},
		"few lines alike":                   {windows: []follow.Window{window(numbered(1, 50)...), window(append(numbered(49, 50), "x")...)}, want: append(numbered(1, 49), "?")},
		"few lines alike, and that is all":  {windows: []follow.Window{window(numbered(1, 50)...), largest(append(numbered(49, 50), "x")...)}, want: append(numbered(1, 49), "...", "line 50")},
		"the text begins anew":              {windows: []follow.Window{whole("a", "b", "c"), whole("z", "y")}, want: []string{"a", "b", "...", "z"}},
		"it cannot be seen for now":         {windows: []follow.Window{whole("a", "b"), whole(), whole("a", "b", "c")}, want: []string{"a", "b"}},
		"bytes that are not UTF-8":          {windows: []follow.Window{whole("a\xff\xfe", "b"), whole("a\ufffd\ufffd", "b", "c")}, want: []string{"a\ufffd\ufffd", "b"}},
		"a larger window shows where it is": {windows: []follow.Window{window(numbered(40, 50)...), window(numbered(60, 70)...), whole(numbered(1, 70)...)}, want: append(append(numbered(40, 49), "?"), numbered(50, 69)...)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var f follow.Follower
			var got []string
			for _, w := range tc.windows {
				r := f.Add(w)
				if r.Gap {
					got = append(got, "...")
				}
				if r.More {
					got = append(got, "?")
				}
				got = append(got, r.Lines...)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestCloseGivesWhatIsLeft(t *testing.T) {
	t.Parallel()
	var f follow.Follower
	f.Add(last("a\nb", 9))
	if diff := cmp.Diff([]string{"b"}, f.Close()); diff != "" || f.Close() != nil {
		t.Errorf("(-want +got)\n%s", diff)
	}
	f = follow.Follower{}
	f.Add(last("a\nb", 9))
	f.Add(last("a\nb", 9)) // given, for it has not grown
	if got := f.Close(); got != nil || f.Open() {
		t.Errorf("got %q", got)
	}
}

// story is a log that grows between the looks at it.
type story struct {
	text  string
	looks []int // how much of it is there, in bytes
	size  int   // of the first window that is asked for
	limit int   // of all windows
}

// tell follows a log to its end. Pieces are what was given; missed is how often lines were.
func (s story) tell() (pieces []string, missed int) {
	var f follow.Follower
	add := func(text string) {
		for n := s.size; ; n *= 2 {
			w := last(text, min(n, s.limit))
			w.Last = n >= s.limit
			r := f.Add(w)
			if r.More {
				continue
			}
			if r.Gap {
				missed++
			}
			pieces = append(pieces, r.Lines...)
			return
		}
	}
	for _, seen := range s.looks {
		add(s.text[:seen])
	}
	add(s.text)
	return append(pieces, f.Close()...), missed
}

// random tells a story of so many kinds of lines; 0 makes each line another one.
func random(r *rand.Rand, kinds int) story {
	var text strings.Builder
	for i := range r.IntN(120) {
		kind := i
		if kinds > 0 {
			kind = r.IntN(kinds)
		}
		fmt.Fprintf(&text, "%s%d\n", strings.Repeat("-", kind%3), kind)
	}
	s := story{text: text.String(), size: 1 + r.IntN(40), limit: 1 << 20}
	if r.IntN(2) == 0 {
		s.text = strings.TrimSuffix(s.text, "\n")
	}
	for range r.IntN(12) {
		s.looks = append(s.looks, r.IntN(len(s.text)+1))
	}
	slices.Sort(s.looks)
	return s
}

// check holds what is told of a log against the log: nothing is missing, nothing is there
// twice, and lines are broken only where they were half written for a while.
func check(t *testing.T, s story, told string) {
	t.Helper()
	pieces, missed := s.tell()
	if missed > 0 {
		t.Errorf("%s: lines are said to be missing", told)
	}
	if got, want := strings.Join(pieces, ""), strings.ReplaceAll(s.text, "\n", ""); got != want {
		t.Errorf("%s: of %q at %v with windows of %d came\n%q", told, s.text, s.looks, s.size, pieces)
	}
	if extra := len(pieces) - len(lines(s.text)); extra < 0 || extra > len(s.looks) {
		t.Errorf("%s: %d pieces of %d lines", told, len(pieces), len(lines(s.text)))
	}
}

// TestWholeFromTheStart: a log that is seen from its start is given as it is, however its
// lines repeat.
func TestWholeFromTheStart(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4000) {
		r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // it must be the same each time
		s := random(r, int(seed%4))
		s.looks = append([]int{0}, s.looks...)
		check(t, s, fmt.Sprint("seed ", seed))
	}
}

// TestLimitedWindows: where the platform shows no more, lines are missing, and that is
// said; none comes twice, and none out of its place.
func TestLimitedWindows(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4000) {
		r := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // it must be the same each time
		s := random(r, 0)
		s.limit = 1 + r.IntN(60)
		pieces, missed := s.tell()
		whole, at := strings.ReplaceAll(s.text, "\n", "|")+"|", 0
		for _, piece := range pieces {
			next := strings.Index(whole[at:], piece)
			if next < 0 {
				t.Fatalf("seed %d: %q comes twice, or out of its place, in %q", seed, piece, pieces)
			}
			at += next + len(piece)
		}
		first := s.text
		if len(s.looks) > 0 {
			first = s.text[:s.looks[0]]
		}
		shown := max(0, len(bare(first))-min(s.limit, s.size)) // what the first window leaves out
		if complete := len(pieces) >= len(bare(s.text))-shown; !complete && missed == 0 {
			t.Fatalf("seed %d: of %d lines came %d, and nothing is said of it", seed, len(bare(s.text)), len(pieces))
		}
	}
}

// FuzzFollower cuts any text anywhere.
func FuzzFollower(f *testing.F) {
	f.Add("a\na\n\n\nb", uint64(1), 1)
	f.Add("\n\n\n", uint64(2), 3)
	f.Add("x", uint64(3), 7)
	f.Fuzz(func(t *testing.T, text string, seed uint64, size int) {
		text = strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\r", "")
		r := rand.New(rand.NewPCG(seed, 3)) //nolint:gosec // it must be the same each time
		s := story{text: text, looks: []int{0}, size: 1 + (size&0xff+0xff)&0xff, limit: 1 << 20}
		for range r.IntN(8) {
			if at := r.IntN(len(text) + 1); text[:at] == strings.ToValidUTF8(text[:at], "") {
				s.looks = append(s.looks, at)
			}
		}
		slices.Sort(s.looks)
		check(t, s, "text")
	})
}
