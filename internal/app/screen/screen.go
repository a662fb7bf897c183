// Package screen is what a person sees of a command: standard output and standard error,
// both behind writers that let nothing pass that has power over a terminal, colours, live
// lines, notices.
package screen

import (
	"fmt"
	"io"
	"os"

	"github.com/rescale-apply/rescale-apply/internal/app/connect"
	"github.com/rescale-apply/rescale-apply/internal/app/screen/ink"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Terminal is what standard output and standard error of the process are.
type Terminal struct {
	Stdin  bool                                 // a terminal
	Stdout bool                                 // a terminal
	Stderr bool                                 // a terminal
	Size   func() (columns, lines int, ok bool) // of the terminal

	// Foreground reports whether the terminal is ours, and not that of the shell whose job
	// in the background we are. Optional.
	Foreground func() bool

	// Quiet keeps what is typed off the terminal until restore is called. Optional.
	Quiet func() (restore func())

	// Suspend hands a wish to stop, as by Ctrl-Z, to handle, which calls stop when the
	// screen is clean; stop comes back when the program goes on. Optional.
	Suspend func(handle func(stop func())) (release func())
}

// Screen is where one call of the program shows what it has to say.
type Screen struct {
	Terminal
	Out, Err io.Writer // clean what goes through them
	Notices  *connect.Notices
	NoColor  bool

	getenv func(string) string
	bytes  io.Writer // standard output as it is
	ink    ink.Ink
	clean  struct{ out, err *ink.Writer }
	veil   func(text string) string // hides secrets
}

// New makes the screen of a process.
func New(terminal Terminal, stdout, stderr io.Writer, getenv func(string) string) *Screen {
	s := &Screen{Terminal: terminal, getenv: getenv, bytes: stdout, ink: ink.NewInk()}
	s.clean.out, s.clean.err = ink.NewWriter(stdout, s.ink), ink.NewWriter(stderr, s.ink)
	s.Out, s.Err = s.clean.out, s.clean.err
	if getenv("GITHUB_ACTIONS") == "true" {
		s.clean.out.BreakCommands()
		s.clean.err.BreakCommands()
	}
	s.Notices = connect.NewNotices(s.plainly())
	s.Hide(nil)
	return s
}

// Hide keeps secrets out of all that is shown from now on, and out of nothing else.
func (s *Screen) Hide(secrets []rescale.Secret) {
	s.veil = func(text string) string { return text }
	if len(secrets) > 0 {
		s.veil = rescale.Hider(secrets)
	}
	s.clean.out.Hide(s.veil)
	s.clean.err.Hide(s.veil)
}

// Veiled is a text without secrets, for what is shown elsewhere.
func (s *Screen) Veiled(text string) string { return s.veil(text) }

// ShowSecrets lets standard output show all, for a command whose use is to tell a key.
func (s *Screen) ShowSecrets() { s.clean.out.Hide(nil) }

// Verbatim writes a text that must arrive byte for byte, secrets left out, on standard
// output. A terminal gets what can be shown of it.
func (s *Screen) Verbatim(text string) error {
	out := s.bytes
	if s.Stdout {
		out = s.Out
	}
	_, err := io.WriteString(out, s.veil(text))
	return err
}

// Commands is standard error for lines that the runner of GitHub Actions obeys.
func (s *Screen) Commands() io.Writer { return s.clean.err.Commands() }

// Flush writes what is left of a text that ends in the middle of a character: first to
// standard output, whose writer remembers its error. Of the other there is nowhere left
// to tell.
func (s *Screen) Flush() { _ = s.clean.out.Close() }

// Close is Flush for standard error.
func (s *Screen) Close() { _ = s.clean.err.Close() }

// Warn prints something that does not end the command.
func (s *Screen) Warn(message string) { s.Line("warning: " + diag.Line(message)) }

// Hint prints what a person can do about what stands above it.
func (s *Screen) Hint(text string) { s.Line("hint: " + diag.Line(text)) }

// Line prints a line on standard error.
func (s *Screen) Line(line string) { fmt.Fprintln(s.Err, line) }

// Problems prints diagnostics with the lines of the texts that they point at.
func (s *Screen) Problems(list diag.List, texts []diag.Source) {
	printer := diag.Printer{Sources: texts, Color: s.Stderr && s.colors(), Ink: string(s.ink)}
	printer.Print(s.Err, list)
}

// Style is how text on standard output may look: NO_COLOR, a pipe and --no-color all
// switch colours off.
func (s *Screen) Style() show.Style {
	dir, err := os.Getwd()
	if err != nil {
		dir = "." // only makes paths longer
	}
	return show.Style{Color: s.Stdout && s.colors(), Ink: s.ink, Dir: dir}
}

func (s *Screen) colors() bool {
	return !s.NoColor && s.getenv("NO_COLOR") == "" && s.getenv("TERM") != "dumb"
}

// animated reports whether a terminal can draw over its lines, and a person looks.
func (s *Screen) animated() bool { return s.getenv("TERM") != "dumb" && s.getenv("CI") == "" }

// plainly is how notices are shown while nothing is drawn.
func (s *Screen) plainly() connect.Way {
	return connect.Way{Warn: s.Warn, Print: func(line string) { s.Line(diag.Line(line)) }}
}
