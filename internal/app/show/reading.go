package show

import (
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/rescale-apply/rescale-apply/internal/app/screen/ink"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Reading shows how far hashing and packing are, when they take long: in one line
// that is drawn over on a terminal, and in a plain line now and then elsewhere.
type Reading struct {
	Out  io.Writer
	Live bool // Out is a terminal
	Size func() (columns, lines int, ok bool)
	Ours func() bool // nobody else writes to the terminal now; optional

	mu     sync.Mutex
	began  time.Time
	told   time.Time
	canvas ink.Canvas
}

const (
	briefly   = time.Second      // what takes less needs no words
	plainEach = 10 * time.Second // between two plain lines
)

// Tell takes the next piece of progress.
func (r *Reading) Tell(p content.Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.began.IsZero() {
		r.began = now
	}
	each := plainEach
	if r.Live {
		each = redrawEvery
	}
	if now.Sub(r.began) < briefly || now.Sub(r.told) < each {
		return
	}
	r.told = now
	line := fmt.Sprintf("%s %3d %% of %s   %s", p.Act, 100*p.Done/max(1, p.Total), content.Bytes(p.Total), diag.Line(filepath.Base(p.File)))
	if !r.Live {
		fmt.Fprintln(r.Out, line)
		return
	}
	columns, _ := r.drawing().Room()
	r.canvas.Draw("", []string{runewidth.Truncate(line, max(1, columns-1), "…")})
}

// drawing is where the line is drawn.
func (r *Reading) drawing() *ink.Canvas {
	r.canvas.Out, r.canvas.Size, r.canvas.Ours = r.Out, r.Size, r.Ours
	return &r.canvas
}

// Note shows a message above the line.
func (r *Reading) Note(message string) { r.Print("warning: " + diag.Line(message)) }

// Print shows a line above the line.
func (r *Reading) Print(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.Live {
		fmt.Fprintln(r.Out, line)
		return
	}
	r.drawing().Wipe()
	fmt.Fprintln(r.Out, line)
}

// Close takes the line off the screen.
func (r *Reading) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Live {
		r.drawing().Erase()
	}
}
