package diag

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Conceal removes from problems what they quote of foreign sources: those that a manifest
// can name and that are not in its repository. The author of a manifest need not be
// allowed to read every file of this machine.
func Conceal(l List, sources []Source) List {
	texts := foreign{own: make(map[string]bool), words: make(map[string]bool)}
	for _, s := range sources {
		if s.Foreign {
			texts.add(s)
		}
	}
	if len(texts.own) == 0 {
		return l
	}
	l = slices.Clone(l)
	for i := range l {
		d := &l[i]
		inside := texts.own[d.Pos.File]
		d.Message = texts.conceal(d.Message, inside)
		if d.Hint = texts.conceal(d.Hint, inside); inside {
			d.Hint = "nothing of this file is shown, because it is outside the manifest's repository or folder"
		}
	}
	return l
}

// foreign is what must not be quoted.
type foreign struct {
	own   map[string]bool // names of the sources
	all   strings.Builder
	words map[string]bool
}

func (f *foreign) add(s Source) {
	f.own[s.Name] = true
	f.all.Write(s.Text)
	f.all.WriteByte('\n')
	for _, word := range words(string(s.Text)) {
		f.words[word] = true
	}
}

// words matches the parts of a text between blanks and punctuation.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`,;:="'`, r) })
}

// quotation matches a text in quotes, as %q writes it.
var quotation = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// conceal replaces by an ellipsis quotations, all or those with foreign text in them, and
// foreign words outside quotes that are no plain words.
func (f *foreign) conceal(message string, all bool) string {
	var out strings.Builder
	at := 0
	for _, span := range quotation.FindAllStringIndex(message, -1) {
		out.WriteString(f.unquoted(message[at:span[0]]))
		if quoted := message[span[0]:span[1]]; all || f.has(quoted) {
			out.WriteString(`"…"`)
		} else {
			out.WriteString(quoted)
		}
		at = span[1]
	}
	out.WriteString(f.unquoted(message[at:]))
	return out.String()
}

// shortest is the minimum number of bytes of a word worth hiding.
const shortest = 4

// has reports whether a quotation contains foreign text, or is part of it.
func (f *foreign) has(quoted string) bool {
	text, err := strconv.Unquote(quoted)
	if err != nil {
		text = strings.Trim(quoted, `"`)
	}
	text = strings.TrimSuffix(text, "…") // see Short
	if len(text) >= shortest && strings.Contains(f.all.String(), text) {
		return true
	}
	return slices.ContainsFunc(words(text), func(w string) bool { return len(w) >= shortest && f.words[w] })
}

func (f *foreign) unquoted(text string) string {
	for _, word := range words(text) {
		plain := strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == ""
		if len(word) >= shortest && !plain && f.words[word] {
			text = strings.ReplaceAll(text, word, "…")
		}
	}
	return text
}
