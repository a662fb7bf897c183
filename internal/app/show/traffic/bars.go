package traffic

import (
	"strings"

	"github.com/mattn/go-runewidth"
)

// bars are lines with a bar, aligned with each other.
type bars struct {
	arrow string // before each name
	rows  []bar
}

type bar struct {
	name string
	progress
}

func (b *bars) add(name string, p progress) { b.rows = append(b.rows, bar{name, p}) }

// What a line is made of. The widths are those of the longest texts that come up,
// so that nothing jumps.
const (
	longestName  = 28
	shortestName = 8 // on a narrow screen
	longestBar   = 30
	shortestBar  = 10
	arrowWidth   = len("^ ")
	percentWidth = len("100 %")
	shareWidth   = len("999 MB of 9.9 GB")
	speedWidth   = len("999 MB/s")
	leftWidth    = len("59m59s left")
	space        = "  " // between two columns
)

// layout is the widths of the columns that are not always there; 0 leaves one out.
type layout struct{ name, bar, share, speed int }

// layout gives room in the order in which people miss things: how fast, the bar,
// how much. Names are cut last.
func (b *bars) layout(columns int) layout {
	var l layout
	for _, r := range b.rows {
		l.name = max(l.name, min(longestName, runewidth.StringWidth(r.name)))
	}
	room := columns - 3*len(space) - arrowWidth - l.name - percentWidth - leftWidth
	take := func(width int) int {
		if room < width+len(space) {
			return 0
		}
		room -= width + len(space)
		return width
	}
	l.speed = take(speedWidth)
	l.bar = take(shortestBar)
	l.share = take(shareWidth)
	if l.bar > 0 {
		l.bar = min(longestBar, l.bar+room)
	}
	l.name = min(l.name, max(shortestName, l.name+room))
	return l
}

func (b *bars) lines(columns int) []string {
	l := b.layout(columns)
	var lines []string
	for _, r := range b.rows {
		lines = append(lines, space+b.arrow+" "+r.line(l))
	}
	return lines
}

func (r bar) line(l layout) string {
	cells := []string{padRight(Shorten(r.name, l.name), l.name)}
	if l.bar > 0 {
		cells = append(cells, r.draw(l.bar))
	}
	cells = append(cells, padLeft(r.percent(), percentWidth))
	if l.share > 0 {
		cells = append(cells, padRight(r.ofSize(), l.share))
	}
	if l.speed > 0 {
		cells = append(cells, padLeft(r.speed(), l.speed))
	}
	cells = append(cells, r.left())
	return strings.TrimRight(strings.Join(cells, space), " ")
}

// ofSize is how much of it came; without a size the bar says so.
func (r bar) ofSize() string {
	if r.size <= 0 {
		return ""
	}
	return r.share()
}

// draw is the bar itself, in characters that every terminal has. Where nobody knows
// how long it must be, it says how much came.
func (r bar) draw(width int) string {
	if r.size <= 0 {
		return padRight(r.share()+" so far", width)
	}
	inner := width - len("[]")
	full := int(int64(inner) * min(r.sent, r.size) / r.size)
	head := ""
	if full < inner {
		head = ">"
	}
	return "[" + padRight(strings.Repeat("=", full)+head, inner) + "]"
}

// Shorten cuts a name at its beginning: what tells names apart is mostly at the end.
func Shorten(name string, width int) string {
	over := runewidth.StringWidth(name) - width
	if over <= 0 {
		return name
	}
	return runewidth.TruncateLeft(name, over+1, "…")
}

func padRight(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-runewidth.StringWidth(text)))
}

func padLeft(text string, width int) string {
	return strings.Repeat(" ", max(0, width-runewidth.StringWidth(text))) + text
}
