package mistake

import "strings"

// shape is the structure of one line of YAML, as far as it shows without the lines
// before. All numbers are byte offsets in the line, -1 for none.
type shape struct {
	indent int   // of the first character that is no blank
	end    int   // behind the last character that is no blank or comment
	quote  int   // a quote that is not closed on the line
	after  int   // text behind a closed quote, where none may be
	colons []int // colons that end a key, outside brackets
	open   []int // brackets that are not closed on the line
	closed []int // closing brackets without a fitting opening one on the line
	stray  []int // those of them that are wrong, whatever the lines above
	flow   bool  // whether a bracket opens a list or mapping on the line
	starts []int // first characters of values and keys
}

// scan reads a line of YAML.
func scan(line string) shape {
	s := shape{indent: len(line) - len(strings.TrimLeft(line, " \t")), quote: -1, after: -1, end: len(line)}
	from := s.indent
	if strings.HasPrefix(line, "--- ") {
		from = len("---")
	}
	fresh := true // whether a key or value can begin here
	for i := from; i < s.end; i++ {
		switch {
		case isBlank(line, i):
		case line[i] == '#' && (i == 0 || isBlank(line, i-1)):
			s.end = i
		case fresh && line[i] == '-' && isBlank(line, i+1):
		case fresh && strings.IndexByte(`"'[{`, line[i]) >= 0:
			i, fresh = s.begin(line, i)
		default:
			fresh = s.inside(line, i, fresh)
		}
	}
	s.end = len(strings.TrimRight(line[:s.end], " \t"))
	return s
}

// isBlank reports white space, and also the end of the line.
func isBlank(line string, i int) bool {
	return i >= len(line) || line[i] == ' ' || line[i] == '\t'
}

// begin reads a quoted text or an opening bracket. It returns the offset of its last
// character and whether a value can begin after it.
func (s *shape) begin(line string, i int) (last int, fresh bool) {
	s.starts = append(s.starts, i)
	if line[i] == '[' || line[i] == '{' {
		s.open = append(s.open, i)
		s.flow = true
		return i, true
	}
	return s.quoted(line, i), false
}

// inside reads any other character. It reports whether a value can begin after it.
func (s *shape) inside(line string, i int, fresh bool) bool {
	switch c := line[i]; {
	case c == ']' || c == '}':
		s.close(line, i)
		return false
	case c == ',' && len(s.open) > 0:
		return true
	case c == ':' && isBlank(line, i+1):
		if len(s.open) == 0 {
			s.colons = append(s.colons, i)
		}
		return true
	case fresh:
		s.starts = append(s.starts, i)
	}
	return false
}

// quoted skips the quoted text at i and returns the offset of its last character.
func (s *shape) quoted(line string, i int) int {
	n := QuotedLength(line[i:])
	stop := i + n - 1
	if stop == i || line[stop] != line[i] || n < 2 {
		s.quote = i
		return len(line)
	}
	rest := strings.TrimLeft(line[stop+1:], " \t")
	if rest != "" && s.after < 0 && !strings.ContainsRune(":,]}#", rune(rest[0])) {
		s.after = len(line) - len(rest)
	}
	return stop
}

func (s *shape) close(line string, i int) {
	pairs := map[byte]byte{']': '[', '}': '{'}
	n := len(s.open)
	matches := n > 0 && line[s.open[n-1]] == pairs[line[i]]
	if !matches {
		s.closed = append(s.closed, i)
		// A bracket in the middle of a bare text means nothing.
		if s.flow || i == s.indent {
			s.stray = append(s.stray, i)
		}
	}
	if n > 0 {
		s.open = s.open[:n-1]
	}
}

// QuotedLength returns the length of the quoted text that line starts with, or of the
// whole line when the quote is closed on a later one.
func QuotedLength[T string | []byte](line T) int {
	quote := line[0]
	for i := 1; i < len(line); i++ {
		switch {
		case quote == '"' && line[i] == '\\':
			i++
		case line[i] != quote:
		case quote == '\'' && i+1 < len(line) && line[i+1] == quote:
			i++
		default:
			return i + 1
		}
	}
	end := len(line)
	for end > 0 && (line[end-1] == ' ' || line[end-1] == '\t') {
		end--
	}
	return end
}
