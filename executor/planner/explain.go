package planner

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Change is one part that differs from the last run. Old is empty for a part that is new,
// New for one that is gone. Hashes are complete.
type Change struct {
	Field string `json:"field"`
	Old   string `json:"old,omitempty"`
	New   string `json:"new,omitempty"`
	// Diff shows how a command changed, a line each, see commandDiff.
	Diff []string `json:"diff,omitempty"`
}

// since returns what changed in a job since a run, as values and in words. A run that was
// read back from the platform has no parts: only its digest can be compared.
func since(run state.Run, job resolver.Job) (changes []Change, words []string) {
	switch {
	case run.Digest == job.Digest:
	case len(run.Parts) == 0:
		words = []string{fmt.Sprintf("it changed since run %s; what that was made of is not recorded", run.ID)}
	default:
		changes = diff(run.Parts, job.Parts)
	}
	if was, now := run.Generation, generation(job); was != now {
		changes = append(changes, Change{Field: "rerun.generation", Old: strconv.Itoa(was), New: strconv.Itoa(now)})
	}
	if words = append(words, describe(changes, job)...); len(words) == 0 {
		words = []string{fmt.Sprintf("it changed since run %s, in something that the platform does not show", run.ID)}
	}
	return changes, words
}

// diff returns what differs, in the order of the new parts; removed ones last.
func diff(before []state.Part, now []resolver.Part) []Change {
	old := make(map[string]string, len(before))
	for _, p := range before {
		old[p.Field] = p.Value
	}
	var changes []Change
	present := make(map[string]bool, len(now))
	for _, p := range now {
		present[p.Field] = true
		if was, ok := old[p.Field]; !ok || was != p.Value {
			changes = append(changes, Change{Field: p.Field, Old: was, New: p.Value})
		}
	}
	for _, p := range before {
		if !present[p.Field] {
			changes = append(changes, Change{Field: p.Field, Old: p.Value})
		}
	}
	return changes
}

// describe puts changes into words.
func describe(changes []Change, job resolver.Job) []string {
	var words []string
	for _, c := range changes {
		words = append(words, c.words(job))
	}
	return words
}

func (c Change) words(job resolver.Job) string {
	kind, name, named := strings.Cut(c.Field, " ")
	label := c.Field
	if named && kind == "upstream" {
		label = "dependency on " + name
	}
	switch {
	case named && kind == "upstream" && c.New != "" && c.Old != "":
		return "depends on " + name + ", which changed"
	case c.Old == "":
		return label + " added"
	case c.New == "":
		return label + " removed"
	case isHash(c.New) && isHash(c.Old):
		return fmt.Sprintf("%s changed%s", label, c.detail(job))
	}
	return fmt.Sprintf("%s %s → %s", label, shorten(c.Old), shorten(c.New))
}

// detail shows the contents' short hashes and the size for a file.
func (c Change) detail(job resolver.Job) string {
	kind, name, _ := strings.Cut(c.Field, " ")
	if strings.HasPrefix(kind, "analyses[") {
		_, kind, _ = strings.Cut(kind, ".")
	}
	if !slices.Contains([]string{"input", string(spec.Before), string(spec.After), string(spec.ForRuns), string(spec.ForEach)}, kind) {
		return ""
	}
	for _, in := range job.Inputs {
		if in.Called() == name && (in.Use == spec.ForRuns) == (kind == string(spec.ForRuns)) {
			return fmt.Sprintf(" (%s → %s, %s)", shorten(c.Old), shorten(c.New), content.Bytes(in.Bytes()))
		}
	}
	return ""
}

func isHash(v string) bool {
	return strings.HasPrefix(v, "sha512:") || strings.HasPrefix(v, "sha256:")
}

// shorten cuts a hash to what a person can compare.
func shorten(v string) string {
	if !isHash(v) {
		return v
	}
	const shown = 7
	hash, rest, _ := strings.Cut(v[len("sha512:"):], " ")
	if len(hash) > shown {
		hash = hash[:shown]
	}
	return strings.TrimSpace(hash + " " + rest)
}

func missingReason(missing []string) string {
	if len(missing) == 1 {
		return missing[0] + " is missing or changed here"
	}
	return fmt.Sprintf("%d result files are missing or changed here", len(missing))
}

const (
	diffLines = 6  // that a changed command takes in a plan, at most
	diffWidth = 76 // characters of each, with the sign
)

// commandDiff shows a changed command: removed lines after "- ", added lines after "+ ".
// "…" stands for what is left out: equal lines at the beginning and the end, the rest of a
// long diff, and of a long line all but the place that changed. Control characters are
// written as \x1b and the like. The caller hides secrets.
func commandDiff(old, now string) []string {
	if old == now {
		return nil
	}
	was, is := strings.Split(old, "\n"), strings.Split(now, "\n")
	head := alike(was, is)
	was, is = was[head:], is[head:]
	slices.Reverse(was)
	slices.Reverse(is)
	tail := alike(was, is)
	was, is = was[tail:], is[tail:]
	slices.Reverse(was)
	slices.Reverse(is)

	room := diffLines
	var before, after []string
	if head > 0 {
		before, room = []string{"  …"}, room-1
	}
	if tail > 0 {
		after, room = []string{"  …"}, room-1
	}
	gone := min(len(was), max(room/2, room-len(is)))
	return slices.Concat(before, signed("- ", was, is, gone), signed("+ ", is, was, room-gone), after)
}

// alike counts the elements that two lists have in common at their beginning.
func alike[T comparable](a, b []T) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// signed shows at most that many lines, each around the place where it differs from its
// counterpart.
func signed(sign string, lines, others []string, most int) []string {
	var shown []string
	for i, line := range lines {
		if i == most-1 && len(lines) > most {
			return append(shown, fmt.Sprintf("%s… %d more lines", sign, len(lines)-i))
		}
		other := ""
		if i < len(others) {
			other = others[i]
		}
		shown = append(shown, sign+cut(visible(line), visible(other)))
	}
	return shown
}

// cut keeps the place of a long line where it differs from another.
func cut(line, other string) string {
	const width = diffWidth - len("- ")
	text := []rune(line)
	from := alike(text, []rune(other))
	begin := ""
	if from > width*2/3 {
		begin, text = "…", text[from-width/3:]
	}
	if room := width - utf8.RuneCountInString(begin); len(text) > room {
		return begin + string(text[:room-1]) + "…"
	}
	return begin + string(text)
}

// visible escapes characters that a terminal does not show or obeys.
func visible(line string) string {
	var b strings.Builder
	for _, r := range line {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
	}
	return b.String()
}
