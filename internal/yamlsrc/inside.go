package yamlsrc

import (
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Inside returns the position of the offset-th character (from 0) of the text at pointer; a line
// break is at the end of its line. It follows quotes, escapes, folded lines and the indentation of
// block texts; where it cannot, and for a value that is not a text, it returns the position of the
// whole value.
func (d *Document) Inside(pointer string, offset int) diag.Position {
	w, value := d.walker(pointer)
	for i, r := range []rune(value) {
		start, end, ok := w.next(r)
		if !ok {
			return d.At(pointer)
		}
		if i == offset {
			return d.text.position(start, end)
		}
	}
	return d.At(pointer)
}

// Joined reports whether YAML joins the lines of a text: it is written without | or >, and its line
// breaks are not escaped.
func (d *Document) Joined(pointer string) bool {
	w, value := d.walker(pointer)
	for _, r := range value {
		if _, _, ok := w.next(r); !ok || w.joined {
			break
		}
	}
	return w.joined && w.style&blockStyle == 0
}

// Commented reports whether a text without quotes ends at a comment: what follows # is
// not part of it.
func (d *Document) Commented(pointer string) bool {
	n, plain := d.plain(pointer)
	return plain && n.LineComment != ""
}

// Plain reports whether a value is written without quotes, on one line.
func (d *Document) Plain(pointer string) bool {
	_, plain := d.plain(pointer)
	return plain
}

func (d *Document) plain(pointer string) (*yaml.Node, bool) {
	p, found := d.find(pointer)
	if !found || p.value == nil {
		return nil, false
	}
	n := resolved(p.value)
	return n, n.Kind == yaml.ScalarNode && n.Style == 0
}

// walker returns a walker that begins at the scalar at pointer, and its value; the value is empty
// for anything but a scalar.
func (d *Document) walker(pointer string) (walker, string) {
	p, found := d.find(pointer)
	if !found || p.value == nil || resolved(p.value).Kind != yaml.ScalarNode {
		return walker{}, ""
	}
	n := resolved(p.value)
	start, _ := d.text.token(d.offset(n), n)
	w := walker{body: d.text.body, at: start, style: n.Style}
	w.begin()
	return w, n.Value
}

// walker walks through the source of a scalar in step with its value.
type walker struct {
	body  []byte
	at    int
	style yaml.Style
	// joined is set once the walker has passed a line break that is not escaped.
	joined bool
}

// begin moves to the first character that can belong to the value.
func (w *walker) begin() {
	switch {
	case w.style&quotedStyle != 0:
		w.at++
	case w.style&blockStyle != 0:
		for w.at < len(w.body) && w.body[w.at] != '\n' && w.body[w.at] != '\r' {
			w.at++
		}
		w.at += breakLength(w.body[min(w.at, len(w.body)):])
		w.skipIndent()
	}
}

// next returns the source of one character of the value and moves past it. It skips what belongs to
// no character: indentation, blanks and line breaks that the reader folds, escaped line breaks.
func (w *walker) next(r rune) (start, end int, ok bool) {
	for w.at < len(w.body) {
		start = w.at
		got, n := utf8.DecodeRune(w.body[w.at:])
		lineBreak := breakLength(w.body[w.at:])
		switch {
		case lineBreak > 0:
			w.at += lineBreak
			w.joined = true
			w.skipIndent()
			if r == '\n' || r == ' ' {
				return start, start, true
			}
		case w.escapes(got):
			if w.escape() {
				return start, w.at, true
			}
		case got == r:
			w.at += n
			return start, w.at, true
		case got == ' ' || got == '\t':
			w.at += n
		default:
			return 0, 0, false
		}
	}
	return 0, 0, false
}

// escapes reports whether a character starts an escape in this style of quotes.
func (w *walker) escapes(got rune) bool {
	return w.style&yaml.DoubleQuotedStyle != 0 && got == '\\' || w.style&yaml.SingleQuotedStyle != 0 && got == '\''
}

// escape skips an escape and reports whether it stands for a character; an escaped line break does
// not.
func (w *walker) escape() bool {
	if w.style&yaml.SingleQuotedStyle != 0 {
		w.at = min(w.at+2, len(w.body))
		return true
	}
	joins := breakLength(w.body[w.at+1:]) > 0
	w.at += escapeLength(w.body[w.at:])
	if joins {
		w.skipIndent()
	}
	return !joins
}

// skipIndent skips the indentation of a line. next finds spaces again that belong to a block text.
func (w *walker) skipIndent() {
	if w.style&blockStyle == 0 {
		for w.at < len(w.body) && (w.body[w.at] == ' ' || w.body[w.at] == '\t') {
			w.at++
		}
	}
}

// breakLength returns the length of the line break that b starts with, or 0.
func breakLength(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	return fileBreak(b)
}

// escapeLength returns the length of the escape that b starts with.
func escapeLength(b []byte) int {
	if len(b) < 2 {
		return len(b)
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[b[1]]
	if n := breakLength(b[1:]); n > 0 {
		return 1 + n
	}
	if strings.IndexByte("xuU", b[1]) < 0 && b[1] >= utf8.RuneSelf {
		return 1
	}
	return min(2+digits, len(b))
}
