package cmdline

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// BashLine is a command line that a person types in bash. The shell hands completion
// functions words that it has split at every '=' and ':', where "a=b" and "a = b" look
// the same; so the line is read here once more.
type BashLine struct {
	Done []string // finished words without the program's name, quotes removed
	Last string   // the unfinished word, quotes removed

	quote rune // that is open at the end of the line; 0: none
	kept  int  // bytes of Last before the part that bash replaces
}

// ReadBash reads a line up to the cursor. Breaks are the characters at which bash starts
// a word to complete, as in COMP_WORDBREAKS.
func ReadBash(line, breaks string) BashLine {
	r := bashReader{breaks: breaks}
	for _, char := range line {
		r.read(char)
	}
	result := BashLine{Last: r.word.String(), quote: r.quote, kept: r.broken}
	if r.quote != 0 {
		result.kept = r.opened
	}
	if len(r.words) > 0 {
		result.Done = r.words[1:]
	}
	return result
}

// bashReader takes a line apart, one character after the other.
type bashReader struct {
	breaks  string
	words   []string
	word    strings.Builder
	begun   bool // the word is there, even if it is ""
	quote   rune
	escaped bool
	opened  int // length of the word where the last quote opened
	broken  int // length of the word after its last break
}

func (r *bashReader) read(char rune) {
	switch {
	case r.escaped:
		if r.quote == '"' && !strings.ContainsRune("\"\\$`", char) {
			r.word.WriteByte('\\')
		}
		r.add(char)
		r.escaped = false
	case char == '\\' && r.quote != '\'':
		r.escaped = true
	case char == r.quote:
		r.quote = 0
	case r.quote != 0:
		r.add(char)
	case char == '\'' || char == '"':
		r.quote, r.opened, r.begun = char, r.word.Len(), true
	case unicode.IsSpace(char):
		r.end()
	default:
		r.add(char)
		if strings.ContainsRune(r.breaks, char) {
			r.broken = r.word.Len()
		}
	}
}

func (r *bashReader) add(char rune) {
	r.word.WriteRune(char)
	r.begun = true
}

func (r *bashReader) end() {
	if r.begun {
		r.words = append(r.words, r.word.String())
	}
	r.word.Reset()
	r.begun, r.opened, r.broken = false, 0, 0
}

// WriteReplies writes what bash puts in the place of the word's last part, one a line,
// quoted the way the person began.
func (l BashLine) WriteReplies(w io.Writer, list []Candidate) error {
	for _, c := range list {
		value := c.Value
		if c != AnyFile() {
			value = l.quoted(value[min(l.kept, len(value)):])
		}
		if _, err := fmt.Fprintln(w, value); err != nil {
			return err
		}
	}
	return nil
}

func (l BashLine) quoted(text string) string {
	switch l.quote {
	case '\'':
		return strings.ReplaceAll(text, "'", `'\''`)
	case '"':
		return escaped(text, func(r rune) bool { return strings.ContainsRune("\"\\$`", r) })
	}
	return escaped(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !strings.ContainsRune("_-./:=@%+,", r)
	})
}

func escaped(text string, special func(rune) bool) string {
	var out strings.Builder
	for _, r := range text {
		if special(r) {
			out.WriteByte('\\')
		}
		out.WriteRune(r)
	}
	return out.String()
}
