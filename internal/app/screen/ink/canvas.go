package ink

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"
)

// Canvas is the last lines of a terminal, which are drawn over in place. One goroutine
// at a time may use it.
type Canvas struct {
	Out   io.Writer                            // the terminal
	Size  func() (columns, lines int, ok bool) // of the terminal
	Ours  func() bool                          // nobody else writes to the terminal now; optional
	Quiet func() (restore func())              // keeps what is typed off the screen; optional

	rows    []string // on the screen
	columns int      // when they were drawn
	lines   int
	restore func() // of Quiet
}

// Room is how large the terminal is: 80 by 24 where nobody knows.
func (c *Canvas) Room() (columns, lines int) {
	columns, lines, ok := c.Size()
	if !ok || columns < 1 || lines < 1 {
		return 80, 24
	}
	return columns, lines
}

// Draw writes a text above the rows, whole lines or none, and the rows below it: all of
// it at once, so that nothing flickers. Rows are narrower than the terminal. Nothing is
// written when nothing changed. Where the terminal is somebody else's, only the text is.
func (c *Canvas) Draw(above string, rows []string) {
	if !c.ours() {
		rows = nil
	}
	if len(rows) > 0 && c.restore == nil && c.Quiet != nil {
		c.restore = c.Quiet()
	}
	columns, lines := c.Room()
	still := slices.Equal(rows, c.rows) && (len(rows) == 0 || columns == c.columns && lines == c.lines)
	if above == "" && still {
		return
	}
	_ = present(c.Out, frame{up: c.up(columns), above: above, rows: rows}) // a terminal that is gone is noticed by who writes results
	c.rows, c.columns, c.lines = append(c.rows[:0], rows...), columns, lines
}

// Erase takes the rows off the screen, leaves the cursor where they began, and gives the
// terminal back as it was.
func (c *Canvas) Erase() {
	c.Wipe()
	if c.restore != nil {
		c.restore()
		c.restore = nil
	}
}

// Wipe takes the rows off the screen until the next Draw.
func (c *Canvas) Wipe() {
	if c.ours() && len(c.rows) > 0 {
		columns, _ := c.Room()
		_ = present(c.Out, frame{up: c.up(columns)})
	}
	c.rows = c.rows[:0]
}

// ours looks whose the terminal is. As a job of the shell in the background we would
// erase what people type and read there, so rows that others have written to since are
// forgotten; and the shell has set the terminal as it likes it.
func (c *Canvas) ours() bool {
	if c.Ours == nil || c.Ours() {
		return true
	}
	c.rows, c.restore = c.rows[:0], nil
	return false
}

// up is how many lines of the screen the rows take now. A terminal that became narrower
// has broken each that is too long for it into several.
func (c *Canvas) up(columns int) int {
	up := 0
	for _, row := range c.rows {
		up += max(1, (cells(row)+columns-1)/columns)
	}
	return up
}

// cells is how wide a row is on the screen: colours take none of it.
func cells(row string) int {
	width := 0
	for {
		before, after, painted := strings.Cut(row, "\x1b")
		width += runewidth.StringWidth(before)
		if !painted {
			return width
		}
		_, row, _ = strings.Cut(after, "m")
	}
}

// frame is what is drawn in one write.
type frame struct {
	up    int    // lines to go up first
	above string // whole lines, or nothing
	rows  []string
}

// text is the frame with every text in it as shown makes it. A row is written over the
// one that was there, and only then is the rest of its line erased.
func (f frame) text(shown func(string) string) string {
	var out strings.Builder
	if f.up > 0 {
		fmt.Fprintf(&out, "\r\x1b[%dA", f.up)
		if f.above != "" || len(f.rows) == 0 {
			out.WriteString("\x1b[J")
		}
	}
	out.WriteString(shown(f.above))
	for _, row := range f.rows {
		out.WriteString(shown(row) + "\x1b[K\n")
	}
	if f.up > 0 && f.above == "" && len(f.rows) > 0 {
		out.WriteString("\x1b[J")
	}
	return out.String()
}

// present writes a frame at once.
func present(w io.Writer, f frame) error {
	if cleaning, ok := w.(*Writer); ok {
		cleaning.mu.Lock()
		defer cleaning.mu.Unlock()
		_, err := io.WriteString(cleaning.out, f.text(cleaning.shown))
		return err
	}
	_, err := io.WriteString(w, f.text(func(text string) string { return text }))
	return err
}
