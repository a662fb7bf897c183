package yamlsrc

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Limits of one text. A manifest names its data and does not contain it.
const (
	// MaxBytes is the size of the largest text that is read at all.
	MaxBytes = 4 << 20
	// MaxValues bounds the values of one text, aliases unfolded.
	MaxValues = 100_000
	// MaxDepth bounds how deep lists and mappings may be nested.
	MaxDepth = 100
	// maxMarks bounds the characters that start a value or a comment. The YAML reader
	// spends up to a kilobyte on each before anything can be counted, so this bound
	// keeps a hostile text within the memory of a small machine.
	maxMarks = MaxValues + 1000
	// maxDirectives bounds the lines that start with %: the YAML reader compares
	// every directive with all others.
	maxDirectives = 100
)

const utf8Mark = "\ufeff"

// The messages for texts beyond the limits, wherever they are detected.
const (
	aside   = "put data into a file of its own and list that under inputs:"
	tooDeep = "nested deeper than %d levels"
	flatter = "write it flatter"
)

// readable returns the text without its byte order mark, or the one problem that makes
// it pointless to look for YAML in it.
func readable(src diag.Source) ([]byte, diag.List) {
	var list diag.List
	start := diag.Position{File: src.Name, Line: 1, Col: 1}
	if len(src.Text) > MaxBytes {
		list.Add(start, diag.TooLarge, aside,
			"the text is longer than the %s that a manifest may have", megabytes(MaxBytes))
		return nil, list
	}
	if wide := wideMark(src.Text); wide != "" {
		list.Add(start, diag.NotText, "save the file with the encoding UTF-8", "the text is encoded as %s, not as UTF-8", wide)
		return nil, list
	}
	body := bytes.TrimPrefix(src.Text, []byte(utf8Mark))
	if at := firstBad(body); at < len(body) {
		message, hint := describeBad(body, at)
		t := newText(src.Name, body)
		_, n := utf8.DecodeRune(body[at:])
		list.Add(t.position(at, at+n), diag.NotText, hint, "%s", message)
		return nil, list
	}
	if at := tooManyMarks(body); at >= 0 {
		t := newText(src.Name, body)
		list.Add(t.position(at, at+1), diag.TooLarge, aside,
			"the text has more than %d commas, colons, dashes, brackets and comments", maxMarks)
		return nil, list
	}
	if at := tooManyDirectives(body); at >= 0 {
		t := newText(src.Name, body)
		list.Add(t.position(at, at+1), diag.TooLarge, "delete the lines that start with %, a manifest needs none",
			"the text has more than %d lines that start with %%", maxDirectives)
		return nil, list
	}
	return body, list
}

func megabytes(n int) string {
	if n%(1<<20) == 0 {
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}

// wideMark names the encoding when the text starts with a wide byte order mark.
func wideMark(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE, 0, 0}), bytes.HasPrefix(b, []byte{0, 0, 0xFE, 0xFF}):
		return "UTF-32"
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE}), bytes.HasPrefix(b, []byte{0xFE, 0xFF}):
		return "UTF-16"
	}
	return ""
}

// firstBad returns the offset of the first byte that is not text, or len(b).
func firstBad(b []byte) int {
	for i := 0; i < len(b); {
		if c := b[i]; c < utf8.RuneSelf {
			if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7F {
				return i
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 || !yamlRune(r) {
			return i
		}
		i += n
	}
	return len(b)
}

// yamlRune reports whether YAML allows a character beyond ASCII.
func yamlRune(r rune) bool {
	return r == 0x85 || r >= 0xA0 && r != 0xFFFE && r != 0xFFFF
}

// describeBad says what the byte at an offset is and what to do about it.
func describeBad(b []byte, at int) (message, hint string) {
	const resave = "save the file with the encoding UTF-8"
	r, n := utf8.DecodeRune(b[at:])
	switch {
	case bytes.IndexByte(b, 0) >= 0:
		return "this is a binary file, not a text", "give the manifest, not an archive or another input file"
	case r == utf8.RuneError && n == 1 && unicode.IsPrint(rune(b[at])):
		return fmt.Sprintf("byte 0x%02X is not UTF-8", b[at]),
			fmt.Sprintf("%s; in Latin-1, an older encoding, this byte is %s", resave, string(rune(b[at])))
	case r == utf8.RuneError && n == 1:
		return fmt.Sprintf("byte 0x%02X is not UTF-8", b[at]), resave
	}
	return fmt.Sprintf("control character U+%04X", r), "delete it; editors often do not show it"
}

// tooManyMarks returns the offset where the text exceeds the allowed marks, or -1. It
// counts at least one mark for every two values that the YAML reader can find, whatever
// the text, and may count marks inside quotes.
func tooManyMarks(b []byte) int {
	marks, flow := 0, false
	for i, c := range b {
		switch c {
		case '[', '{':
			flow = true
			marks++
		case ':':
			marks++
		case '#':
			if i == 0 || blank(b[i-1]) {
				marks++
			}
		case ',':
			if flow {
				marks++
			}
		case '-', '?':
			if i+1 == len(b) || blank(b[i+1]) {
				marks++
			}
		}
		if marks > maxMarks {
			return i
		}
	}
	return -1
}

// blank reports whether a byte may begin white space of YAML; it does not distinguish
// characters beyond ASCII.
func blank(c byte) bool {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c >= utf8.RuneSelf
}

// tooManyDirectives returns the offset where the text exceeds the allowed lines that
// start with a percent sign, or -1.
func tooManyDirectives(b []byte) int {
	count := 0
	for i, c := range b {
		if c != '%' || i > 0 && b[i-1] != '\n' && b[i-1] != '\r' {
			continue
		}
		if count++; count > maxDirectives {
			return i
		}
	}
	return -1
}
