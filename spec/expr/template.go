package expr

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Template is a text with references.
type Template struct{ parts []part }

// part is a literal piece of the text, or a reference.
type part struct {
	literal string
	ref     Reference
}

// Reference is a name between ${{ and }}, such as vars.mach.
type Reference struct {
	Space  string // the part before the dot
	Name   string // the part behind it
	Offset int    // of Space in the text, in characters
}

// String returns the reference as written.
func (r Reference) String() string { return r.Space + "." + r.Name }

// Width returns how many characters of the text the reference has.
func (r Reference) Width() int { return utf8.RuneCountInString(r.String()) }

// Mistake is a ${{ that cannot be read.
type Mistake struct {
	Offset, Width int // in characters
	Message, Hint string
}

const (
	open   = "${{"
	end    = "}}"
	escape = "$"
)

// Holds reports whether a text contains references or escapes.
func Holds(text string) bool { return strings.Contains(text, open) }

// Parse reads a text. It returns all mistakes together.
func Parse(text string) (Template, []Mistake) {
	p := parser{text: text}
	for p.next() {
	}
	p.literal(p.text[p.at:])
	return p.template, p.mistakes
}

type parser struct {
	text     string
	at       int // bytes read so far
	template Template
	mistakes []Mistake
}

func (p *parser) literal(s string) {
	if s != "" {
		p.template.parts = append(p.template.parts, part{literal: s})
	}
}

// next reads up to the end of the next reference or escape.
func (p *parser) next() bool {
	begin := strings.Index(p.text[p.at:], open)
	if begin < 0 {
		return false
	}
	begin += p.at
	inside := begin + len(open)
	if before, escaped := strings.CutSuffix(p.text[p.at:begin], escape); escaped {
		p.literal(before + open)
		p.at = inside
		return true
	}
	p.literal(p.text[p.at:begin])
	length := strings.Index(p.text[inside:], end)
	if again := strings.Index(p.text[inside:], open); length < 0 || again >= 0 && again < length {
		p.mistake(begin, inside, "write ${{ vars.NAME }}; a real ${{ is written $${{", "${{ is not closed")
		p.at = inside
		return true
	}
	p.reference(inside, inside+length)
	p.at = inside + length + len(end)
	return true
}

func (p *parser) mistake(from, to int, hint, format string, args ...any) {
	offset := utf8.RuneCountInString(p.text[:from])
	p.mistakes = append(p.mistakes, Mistake{offset, utf8.RuneCountInString(p.text[from:to]), fmt.Sprintf(format, args...), hint})
}

// reference reads what is between the braces.
func (p *parser) reference(from, to int) {
	inner := p.text[from:to]
	word := strings.TrimSpace(inner)
	if word == "" {
		p.mistake(from-len(open), to+len(end), "write ${{ vars.NAME }}; a real ${{ is written $${{", "${{ }} names nothing")
		return
	}
	start := from + strings.Index(inner, word)
	space, name, dotted := strings.Cut(word, ".")
	if !dotted || !isName(space) || !isName(name) && !isPart(space, name) {
		p.mistake(start, start+len(word), "write a name, as ${{ vars.NAME }}, ${{ matrix.NAME }} or ${{ job.name }}; nothing is computed here",
			"%q is not the name of a value", shorten(word))
		return
	}
	p.template.parts = append(p.template.parts, part{ref: Reference{space, name, utf8.RuneCountInString(p.text[:start])}})
}

// isPart reports whether a name is that of a part of a parameter, as case.stem in
// matrix.case.stem: only those have parts.
func isPart(space, name string) bool {
	of, part, dotted := strings.Cut(name, ".")
	return space == "matrix" && dotted && isName(of) && isName(part)
}

func isName(s string) bool {
	for i, c := range []byte(s) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

func shorten(s string) string {
	const most = 40
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

// References returns all references of the text, in order.
func (t Template) References() []Reference {
	var all []Reference
	for _, p := range t.parts {
		if p.ref.Space != "" {
			all = append(all, p.ref)
		}
	}
	return all
}

// Literal returns the text without its references.
func (t Template) Literal() string {
	var text strings.Builder
	for _, p := range t.parts {
		text.WriteString(p.literal)
	}
	return text.String()
}

// Scope holds the values that can be named, by the part before the dot and the part
// after it.
type Scope map[string]map[string]Value

// Names lists what can be named.
func (s Scope) Names() []string {
	var names []string
	for space, members := range s {
		for name := range members {
			names = append(names, space+"."+name)
		}
	}
	return names
}

// Knows reports whether a reference has a value.
func (s Scope) Knows(r Reference) bool {
	_, ok := s[r.Space][r.Name]
	return ok
}

// Fill fills in the values. A text that is one reference and nothing else becomes that
// value, with its type and position; any other stays a text, without a position.
func (t Template) Fill(s Scope) Value {
	if len(t.parts) == 1 && t.parts[0].ref.Space != "" {
		return s[t.parts[0].ref.Space][t.parts[0].ref.Name]
	}
	var text strings.Builder
	_ = t.Write(&text, s) // a builder takes everything
	return Value{V: text.String()}
}

// Write writes the text with the values filled in.
func (t Template) Write(w io.Writer, s Scope) error {
	for _, p := range t.parts {
		text := p.literal
		if p.ref.Space != "" {
			text = s[p.ref.Space][p.ref.Name].Text()
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
	}
	return nil
}
