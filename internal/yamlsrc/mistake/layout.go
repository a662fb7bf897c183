package mistake

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// The recognizers in this file look at colons, dashes and indentation.

func textAfterPipe(b Breakage) (Mistake, bool) {
	source := b.source(b.Line)
	s := scan(source)
	if !b.says("expected comment or line break") {
		return Mistake{}, false
	}
	for _, at := range s.starts {
		if source[at] == '|' || source[at] == '>' {
			return b.at(b.Line, at, s.end).because("write the text on the next lines, indented",
				"text cannot follow %c on the same line", source[at]), true
		}
	}
	return Mistake{}, false
}

// flatBlockText finds a block text that is not indented deeper than its key.
func flatBlockText(b Breakage) (Mistake, bool) {
	above := b.above(b.Line)
	if above == 0 {
		return Mistake{}, false
	}
	source := b.source(above)
	key, s := scan(source), b.shape(b.Line)
	if len(key.colons) == 0 || s.indent > key.indent {
		return Mistake{}, false
	}
	header := strings.TrimSpace(source[key.colons[len(key.colons)-1]+1 : key.end])
	if header == "" || strings.Trim(header, "|>+-0123456789") != "" || strings.IndexByte("|>", header[0]) < 0 {
		return Mistake{}, false
	}
	return b.at(b.Line, s.indent, s.end).because("indent the text deeper than its key", "the text under %s is not indented", diag.Short(header)), true
}

// missingSpace finds name:value on the broken line or the one above.
func missingSpace(b Breakage) (Mistake, bool) {
	for _, line := range []int{b.Line, b.above(b.Line)} {
		if line == 0 || !b.says("mapping values", "could not find expected ':'", "expected key", "document start") {
			continue
		}
		source := b.source(line)
		s := scan(source)
		start := s.indent
		if len(s.starts) > 0 {
			start = s.starts[0]
		}
		key, value, found := strings.Cut(source[start:s.end], ":")
		if !found || len(s.colons) > 0 || !plainKey(key) || strings.HasPrefix(value, "//") {
			continue
		}
		return b.at(line, start+len(key), start+len(key)+1).because("write "+diag.Short(key+": "+value), "a space is missing after the colon"), true
	}
	return Mistake{}, false
}

func plainKey(s string) bool {
	for _, c := range s {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$') {
			return false
		}
	}
	return s != ""
}

// missingDashSpace finds -item in a list.
func missingDashSpace(b Breakage) (Mistake, bool) {
	for _, line := range []int{b.Line, b.above(b.Line)} {
		if line == 0 {
			continue
		}
		source := b.source(line)
		s := scan(source)
		if s.end > s.indent+1 && source[s.indent] == '-' && strings.IndexByte(" \t-", source[s.indent+1]) < 0 {
			return b.at(line, s.indent, s.indent+1).because("write - "+diag.Short(source[s.indent+1:s.end]), "a space is missing after the dash"), true
		}
	}
	return Mistake{}, false
}

// secondColon finds a text with a colon and a space in it.
func secondColon(b Breakage) (Mistake, bool) {
	source := b.source(b.Line)
	s := scan(source)
	if len(s.colons) < 2 || !b.says("mapping values") {
		return Mistake{}, false
	}
	at := s.colons[1]
	value := strings.TrimSpace(source[s.colons[0]+1 : s.end])
	return b.at(b.Line, at, at+1).because(InQuotes(value), "a second colon on the line looks like another key"), true
}

// missingColon finds a lone word where a key should be.
func missingColon(b Breakage) (Mistake, bool) {
	s := b.shape(b.Line)
	if !b.says("could not find expected ':'") || len(s.colons) > 0 || s.end <= s.indent {
		return Mistake{}, false
	}
	return b.at(b.Line, s.indent, s.end).because("a key is followed by a colon and a space, a longer text is indented under command: |",
		"there is no colon after the key"), true
}

// mixedList finds a key among list items, or a list item among keys.
func mixedList(b Breakage) (Mistake, bool) {
	source := b.source(b.Line)
	s := scan(source)
	if !b.says("expected key", "'-' indicator") || s.end <= s.indent {
		return Mistake{}, false
	}
	for line := b.above(b.Line); line > 0; line = b.above(line) {
		other := b.shape(line)
		if other.indent > s.indent {
			continue
		}
		if other.indent < s.indent {
			break
		}
		item, among := isItem(source[s.indent:]), isItem(b.source(line)[other.indent:])
		switch {
		case item && !among:
			return b.at(b.Line, s.indent, s.end).because("a list stands under a key of its own, each item after a dash", "a list item stands among keys"), true
		case among && !item:
			return b.at(b.Line, s.indent, s.end).because(b.alignHint(line), "a key stands among list items"), true
		}
		break
	}
	return Mistake{}, false
}

func isItem(s string) bool { return s == "-" || strings.HasPrefix(s, "- ") }

// alignHint says where the keys of the list item on a line start.
func (b Breakage) alignHint(line int) string {
	s := b.shape(line)
	if len(s.colons) == 0 {
		return "start every item of the list with a dash"
	}
	return fmt.Sprintf("start it in column %d if it belongs to line %d", s.starts[0]+1, line)
}

// deeper finds a line that is indented under a line that has its value already.
func deeper(b Breakage) (Mistake, bool) {
	above := b.above(b.Line)
	if above == 0 || !b.says("mapping values") {
		return Mistake{}, false
	}
	s, key := b.shape(b.Line), b.shape(above)
	if s.indent <= key.indent {
		return Mistake{}, false
	}
	return b.at(b.Line, s.indent, s.end).because("start it in the same column as line "+strconv.Itoa(above)+", or move the value of that line",
		"this line is indented deeper than line %d, which has a value already", above), true
}

// missingKey finds a line that starts with a colon.
func missingKey(b Breakage) (Mistake, bool) {
	s := b.shape(b.Line)
	if len(s.colons) == 0 || s.colons[0] != s.indent {
		return Mistake{}, false
	}
	return b.at(b.Line, s.indent, s.indent+1).because("write a word before the colon", "the key before the colon is missing"), true
}

// shifted finds a line that starts in a column in which no line above starts.
func shifted(b Breakage) (Mistake, bool) {
	s := b.shape(b.Line)
	if !b.says("expected key", "'-' indicator", "document start") || s.end <= s.indent {
		return Mistake{}, false
	}
	above := b.above(b.Line)
	if above == 0 {
		return Mistake{}, false
	}
	other := b.shape(above)
	begins := len(other.colons) > 0 && other.colons[len(other.colons)-1] == other.end-1
	if other.indent == s.indent || begins && other.indent < s.indent {
		return Mistake{}, false
	}
	key, col := "line", other.indent
	if isItem(b.source(above)[other.indent:]) && len(other.colons) > 0 {
		key, col = "the key on line", other.starts[0]
	}
	return b.at(b.Line, s.indent, s.end).because("start lines that belong together in the same column",
		"this line starts in column %d, %s %d in column %d", s.indent+1, key, above, col+1), true
}
