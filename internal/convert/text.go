package convert

import (
	"bytes"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// MaxBytes is how large a file of another format may be.
const MaxBytes = 16 << 20

// Text returns the text of a file without its byte order mark. One that is no text, or too
// large, is a problem.
func Text(file string, text []byte) (string, diag.List) {
	var list diag.List
	at := diag.Position{File: file, Line: 1, Col: 1}
	if len(text) > MaxBytes {
		list.Add(at, diag.TooLarge, "convert a part of it", "the file has more than %d MB", MaxBytes>>20)
		return "", list
	}
	body := bytes.TrimPrefix(text, []byte("\uFEFF"))
	for i := 0; i < len(body); {
		r, size := utf8.DecodeRune(body[i:])
		if r == 0 || r == utf8.RuneError && size == 1 {
			list.Add(Place(at, string(body), i), diag.NotText, "save it as UTF-8", "byte 0x%02X is no text", body[i])
			return "", list
		}
		i += size
	}
	return string(body), nil
}

// Place returns the position of the byte at an offset of a text that begins at a position.
func Place(begin diag.Position, text string, offset int) diag.Position {
	at := begin
	at.Width = 0
	for i := 0; i < min(offset, len(text)); {
		switch r, size := utf8.DecodeRuneInString(text[i:]); {
		case r == '\n':
			at.Line++
			at.Col = 1
			i++
		default:
			at.Col++
			i += size
		}
	}
	return at
}
