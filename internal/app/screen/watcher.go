package screen

import (
	"fmt"
	"io"
	"time"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/internal/app/connect"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
)

// Watcher shows events while jobs are under way. Close ends it.
type Watcher interface {
	Event(executor.Event)
	Print(line string)
	Close()
}

// view is a Watcher that draws.
type view interface {
	Watcher
	Pause(stop func()) // nothing is drawn until stop comes back
}

// Watch chooses how to show events: JSON lines, live lines on a terminal, plain lines
// anywhere else. Until Close notices are shown among them, and Ctrl-Z leaves a clean
// screen.
func (s *Screen) Watch(format string, live show.Screen) Watcher {
	w := &watching{view: s.view(format, live), screen: s, release: func() {}}
	s.Notices.Through(connect.Way{Warn: w.warn, Print: w.Print})
	if s.Suspend != nil {
		w.release = s.Suspend(w.Pause)
	}
	return w
}

// Draws means that events are shown by lines that are drawn over in place.
func (s *Screen) Draws(format string) bool {
	return format != "json" && s.Stderr && s.Stdout && s.animated()
}

func (s *Screen) view(format string, live show.Screen) view {
	if format == "json" {
		return jsonLines{s.Out, s.Err}
	}
	if !s.Draws(format) {
		return &show.Lines{Style: live.Style, Progress: s.Err, Results: s.Out, Order: live.Order}
	}
	live.Lines, live.Results, live.Size, live.Ours, live.Quiet = s.Err, s.Out, s.Size, s.Foreground, s.Quiet
	return show.NewLive(live)
}

// watching is a view to which the notices go.
type watching struct {
	view
	screen  *Screen
	release func()
	closed  bool
}

func (w *watching) warn(message string) {
	w.Event(executor.Event{Type: executor.EventWarning, Time: time.Now(), Message: message})
}

// Close gives the screen back; once is enough.
func (w *watching) Close() {
	if w.closed {
		return
	}
	w.closed = true
	w.screen.Notices.Through(w.screen.plainly())
	w.view.Close()
	w.release()
}

// jsonLines writes one event a line.
type jsonLines struct{ out, notes io.Writer }

// Event writes the line. A reader that went away is noticed by the shell, not here.
func (j jsonLines) Event(e executor.Event) { _ = show.EventLine(j.out, e) }

// Print writes a line that is no event.
func (j jsonLines) Print(line string) { fmt.Fprintln(j.notes, line) }

// Pause has nothing to take off the screen.
func (jsonLines) Pause(stop func()) { stop() }

// Close ends the showing.
func (jsonLines) Close() {}

// Reading shows how far hashing and packing are, until done is called.
func (s *Screen) Reading() (reading *show.Reading, done func()) {
	reading = &show.Reading{Out: s.Err, Live: s.Stderr && s.animated(), Size: s.Size, Ours: s.Foreground}
	s.Notices.Through(connect.Way{Warn: reading.Note, Print: reading.Print})
	return reading, func() {
		s.Notices.Through(s.plainly())
		reading.Close()
	}
}
