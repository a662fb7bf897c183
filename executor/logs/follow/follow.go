// Package follow puts a growing text together from what can be seen of it: windows on its
// last lines, each a little later than the one before. It is pure: it knows no platform.
//
// A line is given once. Where one window overlaps the next, the overlap is found by its
// text, or, as long as the whole text was seen from its start, by the number of its lines.
// Where they do not overlap, or the overlap is not certain, a larger window is asked for.
package follow

import "strings"

// Window is the last lines of a text, as they were seen at one time.
type Window struct {
	Lines []string // the last may be half written
	Whole bool     // nothing is before them
	Last  bool     // no larger window can be had
}

// Follower gives the lines of a growing text. Its zero value has seen nothing.
type Follower struct {
	kept    []string // complete lines that were given, the last of them
	count   int      // complete lines since the start of the text; only if counted
	counted bool     // what was given begins at the start of the text, and has no gap
	begun   bool

	open    string // the last line, which may go on
	opened  bool   // there is one
	printed int    // how much of it was given, in bytes
}

// History bounds the lines that are kept to find the overlap.
const history = 1000

// sure is an overlap, in lines, that is no coincidence.
const sure = 32

// Result is what a window shows that was not given before.
type Result struct {
	Lines []string // to be given now
	Gap   bool     // lines before them may have been missed
	More  bool     // nothing was taken: ask for a larger window
}

// Add takes a window. The first one is given as it is, be it the whole text or not.
func (f *Follower) Add(w Window) Result {
	lines := normal(w.Lines)
	ended := len(lines) > 0 && strings.HasSuffix(w.Lines[len(lines)-1], "\n")
	if !f.begun {
		f.begun, f.counted = true, w.Whole
		return Result{Lines: f.take(lines, ended)}
	}
	if len(lines) == 0 { // nothing, or what was there cannot be seen for now
		return Result{}
	}
	at, how := f.place(lines, w.Whole)
	if how != certain && !w.Whole && !w.Last {
		return Result{More: true}
	}
	switch {
	case how == nowhere:
		*f = Follower{begun: true, counted: w.Whole}
	case w.Whole:
		f.counted, f.count = true, at
	case how != certain:
		f.counted = false
	}
	return Result{Lines: f.take(lines[at:], ended), Gap: how == nowhere || how == doubtful}
}

// Begun means that a window was taken.
func (f *Follower) Begun() bool { return f.begun }

// Open means that the last line was not given yet, because it may go on.
func (f *Follower) Open() bool { return f.opened && f.printed == 0 }

// Close gives what is left of the last line.
func (f *Follower) Close() []string {
	if !f.opened || f.printed > 0 && f.printed == len(f.open) {
		return nil
	}
	rest := f.open[f.printed:]
	f.printed, f.opened = 0, false
	f.keep(f.open)
	return []string{rest}
}

// overlap is how a window goes on from what was given.
type overlap string

const (
	certain   overlap = "certain"
	ambiguous overlap = "ambiguous" // the text repeats itself
	doubtful  overlap = "doubtful"  // few lines are alike, which may be a coincidence
	nowhere   overlap = "nowhere"   // it has moved past all that was given
)

// place finds the first line of a window that was not given; it may be the open one.
func (f *Follower) place(lines []string, whole bool) (at int, how overlap) {
	if f.counted && whole && f.count <= len(lines) && f.fits(lines, f.count) {
		return f.count, certain
	}
	found := f.places(lines)
	if len(found) == 0 {
		return 0, nowhere
	}
	at = found[len(found)-1] // the furthest one repeats nothing
	switch {
	case min(at, len(f.kept)) < sure && (!whole || len(found) > 1):
		return at, doubtful
	case len(found) > 1:
		return at, ambiguous
	}
	return at, certain
}

// fits means that the lines before at are those that were given last, as far as the window
// shows them, and that the open line is at at.
func (f *Follower) fits(lines []string, at int) bool {
	if f.opened && (at >= len(lines) || !strings.HasPrefix(lines[at], f.open)) {
		return false
	}
	for i := 1; i <= min(at, len(f.kept)); i++ {
		if lines[at-i] != f.kept[len(f.kept)-i] {
			return false
		}
	}
	return true
}

// places are all that fit, in their order. The start of a window fits where the open line
// is there, or nothing was given yet.
func (f *Follower) places(lines []string) (found []int) {
	alike := overlaps(f.kept, lines)
	for at, is := range alike {
		open := !f.opened || at < len(lines) && strings.HasPrefix(lines[at], f.open)
		start := at > 0 || f.open != "" || len(f.kept) == 0
		if is && open && start && !(at > 0 && f.empty()) {
			found = append(found, at)
		}
	}
	return found
}

// empty means that the text is known to have had no complete line.
func (f *Follower) empty() bool { return f.counted && f.count == 0 }

// overlaps tells for each number of lines of a window, from 0 on, that the last of so many
// are the last of kept, as far as both go. It is a search for kept from its end, in time
// that is linear also where all lines are alike.
func overlaps(kept, lines []string) []bool {
	n, m := len(kept), len(lines)
	at := func(i int) (line string, ok bool) { // kept and lines, both from their ends
		switch {
		case i < n:
			return kept[n-1-i], true
		case i == n:
			return "", false
		}
		return lines[m-1-(i-n-1)], true
	}
	z := prefixes(n+1+m, func(i, j int) bool {
		a, realA := at(i)
		b, realB := at(j)
		return realA && realB && a == b
	})
	found := make([]bool, m+1)
	found[0] = true
	for i := 1; i <= m; i++ {
		found[i] = z[n+1+m-i] >= min(n, i)
	}
	return found
}

// prefixes is the Z function: how much of the beginning of a sequence is found at each of
// its places.
func prefixes(n int, same func(i, j int) bool) []int {
	z := make([]int, n)
	for i, left, right := 1, 0, 0; i < n; i++ {
		if i < right {
			z[i] = min(right-i, z[i-left])
		}
		for i+z[i] < n && same(z[i], i+z[i]) {
			z[i]++
		}
		if i+z[i] > right {
			left, right = i, i+z[i]
		}
	}
	return z
}

// take gives lines of which the first may be the open one, and keeps them.
func (f *Follower) take(lines []string, ended bool) (given []string) {
	for i, line := range lines {
		quiet := f.opened && i == 0 && line == f.open
		printed := 0
		if f.opened && i == 0 {
			printed = f.printed
		}
		if i == len(lines)-1 && !ended {
			// A line that has not grown since is given: it may be the last for hours.
			f.open, f.opened, f.printed = line, true, printed
			if quiet && printed < len(line) {
				given = append(given, line[printed:])
				f.printed = len(line)
			}
			return given
		}
		if printed == 0 || printed < len(line) {
			given = append(given, line[printed:])
		}
		f.keep(line)
	}
	if len(lines) > 0 {
		f.open, f.opened, f.printed = "", false, 0
	}
	return given
}

// keep notes a complete line.
func (f *Follower) keep(line string) {
	f.count++
	if len(f.kept) == 2*history {
		f.kept = append(f.kept[:0], f.kept[history:]...)
	}
	f.kept = append(f.kept, line)
}

// normal are lines as both the window and the stored text show them: without their breaks,
// and each byte that is not UTF-8 replaced, as JSON does.
func normal(lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = Line(line)
	}
	return out
}

// Line is a line without its break, in UTF-8.
func Line(text string) string {
	return string([]rune(strings.TrimRight(text, "\r\n")))
}
