package diag

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// maxSnippet is the longest source line, in screen cells, that is shown in full; a
// longer one is cut around the caret.
const maxSnippet = 160

// Printer writes problems for people: position, fact, rule, the source line, a
// caret under the token, and the hint.
type Printer struct {
	Sources []Source
	Color   bool
	Ink     string // stands between ESC and each colour, for a writer that lets no other ESC pass
}

// Print writes every problem of l, in the given order, and nothing of foreign sources.
func (p Printer) Print(w io.Writer, l List) {
	l = Conceal(l, p.Sources)
	pages := make(map[string]*page, len(p.Sources))
	for _, d := range l {
		if pages[d.Pos.File] == nil {
			pages[d.Pos.File] = &page{lines: p.lines(d.Pos.File)}
		}
		fmt.Fprintln(w, p.head(d))
		p.snippet(w, pages[d.Pos.File], d.Pos)
		if d.Hint != "" {
			fmt.Fprintf(w, "%s %s\n", p.paint("36", "hint:"), printable(d.Hint))
		}
	}
}

func (p Printer) head(d Diagnostic) string {
	message := printable(d.Message)
	if d.Pos.IsZero() {
		return fmt.Sprintf("%s [%s]", message, d.Rule)
	}
	return fmt.Sprintf("%s: %s %s", p.paint("1", d.Pos.String()), message, p.paint("2", "["+string(d.Rule)+"]"))
}

// snippet writes the source line and the caret; nothing when the line is unknown.
func (p Printer) snippet(w io.Writer, text *page, pos Position) {
	line := text.line(pos.Line)
	if line == nil {
		return
	}
	shown, before, token := cut(line, pos)
	gutter := strconv.Itoa(pos.Line)
	blank := strings.Repeat(" ", len(gutter))
	fmt.Fprintf(w, "%s |\n%s | %s\n", blank, gutter, shown)
	caret := "^" + strings.Repeat("~", max(0, cells(token)-1))
	fmt.Fprintf(w, "%s | %s%s\n", blank, padding(before), p.paint("31", caret))
}

// page is the text of one source. It keeps the last shown line: a line can be megabytes
// long and have thousands of problems.
type page struct {
	lines []string
	last  int
	runes []rune
}

// line returns the characters of a line, or nil when it is blank, missing, or no text
// that a person could recognize.
func (t *page) line(n int) []rune {
	if n < 1 || n > len(t.lines) {
		return nil
	}
	if t.last != n {
		line := t.lines[n-1]
		t.last, t.runes = n, []rune(printable(line))
		if strings.TrimSpace(line) == "" || garbled(line) {
			t.runes = nil
		}
	}
	return t.runes
}

// garbled reports whether a good part of a line is not text, as in a binary file.
func garbled(line string) bool {
	all, bad := 0, 0
	for _, r := range line {
		all++
		if r < 0x20 && r != '\t' || r == utf8.RuneError {
			bad++
		}
	}
	return bad > all/3
}

// lines splits the text of a source as editors do: at LF, CR LF and a lone CR.
func (p Printer) lines(file string) []string {
	for _, s := range p.Sources {
		if s.Name == file && !s.Foreign {
			text := strings.TrimPrefix(string(s.Text), "\ufeff")
			return strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
		}
	}
	return nil
}

// printable replaces what Plain leaves out by dots, so that columns stay right.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if hasPower(r) || r == '\n' {
			return '·'
		}
		return r
	}, s)
}

// cut returns the part of the line to show, and in it the text before the token and the
// token itself.
func cut(line []rune, pos Position) (shown string, before, token []rune) {
	start := min(max(pos.Col-1, 0), len(line))
	end := min(start+max(pos.Width, 1), len(line))
	if len(line) <= 4*maxSnippet && cells(line) <= maxSnippet {
		return string(line), line[:start], line[start:end]
	}
	from, to := start, start
	for from > 0 && cells(line[from-1:start]) <= maxSnippet/4 {
		from--
	}
	for to < len(line) && cells(line[from:to+1]) <= maxSnippet {
		to++
	}
	end = min(end, to)
	head, tail := "", ""
	if from > 0 {
		head = "…"
	}
	if to < len(line) {
		tail = "…"
	}
	before = append([]rune(head), line[from:start]...)
	return head + string(line[from:to]) + tail, before, line[start:end]
}

// padding returns blanks as wide as before on any terminal: tabs stay tabs, wide
// characters become two spaces, combining marks vanish.
func padding(before []rune) string {
	segments := strings.Split(string(before), "\t")
	for i, s := range segments {
		segments[i] = strings.Repeat(" ", cells([]rune(s)))
	}
	return strings.Join(segments, "\t")
}

// cells returns the width on a screen. The environment does not matter: characters that
// a locale calls ambiguous, such as umlauts, are one cell wide on today's terminals.
func cells(rs []rune) int {
	width := runewidth.Condition{StrictEmojiNeutral: true}
	return width.StringWidth(string(rs))
}

func (p Printer) paint(code, s string) string {
	if !p.Color {
		return s
	}
	return "\x1b" + p.Ink + "[" + code + "m" + s + "\x1b" + p.Ink + "[0m"
}
