package sge

import (
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// directive is a line that a client reads.
type directive struct {
	name   string
	value  string
	equals bool          // rescale-cli: NAME=VALUE; else Interlink: NAME VALUE
	bare   bool          // nothing follows the name
	pos    diag.Position // of the name
	at     diag.Position // of the value
}

// is reports whether a directive has a name, which may end with = or a blank to ask for that
// separator, too.
func (d directive) is(name string) bool {
	separator := " "
	if d.equals {
		separator = "="
	}
	return d.name == name || d.name+separator == name
}

// option is an option of SGE with its arguments.
type option struct {
	name string
	args []string
	pos  diag.Position
}

// script is what the clients see of a script.
type script struct {
	directives []directive
	almost     []directive // comments that look like directives
	options    []option
	commands   []line // what is no comment
	shebang    string // behind #!
	crlf       bool
}

// String is the option as it is written.
func (o option) String() string {
	return diag.Short(strings.Join(append([]string{o.name}, o.args...), " "))
}

type line struct {
	text string
	pos  diag.Position
}

var (
	comment  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\s*#)(RESCALE_ENV_[\w.-]*|\w+)(=|\s+|$)(.*)$`) })
	nearly   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\s*#+\s*)((?i:(?:USE_)?RESCALE_)\w+)\s*[=:]`) })
	ofSGE    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\s*#\$\s+)(.*)$`) })
	relevant = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(RESCALE_|USE_RESCALE_)`) })
)

// Is reports whether a text is a script with directives for Rescale.
func Is(text []byte) bool {
	s := split("", string(text))
	if len(s.directives) > 0 {
		return true
	}
	for _, o := range s.options {
		if o.name == "-l" && strings.Contains(strings.Join(o.args, ","), "rescale_") {
			return true
		}
	}
	return false
}

// split finds the lines that count.
func split(file, text string) script {
	var s script
	s.crlf = strings.Contains(text, "\r\n")
	for i, raw := range strings.Split(text, "\n") {
		l := line{text: strings.TrimRight(strings.ReplaceAll(raw, "\r", " "), " \t"), pos: diag.Position{File: file, Line: i + 1, Col: 1}}
		if i == 0 && strings.HasPrefix(l.text, "#!") {
			s.shebang = strings.TrimSpace(l.text[2:])
			continue
		}
		s.line(l)
	}
	return s
}

func (s *script) line(l line) {
	if m := ofSGE().FindStringSubmatch(l.text); m != nil {
		l.pos.Col += utf8.RuneCountInString(m[1])
		s.options = append(s.options, options(m[2], l.pos)...)
		return
	}
	m := comment().FindStringSubmatch(l.text)
	switch {
	case m != nil && relevant().MatchString(m[2]):
		d := directive{name: m[2], equals: m[3] == "=", bare: m[3] == "" || m[4] == "" && m[3] != "=", pos: l.pos, at: l.pos}
		d.pos.Col += utf8.RuneCountInString(m[1])
		d.pos.Width = len(d.name)
		d.at.Col = d.pos.Col + len(d.name) + len(m[3])
		value := strings.TrimSpace(m[4])
		d.at.Col += utf8.RuneCountInString(m[4]) - utf8.RuneCountInString(strings.TrimLeft(m[4], " \t"))
		if strings.HasPrefix(value, `"`) {
			d.at.Col++
		}
		d.value = strings.TrimSuffix(strings.TrimPrefix(value, `"`), `"`)
		d.at.Width = utf8.RuneCountInString(d.value)
		s.directives = append(s.directives, d)
	case nearly().MatchString(l.text):
		m = nearly().FindStringSubmatch(l.text)
		d := directive{name: m[2], pos: l.pos}
		d.pos.Col += utf8.RuneCountInString(m[1])
		d.pos.Width = len(d.name)
		s.almost = append(s.almost, d)
	case strings.TrimSpace(l.text) != "" && !strings.HasPrefix(strings.TrimSpace(l.text), "#"):
		s.commands = append(s.commands, l)
	}
}

// options splits a line of options at blanks.
func options(text string, begin diag.Position) (all []option) {
	for offset := 0; offset < len(text); {
		word := text[offset:]
		if end := strings.IndexAny(word, " \t"); end >= 0 {
			word = word[:end]
		}
		at := begin
		at.Col += utf8.RuneCountInString(text[:offset])
		at.Width = utf8.RuneCountInString(word)
		switch {
		case word == "":
			offset++
			continue
		case strings.HasPrefix(word, "-") || len(all) == 0:
			all = append(all, option{name: word, pos: at})
		default:
			last := &all[len(all)-1]
			last.args = append(last.args, word)
		}
		offset += len(word)
	}
	return all
}
