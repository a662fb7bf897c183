package ink_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/internal/app/screen/ink"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
)

// warned is a warning as it is written to a terminal.
func warned(ink ink.Ink) string {
	var out strings.Builder
	lines := show.Lines{Style: show.Style{Color: true, Ink: ink}, Progress: &out}
	lines.Event(executor.Event{Type: executor.EventWarning, Message: "\x1b[2Jlate"})
	lines.Close()
	_, warning, _ := strings.Cut(out.String(), " ") // after the time of day
	return warning
}

func TestNothingHasPowerOverTheTerminal(t *testing.T) {
	t.Parallel()
	mine := ink.NewInk()
	for name, tc := range map[string]struct {
		writes []string
		want   string
	}{
		"text in any script":         {[]string{"Größe 日本語 می\u200cخواهم 👩‍🚀\tx\n"}, "Größe 日本語 می\u200cخواهم 👩‍🚀\tx\n"},
		"clearing the screen":        {[]string{"a\x1b[2Jb"}, "a[2Jb"},
		"somebody else's colours":    {[]string{"\x1b[31mred\x1b[0m"}, "[31mred[0m"},
		"a title, a bell, a return":  {[]string{"\x1b]0;t\x07a\rb\bc"}, "]0;tabc"},
		"DEL and C1":                 {[]string{"a\x7fb\u009b2Jc\u0085d"}, "ab2Jcd"},
		"C1 as a byte":               {[]string{"a\x9b2J"}, "a\ufffd2J"},
		"another direction":          {[]string{"a\u202eb\u2066c\u200fd\u061ce"}, "abcde"},
		"invisible characters":       {[]string{"a\u200bb\u2060c\ufeffd\u00ade\U000e0041f"}, "abcdef"},
		"separators of lines":        {[]string{"a\u2028b\u2029c"}, "abc"},
		"our colours":                {[]string{warned(mine)}, "\x1b[33mwarning:\x1b[0m [2Jlate\n"},
		"a colour that never ends":   {[]string{"a\x1b" + string(mine) + "[31"}, "a"},
		"a character in two writes":  {[]string{"a\xe2", "\x80", "\xaeb"}, "ab"},
		"two halves that are a word": {[]string{"Gr\xc3", "\xb6\xc3", "\x9fe"}, "Größe"},
		"the end of half a word":     {[]string{"Gr\xc3"}, "Gr\ufffd"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			w := ink.NewWriter(&out, mine)
			for _, text := range tc.writes {
				if n, err := w.Write([]byte(text)); err != nil || n != len(text) {
					t.Fatalf("%d %v", n, err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, out.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// The runner of GitHub Actions finds no command in a text, however it is written, but those
// that are meant for it.
func TestNoCommandsForTheRunner(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		writes []string
		want   string
	}{
		"an older command":          {[]string{"x: \"##[set-output name=a]b\" ###[x]\n"}, "x: \"## [set-output name=a]b\" ### [x]\n"},
		"in two writes":             {[]string{"  | #", "#", "[warning]\n:", ":error::x\n"}, "  | ## [warning]\n: :error::x\n"},
		"joined by what is dropped": {[]string{"#\x1b#\u200b[x]\n\u200b:\x07:error::\n"}, "## [x]\n: :error::\n"},
		"a newer command":           {[]string{"::error::x\n \t\u00a0::set-env::x\n"}, ": :error::x\n \t\u00a0: :set-env::x\n"},
		"none":                      {[]string{"std::vector ## [a](b) # [x\na ::b\n: x\n:\n:\n"}, "std::vector ## [a](b) # [x\na ::b\n: x\n:\n:\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			w := ink.NewWriter(&out, ink.NewInk())
			w.BreakCommands()
			for _, text := range tc.writes {
				if _, err := w.Write([]byte(text)); err != nil {
					t.Fatal(err)
				}
			}
			w.Hide(func(text string) string { return strings.ReplaceAll(text, "s3cret", "***") })
			if _, err := w.Commands().Write([]byte("::error::\x1bs3cret\n")); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want+"::error::***\n", out.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// What this program draws passes; what is in the text of a drawing does not.
func TestDraw(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := ink.NewWriter(&out, ink.NewInk())
	canvas := ink.Canvas{Out: w, Size: func() (int, int, bool) { return 80, 24, true }}
	canvas.Draw("", []string{"wing   \x1b[2JExecuting", "tail"})
	canvas.Draw("a\x1b[2Jb\n", []string{"wing"})
	canvas.Draw("", []string{"tail"})
	canvas.Draw("", []string{"tail"})
	canvas.Erase()
	want := "wing   [2JExecuting\x1b[K\ntail\x1b[K\n" + "\r\x1b[2A\x1b[Ja[2Jb\nwing\x1b[K\n" + "\r\x1b[1Atail\x1b[K\n\x1b[J" + "\r\x1b[1A\x1b[J"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// The ink of one call is not that of another, so that nobody can know it.
func TestInkIsSecret(t *testing.T) {
	t.Parallel()
	if a, b := ink.NewInk(), ink.NewInk(); a == b || len(a) < 20 {
		t.Errorf("%s %s", a, b)
	}
}

type full struct{}

var errFull = errors.New("no space left on device")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestAWriterThatFailsIsToldOf(t *testing.T) {
	t.Parallel()
	w := ink.NewWriter(full{}, "")
	_, err := w.Write([]byte("a"))
	if !errors.Is(err, errFull) {
		t.Error(err)
	}
}
