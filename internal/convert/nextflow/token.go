package nextflow

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// sort is what a token is.
type sort int

const (
	word   sort = iota // letters, digits, _ and the dots between
	digits             // a number
	quoted             // a text in quotes; filled when it has references
	mark               // one character
	line               // the end of a line, or a semicolon
	end
)

// token is a piece of the text. text of a quoted one is what it means.
type token struct {
	sort   sort
	text   string
	filled bool
	pos    diag.Position
	from   int // bytes
	to     int
}

// scanner cuts a text into tokens.
type scanner struct {
	file   string
	text   string
	at     int
	line   int
	start  int // of the line
	broken diag.List
}

func (s *scanner) position(at int) diag.Position {
	return diag.Position{File: s.file, Line: s.line, Col: 1 + utf8.RuneCountInString(s.text[s.start:at]), Width: 1}
}

// tokens returns all of them; the last is the end.
func tokens(file, text string) ([]token, diag.List) {
	s := scanner{file: file, text: text, line: 1}
	var all []token
	for {
		t := s.next()
		all = append(all, t)
		if t.sort == end || len(s.broken) > 0 {
			return all, s.broken
		}
	}
}

func (s *scanner) next() token {
	s.skip()
	from := s.at
	t := token{pos: s.position(from), from: from}
	if s.at >= len(s.text) {
		t.sort = end
		return t
	}
	r, size := utf8.DecodeRuneInString(s.text[s.at:])
	switch t.sort = begins(r); t.sort {
	case quoted:
		t.text, t.filled = s.quoted(byte(r))
	case word, digits:
		s.run(inWord)
		t.text = s.text[from:s.at]
	default:
		t.text = string(r)
		s.advance(size)
	}
	t.to = s.at
	return t
}

// begins returns the sort of token that a character begins.
func begins(r rune) sort {
	switch {
	case r == '\n' || r == ';':
		return line
	case r == '"' || r == '\'':
		return quoted
	case unicode.IsLetter(r) || r == '_' || r == '$':
		return word
	case unicode.IsDigit(r):
		return digits
	}
	return mark
}

func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_$.", r)
}

// advance goes over bytes and counts their lines.
func (s *scanner) advance(n int) {
	for range n {
		if s.text[s.at] == '\n' {
			s.line++
			s.start = s.at + 1
		}
		s.at++
	}
}

func (s *scanner) run(while func(rune) bool) {
	for s.at < len(s.text) {
		r, size := utf8.DecodeRuneInString(s.text[s.at:])
		if !while(r) {
			return
		}
		s.advance(size)
	}
}

// skip goes over blanks, comments, and line ends behind a backslash.
func (s *scanner) skip() {
	for s.at < len(s.text) {
		rest := s.text[s.at:]
		switch {
		case strings.HasPrefix(rest, "\\\n"):
			s.advance(len("\\\n"))
		case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r':
			s.advance(1)
		case strings.HasPrefix(rest, "//") || strings.HasPrefix(rest, "#!") && s.at == 0:
			s.advance(len(rest[:lineEnd(rest)]))
		case strings.HasPrefix(rest, "/*"):
			length := strings.Index(rest[2:], "*/")
			if length < 0 {
				s.broken.Add(s.position(s.at), diag.BadValue, "write */ behind it", "a comment has no end")
				s.at = len(s.text)
				return
			}
			s.advance(length + len("/**/"))
		default:
			return
		}
	}
}

func lineEnd(text string) int {
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		return i
	}
	return len(text)
}

// quoted reads a text in quotes, one or three. A text in double quotes with $ in it is
// filled by Groovy.
func (s *scanner) quoted(quote byte) (text string, filled bool) {
	from := s.position(s.at)
	mark := string(quote)
	if triple := strings.Repeat(mark, 3); strings.HasPrefix(s.text[s.at:], triple) {
		mark = triple
	}
	s.advance(len(mark))
	var b strings.Builder
	for s.at < len(s.text) {
		rest := s.text[s.at:]
		switch {
		case strings.HasPrefix(rest, mark):
			s.advance(len(mark))
			return b.String(), filled
		case rest[0] == '\\' && len(rest) > 1:
			b.WriteString(escaped(rest[1]))
			s.advance(2) //nolint:mnd // the backslash and what it escapes
		case rest[0] == '\n' && len(mark) == 1:
			s.broken.Add(s.position(s.at), diag.BadValue, "close the quotes", "a text in quotes has no end")
			return b.String(), filled
		default:
			filled = filled || rest[0] == '$' && quote == '"' && referring(rest)
			b.WriteByte(rest[0])
			s.advance(1)
		}
	}
	s.broken.Add(from, diag.BadValue, "close the quotes", "a text in quotes has no end")
	return "", false
}

// referring is true of a $ with a name or a brace behind it.
func referring(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest[1:])
	return r == '{' || r == '_' || unicode.IsLetter(r)
}

// escaped is what a character behind a backslash means.
func escaped(c byte) string {
	switch c {
	case 'n':
		return "\n"
	case 't':
		return "\t"
	case 'r':
		return "\r"
	case '\n':
		return ""
	case '\\', '\'', '"', '$':
		return string(c)
	}
	return "\\" + string(c)
}
