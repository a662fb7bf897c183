package yamlsrc

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// text is a manifest without its byte order mark. It turns the lines and
// columns of the YAML reader into places in the file.
//
// Two line tables are needed: YAML 1.1 also ends a line at U+0085, U+2028 and
// U+2029, which editors show inside a line.
type text struct {
	name string
	body []byte
	yaml *lineTable
	file *lineTable
}

func newText(name string, body []byte) *text {
	t := &text{name: name, body: body, yaml: newLineTable(body, yamlBreak)}
	t.file = t.yaml
	if bytes.Contains(body, []byte("\u0085")) || bytes.Contains(body, []byte("\u2028")) ||
		bytes.Contains(body, []byte("\u2029")) {
		t.file = newLineTable(body, fileBreak)
	}
	return t
}

// position returns the position of the characters from start to end.
func (t *text) position(start, end int) diag.Position {
	start = min(max(start, 0), len(t.body))
	end = min(max(end, start), len(t.body))
	line, col := t.file.place(start)
	return diag.Position{File: t.name, Line: line, Col: col, Width: utf8.RuneCount(t.body[start:end])}
}

// lineTable finds lines and characters in a text. Columns count characters.
type lineTable struct {
	body   []byte
	starts []int32 // a text can be all line breaks; 32 bits keep that small
	// runes holds the byte offsets of the characters of lines that are not plain ASCII,
	// computed when first needed: one line may be the whole file.
	runes map[int][]int32
}

func newLineTable(body []byte, lineBreak func([]byte) int) *lineTable {
	t := &lineTable{body: body, runes: make(map[int][]int32)}
	t.starts = make([]int32, 1, 1+bytes.Count(body, []byte{'\n'}))
	for i := 0; i < len(body); {
		n := lineBreak(body[i:])
		if n == 0 {
			i++
			continue
		}
		i += n
		t.starts = append(t.starts, int32(i))
	}
	return t
}

// fileBreak returns the length of the line break that b starts with, or 0.
func fileBreak(b []byte) int {
	switch {
	case b[0] == '\n':
		return 1
	case b[0] != '\r':
		return 0
	case len(b) > 1 && b[1] == '\n':
		return 2
	}
	return 1
}

// yamlBreak is fileBreak with the line breaks that only YAML 1.1 knows.
func yamlBreak(b []byte) int {
	switch {
	case b[0] == 0xC2 && len(b) > 1 && b[1] == 0x85:
		return 2
	case b[0] == 0xE2 && len(b) > 2 && b[1] == 0x80 && (b[2] == 0xA8 || b[2] == 0xA9):
		return 3
	}
	return fileBreak(b)
}

// lines returns the number of lines; a text that ends in a line break has one more
// empty line, as in an editor.
func (t *lineTable) lines() int { return len(t.starts) }

// span returns the bytes of a line (from 1), its line break included.
func (t *lineTable) span(line int) (start, end int) {
	line = min(max(line, 1), len(t.starts))
	end = len(t.body)
	if line < len(t.starts) {
		end = int(t.starts[line])
	}
	return int(t.starts[line-1]), end
}

// line returns a line without its line break.
func (t *lineTable) line(line int) []byte {
	start, end := t.span(line)
	return bytes.TrimRight(t.body[start:end], "\r\n")
}

// offset returns the byte offset of a line and column, both from 1.
func (t *lineTable) offset(line, col int) int {
	start, end := t.span(line)
	if chars := t.chars(line); chars != nil {
		if col-1 < len(chars) {
			return start + int(chars[max(col-1, 0)])
		}
		return end
	}
	return min(start+max(col-1, 0), end)
}

// place returns the line and column, both from 1, of a byte offset.
func (t *lineTable) place(offset int) (line, col int) {
	line, found := slices.BinarySearch(t.starts, int32(offset))
	if found {
		line++
	}
	start, _ := t.span(line)
	if chars := t.chars(line); chars != nil {
		n, _ := slices.BinarySearch(chars, int32(offset-start))
		return line, n + 1
	}
	return line, offset - start + 1
}

// chars returns the offset of every character in a line, or nil when every character is
// one byte.
func (t *lineTable) chars(line int) []int32 {
	if chars, known := t.runes[line]; known {
		return chars
	}
	start, end := t.span(line)
	var chars []int32
	if !ascii(t.body[start:end]) {
		for i := start; i < end; {
			chars = append(chars, int32(i-start))
			_, n := utf8.DecodeRune(t.body[i:end])
			i += n
		}
	}
	t.runes[line] = chars
	return chars
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
