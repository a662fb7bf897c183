package ignore

import (
	"strings"
)

// List is one ignore file. The zero List leaves nothing out.
type List struct{ rules []rule }

// rule is one line that is neither blank nor a comment.
type rule struct {
	pattern    glob
	keep       bool // the line begins with !
	folderOnly bool // the line ends with /
	anywhere   bool // no / but at the end: the pattern is for names in any folder
}

// Verdict is what a list says about one path.
type Verdict int

// The verdicts of a list.
const (
	Silent  Verdict = iota // no line matches
	Ignored                // left out
	Kept                   // taken back by a line with !
)

// Parse reads an ignore file. It knows no errors: a line that cannot match anything,
// such as one with an open bracket, matches nothing.
func Parse(text string) List {
	var list List
	text = strings.TrimPrefix(text, "\uFEFF")
	for line := range strings.SplitSeq(text, "\n") {
		if r, ok := parseLine(strings.TrimSuffix(line, "\r")); ok {
			list.rules = append(list.rules, r)
		}
	}
	return list
}

func parseLine(line string) (rule, bool) {
	if strings.HasPrefix(line, "#") {
		return rule{}, false
	}
	line = trimBlanks(line)
	var r rule
	line, r.keep = strings.CutPrefix(line, "!")
	line, r.folderOnly = strings.CutSuffix(line, "/")
	r.anywhere = !strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")
	if line == "" {
		return rule{}, false
	}
	var sound bool
	r.pattern, sound = compile(line)
	return r, sound
}

// trimBlanks drops trailing spaces, but not one after a backslash.
func trimBlanks(line string) string {
	end := 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case ' ':
			continue
		case '\\':
			i++
		}
		end = i + 1
	}
	return line[:min(end, len(line))]
}

// Match returns what the last matching line says. The path has slashes and starts from
// the folder of the list; kind says whether it is one.
func (l List) Match(path string, kind Kind) Verdict {
	for i := len(l.rules) - 1; i >= 0; i-- {
		r := l.rules[i]
		if r.folderOnly && kind != Folder || !r.match(path) {
			continue
		}
		if r.keep {
			return Kept
		}
		return Ignored
	}
	return Silent
}

// Kind is what a path names.
type Kind int

// The kinds of paths.
const (
	File Kind = iota
	Folder
)

func (r rule) match(path string) bool {
	if r.anywhere {
		return r.pattern.matchName(path[strings.LastIndexByte(path, '/')+1:])
	}
	return r.pattern.matchPath(strings.Split(path, "/"))
}
