package mistake

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Lines returns the lines of a text, counted from 1, without their line breaks.
type Lines interface {
	Line(n int) string
	Count() int
}

// Breakage is where and why a YAML reader gave up.
type Breakage struct {
	Lines   Lines
	First   int    // the first line of what was read
	Line    int    // the line a person most likely must change
	Problem string // in the words of the YAML library, without its line
}

// Mistake is what a person did wrong: the bytes to mark, the fact, the hint.
type Mistake struct {
	Line, From, To int // byte offsets in the line
	Message, Hint  string
	TooDeep        bool // not a mistake in YAML, but beyond the limits of the reader
}

// Recognize finds the mistake behind a breakage by looking at the lines, because the
// messages of the YAML library are about its own states. The first recognizer that
// knows the mistake wins; they are ordered from certain to likely.
func (b Breakage) Recognize() Mistake {
	for _, try := range []func(Breakage) (Mistake, bool){
		tooDeep, tabIndent, badAnchor, badStart, badEscape, openQuote, textAfterQuote, bareReference, strayBracket, openBracket,
		missingComma, missingItem, nestedColon, listOnKeyLine, textAfterPipe, flatBlockText, missingSpace, missingDashSpace, secondColon, missingColon,
		missingKey, mixedList, deeper, shifted,
	} {
		if m, ok := try(b); ok {
			return m
		}
	}
	s := b.shape(b.Line)
	return b.at(b.Line, s.indent, s.end).because("", "the YAML cannot be read from here on: %s", diag.Short(b.Problem))
}

func (b Breakage) source(line int) string { return b.Lines.Line(line) }

func (b Breakage) shape(line int) shape { return scan(b.source(line)) }

// above is the last line before line that is neither blank nor a comment, or 0.
func (b Breakage) above(line int) int {
	for line--; line >= b.First; line-- {
		if s := strings.TrimLeft(b.source(line), " \t"); s != "" && s[0] != '#' {
			return line
		}
	}
	return 0
}

func (b Breakage) says(parts ...string) bool {
	for _, part := range parts {
		if strings.Contains(b.Problem, part) {
			return true
		}
	}
	return false
}

// at makes a mistake of a part of a line.
func (b Breakage) at(line, from, to int) Mistake {
	return Mistake{Line: line, From: from, To: max(from, to)}
}

func (m Mistake) because(hint, format string, args ...any) Mistake {
	m.Message, m.Hint = fmt.Sprintf(format, args...), hint
	return m
}

// TooDeep reports whether the YAML library met a limit of its own.
func TooDeep(problem string) bool { return strings.Contains(problem, "exceeded max depth") }

func tooDeep(b Breakage) (Mistake, bool) {
	if !TooDeep(b.Problem) {
		return Mistake{}, false
	}
	s := b.shape(b.Line)
	m := b.at(b.Line, s.indent, s.indent+1)
	m.TooDeep = true
	return m, true
}

func tabIndent(b Breakage) (Mistake, bool) {
	for _, line := range []int{b.Line, b.Line - 1} {
		source := b.source(line)
		indent := source[:b.shape(line).indent]
		blank := len(indent) == len(source)
		if tab := strings.IndexByte(indent, '\t'); line >= b.First && tab >= 0 && (line == b.Line || blank) {
			return b.at(line, tab, tab+1).because("indent with spaces", "a tab is used to indent this line"), true
		}
	}
	return Mistake{}, false
}

// badAnchor finds * and & that YAML takes for an alias or an anchor.
func badAnchor(b Breakage) (Mistake, bool) {
	name, unknown := strings.CutPrefix(b.Problem, "unknown anchor '")
	name, _, _ = strings.Cut(name, "'")
	if !unknown && !b.says("did not find expected alphabetic or numeric character") {
		return Mistake{}, false
	}
	source := b.source(b.Line)
	s := scan(source)
	for _, at := range s.starts {
		value := valueAt(source, at, s.end)
		switch {
		case unknown && value == "*"+name:
			return b.at(b.Line, at, at+len(value)).because("write &"+diag.Short(name)+" before the value that it repeats, or, for a text, "+InQuotes(value),
				"there is no anchor &%s above this alias", diag.Short(name)), true
		case !unknown && source[at] == '*':
			return b.at(b.Line, at, at+len(value)).because(InQuotes(value), "a value that starts with * is an alias in YAML"), true
		case !unknown && source[at] == '&':
			return b.at(b.Line, at, at+len(value)).because(InQuotes(value), "a value that starts with & is an anchor in YAML"), true
		}
	}
	return Mistake{}, false
}

// badStart finds characters that YAML reserves at the start of a value.
func badStart(b Breakage) (Mistake, bool) {
	if !b.says("cannot start any token") {
		return Mistake{}, false
	}
	source := b.source(b.Line)
	s := scan(source)
	for _, at := range s.starts {
		if strings.IndexByte("@`%", source[at]) >= 0 {
			value := valueAt(source, at, s.end)
			return b.at(b.Line, at, at+len(value)).because(InQuotes(value), "a value cannot start with %c", source[at]), true
		}
	}
	return Mistake{}, false
}

// valueAt is the bare value at an offset: up to the end of the line, or inside brackets
// up to the next comma or bracket.
func valueAt(source string, at, end int) string {
	value := source[at:end]
	if strings.ContainsAny(source[:at], "[{") {
		if stop := strings.IndexAny(value, ",]}"); stop > 0 {
			value = value[:stop]
		}
	}
	return strings.TrimRight(value, " \t")
}

// InQuotes is the hint to quote a text, with the quotes that change nothing in it.
func InQuotes(value string) string {
	if value != diag.Short(value) {
		return "put it in quotes"
	}
	if strings.ContainsAny(value, `"\`) {
		return "put it in quotes: '" + strings.ReplaceAll(value, "'", "''") + "'"
	}
	return `put it in quotes: "` + value + `"`
}

// badEscape finds the backslash of a Windows path in double quotes.
func badEscape(b Breakage) (Mistake, bool) {
	if !b.says("unknown escape character", "expected hexdecimal number", "character escape code") {
		return Mistake{}, false
	}
	for line := b.Line; line <= min(b.Lines.Count(), b.Line+50); line++ {
		source := b.source(line)
		for i := 0; i+1 < len(source); i++ {
			if source[i] != '\\' {
				continue
			}
			if !validEscape(source[i+1:]) {
				return b.at(line, i, i+2).because(`in double quotes write \\ for one backslash, or use single quotes`,
					"%s is not an escape that YAML knows", source[i:i+2]), true
			}
			i++
		}
	}
	return Mistake{}, false
}

func validEscape(s string) bool {
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[0]]
	if digits == 0 {
		return strings.IndexByte("0abt\tnvfre \"'/\\N_LP", s[0]) >= 0
	}
	if len(s) <= digits {
		return false
	}
	_, err := strconv.ParseUint(s[1:1+digits], 16, 64)
	return err == nil
}

func openQuote(b Breakage) (Mistake, bool) {
	source := b.source(b.Line)
	s := scan(source)
	if s.quote < 0 {
		return Mistake{}, false
	}
	quote := source[s.quote]
	return b.at(b.Line, s.quote, len(strings.TrimRight(source, " \t"))).because(fmt.Sprintf("add %c at the end of the text", quote),
		"the quote %c is not closed", quote), true
}

func textAfterQuote(b Breakage) (Mistake, bool) {
	source := b.source(b.Line)
	s := scan(source)
	if s.after < 0 {
		return Mistake{}, false
	}
	if len(s.open) > 0 || strings.ContainsAny(source[:s.after], "[{") {
		return b.at(b.Line, s.after, s.after+1).because("separate the items by commas", "a comma is missing before this"), true
	}
	return b.at(b.Line, s.after, s.end).because("put all of the value into one pair of quotes, or use command: | for long texts",
		"text after the closing quote"), true
}
