package mistake

import (
	"strings"
	"unicode/utf8"
)

// The recognizers in this file look at brackets, and at lists and mappings that
// are written on a few lines with brackets.

// bareReference finds ${{ }} without quotes inside brackets, where YAML takes its
// braces for those of a mapping.
func bareReference(b Breakage) (Mistake, bool) {
	if !b.shape(b.Line).flow && !b.says("',' or ']'", "',' or '}'") {
		return Mistake{}, false
	}
	last, _ := b.bracketEnd()
	for line := b.Line; line <= max(last, b.Line); line++ {
		if begin, end := unquotedReference(b.source(line)); begin >= 0 {
			return b.at(line, begin, end).because(InQuotes(b.source(line)[begin:end]), "inside brackets a reference needs quotes"), true
		}
	}
	return Mistake{}, false
}

// unquotedReference returns the first value with ${{ }} that is not in quotes.
func unquotedReference(source string) (begin, end int) {
	s := scan(source)
	for at := 0; at < s.end; at = end {
		open := strings.Index(source[at:s.end], "${{")
		if open < 0 {
			break
		}
		open += at
		length := strings.Index(source[open:s.end], "}}")
		if length < 0 {
			break
		}
		begin, end = s.indent, open+length+len("}}")
		for _, start := range s.starts {
			if start <= open {
				begin = start
			}
		}
		if source[begin] == '"' || source[begin] == '\'' {
			continue
		}
		if rest := strings.IndexAny(source[end:s.end], ",]} \t"); rest >= 0 {
			return begin, end + rest
		}
		return begin, s.end
	}
	return -1, -1
}

func strayBracket(b Breakage) (Mistake, bool) {
	source := b.source(b.Line)
	s := scan(source)
	if len(s.stray) == 0 {
		return Mistake{}, false
	}
	at := s.stray[0]
	return b.at(b.Line, at, at+1).because("delete it, or make the brackets match", "%c matches no opening bracket", source[at]), true
}

// openBracket finds a bracket that no later line closes before the next key of
// the same level begins.
func openBracket(b Breakage) (Mistake, bool) {
	source := b.source(b.Line)
	s := scan(source)
	if len(s.open) == 0 || !b.says("',' or ']'", "',' or '}'", "expected node content") {
		return Mistake{}, false
	}
	if _, closes := b.bracketEnd(); closes {
		return Mistake{}, false
	}
	at := s.open[len(s.open)-1]
	closing := map[byte]string{'[': "]", '{': "}"}[source[at]]
	return b.at(b.Line, at, s.end).because("add "+closing+" at the end", "%c is not closed", source[at]), true
}

// bracketEnd returns the line that closes the bracket left open by the broken line.
func (b Breakage) bracketEnd() (line int, closes bool) {
	first := b.shape(b.Line)
	depth := len(first.open)
	for line := b.Line + 1; line <= b.Lines.Count(); line++ {
		s := b.shape(line)
		if s.end > s.indent && s.indent <= first.indent && len(s.colons) > 0 {
			return 0, false
		}
		depth += len(s.open) - len(s.closed)
		if depth <= 0 {
			return line, true
		}
	}
	return 0, false
}

// missingComma finds a line inside brackets that should end in a comma.
func missingComma(b Breakage) (Mistake, bool) {
	last, closes := b.bracketEnd()
	if !closes || !b.says("',' or ']'", "',' or '}'") {
		return Mistake{}, false
	}
	for line := b.Line; line < last; line++ {
		source, next := b.source(line), b.shape(line+1)
		s := scan(source)
		if s.end <= s.indent || strings.IndexByte(",[{:", source[s.end-1]) >= 0 || next.end <= next.indent {
			continue
		}
		if strings.IndexByte(",]}", b.source(line + 1)[next.indent]) < 0 {
			_, n := utf8.DecodeLastRuneInString(source[:s.end])
			return b.at(line, s.end-n, s.end).because("inside brackets every item but the last ends with a comma",
				"a comma is missing at the end of this line"), true
		}
	}
	return Mistake{}, false
}

// missingItem finds a comma without an item before it.
func missingItem(b Breakage) (Mistake, bool) {
	if !b.says("expected node content") {
		return Mistake{}, false
	}
	last, _ := b.bracketEnd()
	for line := b.Line; line <= max(last, b.Line); line++ {
		source := b.source(line)
		s := scan(source)
		for i := s.indent; i < s.end; i++ {
			before := strings.TrimRight(source[:i], " \t")
			if source[i] == ',' && (before == "" || strings.HasSuffix(before, ",") || strings.HasSuffix(before, ":") || strings.HasSuffix(before, "[")) {
				return b.at(line, i, i+1).because("delete it", "a comma without an item before it"), true
			}
		}
	}
	return Mistake{}, false
}

// nestedColon finds {a: b: c}, also on the later lines of a mapping in brackets.
func nestedColon(b Breakage) (Mistake, bool) {
	if !b.says("',' or ']'", "',' or '}'") {
		return Mistake{}, false
	}
	last, _ := b.bracketEnd()
	for line := b.Line; line <= max(last, b.Line); line++ {
		source := b.source(line)
		first, second := twoColons(source, line > b.Line)
		if second < 0 {
			continue
		}
		between := source[first+1 : second]
		if at := strings.Index(between, ` "`); at >= 0 && strings.TrimSpace(between[:at]) != "" {
			at += first + 2
			return b.at(line, at, at+1).because("separate the items by commas", "a comma is missing before this"), true
		}
		return b.at(line, second, second+1).because("put the text with the colon in quotes, or add a comma before the key",
			"a second colon looks like another key"), true
	}
	return Mistake{}, false
}

// twoColons finds two colons that end keys without a comma or bracket between them,
// inside brackets; open means that the line begins inside some.
func twoColons(source string, open bool) (first, second int) {
	first = -1
	for i := range len(source) {
		switch {
		case strings.IndexByte("[{,", source[i]) >= 0:
			first = -1
			open = open || source[i] != ','
		case source[i] != ':' || !isBlank(source, i+1):
		case first >= 0 && open:
			return first, i
		default:
			first = i
		}
	}
	return -1, -1
}

// listOnKeyLine finds key: - item.
func listOnKeyLine(b Breakage) (Mistake, bool) {
	source := b.source(b.Line)
	s := scan(source)
	if !b.says("block sequence entries are not allowed") || len(s.colons) == 0 {
		return Mistake{}, false
	}
	dash := strings.IndexByte(source[s.colons[0]:], '-')
	if dash < 0 {
		return Mistake{}, false
	}
	dash += s.colons[0]
	return b.at(b.Line, dash, s.end).because("put the items on lines of their own, or write a list as [a, b]",
		"a list cannot start on the line of its key"), true
}
