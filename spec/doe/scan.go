package doe

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// piece is a part of a template that FreeMarker reads: the expression of a placeholder or
// a directive.
type piece struct {
	offset int // of text, in bytes
	text   string
	kind   kind
}

type kind string

const (
	placeholder kind = "placeholder" // its value is put in
	condition   kind = "condition"   // a directive that names values
	definition  kind = "definition"  // a directive that may define names
	foreign     kind = "foreign"     // a reference of a manifest, which FreeMarker cannot read
	open        kind = "open"        // it has no end
	empty       kind = "empty"       // it names nothing
)

// begin is where FreeMarker begins to read: a reference of a manifest, a placeholder in
// both forms, a comment, a text without placeholders, a directive.
var begin = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$\{\{|\$\{|#\{|<#--|<#noparse>|</?[#@][A-Za-z]+`) })

// conditional are the directives whose expressions only name values.
var conditional = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^<#(if|elseif|switch|case|return|stop)$`) })

// scan finds the pieces of a template.
func scan(text string) (pieces []piece) {
	for at := 0; ; {
		found := begin().FindStringIndex(text[at:])
		if found == nil {
			return pieces
		}
		from, to := at+found[0], at+found[1]
		var length int
		switch mark := text[from:to]; mark {
		case "${{":
			pieces = append(pieces, piece{from, mark, foreign})
			length = skip(text[to:], "}}")
		case "<#--":
			length = skip(text[to:], "-->")
		case "<#noparse>":
			length = skip(text[to:], "</#noparse>")
		case "${", "#{":
			var p piece
			p, length = expressionAt(text, to)
			pieces = append(pieces, p)
		default:
			length = end(text[to:], '>')
			if strings.HasPrefix(mark, "</") || length == 0 {
				break
			}
			p := piece{to, text[to : to+length-1], definition}
			if conditional().MatchString(mark) {
				p.kind = condition
			}
			pieces = append(pieces, p)
		}
		at = to + length
	}
}

// expressionAt reads a placeholder up to and with its brace.
func expressionAt(text string, at int) (p piece, length int) {
	length = end(text[at:], '}')
	switch {
	case length == 0:
		return piece{at - len("${"), "${", open}, 0
	case strings.TrimSpace(text[at:at+length-1]) == "":
		return piece{at - len("${"), "${}", empty}, length
	}
	expression := text[at : at+length-1]
	if text[at-len("#{")] == '#' {
		expression, _, _ = strings.Cut(expression, ";") // a format follows
	}
	return piece{at, expression, placeholder}, length
}

// skip returns the length up to and with a mark; all of the text without one.
func skip(text, mark string) int {
	if i := strings.Index(text, mark); i >= 0 {
		return i + len(mark)
	}
	return len(text)
}

// end returns the length up to and with a closing character, outside of quotes and inner
// braces; 0 when there is none.
func end(text string, closing byte) int {
	var quote byte
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '{' && closing == '}':
			depth++
		case c == closing && depth > 0:
			depth--
		case c == closing:
			return i + 1
		}
	}
	return 0
}

// use is a name that an expression refers to.
type use struct {
	name     string
	offset   int  // in bytes, in the expression
	number   bool // what formats numbers follows it
	optional bool // it need not be there
}

var (
	token = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[0-9][0-9.]*|[\p{L}_$@][\p{L}\p{N}_$@]*|\?\?|[^\s]`)
	})
	format = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^\s*\?\s*(?:string\s*\(\s*(?:"[^"]*[0#][^"]*"|'[^']*[0#][^']*')\s*\)|number\b)`)
	})
	asks = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[\s)]*(?:!(?:[^=]|$)|\?\?|\?\s*(?:default|if_exists|has_content)\b)`)
	})
)

// uses returns the names of an expression, and whether a text in quotes is in it.
func uses(expression string) (list []use, quoted bool) {
	before := ""
	for _, at := range token().FindAllStringIndex(expression, -1) {
		word, rest := expression[at[0]:at[1]], expression[at[1]:]
		switch c := word[0]; {
		case c == '"' || c == '\'':
			quoted = true
		case !named(word), before == ".", before == "?", slices.Contains(words(), word):
		case word == "r" && rest != "" && strings.ContainsAny(rest[:1], `"'`): // a text as it is
		default:
			list = append(list, use{name: word, offset: at[0], number: format().MatchString(rest), optional: asks().MatchString(rest)})
		}
		before = word
	}
	return list, quoted
}

var beginsName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\p{L}_$@]`) })

func named(word string) bool { return beginsName().MatchString(word) }
