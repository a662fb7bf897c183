package nextflow

import (
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// deepest bounds blocks and lists inside of each other.
const deepest = 100

// parser reads the tokens of one text.
type parser struct {
	text   string
	all    []token
	at     int
	depth  int
	broken diag.List
}

// parse reads a text as one scope without a head.
func parse(file, text string) (scope, diag.List) {
	all, broken := tokens(file, text)
	if len(broken) > 0 {
		return scope{}, broken
	}
	p := parser{text: text, all: all}
	root := p.block(scope{})
	if len(p.broken) == 0 && p.peek().sort != end {
		p.stop(p.peek().pos, "delete it", "there is a } too many")
	}
	return root, p.broken
}

func (p *parser) peek() token { return p.all[min(p.at, len(p.all)-1)] }

// ahead is the token after the next one.
func (p *parser) ahead() token { return p.all[min(p.at+1, len(p.all)-1)] }

func (p *parser) next() token {
	t := p.peek()
	p.at++
	return t
}

func (p *parser) is(text string) bool { t := p.peek(); return t.sort == mark && t.text == text }

// stop reports the first problem, after which nothing more is read.
func (p *parser) stop(pos diag.Position, hint, format string, args ...any) {
	if len(p.broken) == 0 {
		p.broken.Add(pos, diag.BadValue, hint, format, args...)
	}
	p.at = len(p.all)
}

func (p *parser) lines() {
	for p.peek().sort == line {
		p.next()
	}
}

// block reads statements up to the } of a scope, which stays, or to the end.
func (p *parser) block(s scope) scope {
	if p.depth++; p.depth > deepest {
		p.stop(p.peek().pos, "", "blocks are too deep inside of each other")
	}
	defer func() { p.depth-- }()
	for {
		p.lines()
		t := p.peek()
		switch {
		case t.sort == end || p.is("}"):
			return s
		case section(s, t) && p.ahead().text == ":":
			p.sections(&s)
		case t.sort == word || t.sort == quoted:
			p.statement(&s)
		default:
			p.expression() // a line that is none of ours
		}
	}
}

// section is true of a word that begins a part of a process other than what it sets.
func section(s scope, t token) bool {
	return s.head == "process" && s.target != "" && t.sort == word &&
		slices.Contains([]string{"input", "output", "when", "script", "shell", "exec", "stub"}, t.text)
}

// sections goes over the rest of a process and keeps the last text of its script.
func (p *parser) sections(s *scope) {
	inside, depth := "", 0
	for p.peek().sort != end {
		t := p.peek()
		switch {
		case depth == 0 && p.is("}"):
			return
		case p.is("{"):
			depth++
		case p.is("}"):
			depth--
		case section(*s, t) && p.ahead().text == ":":
			inside = t.text
		case t.sort == quoted && (inside == "script" || inside == "shell"):
			s.script = literal(p.text, t)
		}
		p.next()
	}
}

// statement reads a block, or a key and its value with or without = between them.
func (p *parser) statement(s *scope) {
	t := p.next()
	head := p.head(t)
	switch {
	case p.is("{") && head.target == "" && (slices.Contains(read(), t.text) || strings.HasPrefix(t.text, "ext.")): // cpus { task.attempt }
	case p.is("{"):
		p.inner(s, head)
		return
	case head.target != "":
		p.expression()
		return
	case p.is("="):
		p.next()
		p.lines()
	}
	if p.peek().sort == line || p.peek().sort == end || p.is("}") {
		if t.sort == quoted && s.head == "process" && s.target != "" {
			s.script = literal(p.text, t) // a process without a section
		}
		return
	}
	s.sets = append(s.sets, setting{t.text, t.pos, p.value()})
}

// head is what stands in front of a block, which a token begins.
func (p *parser) head(t token) scope {
	head := scope{head: t.text, pos: t.pos}
	switch {
	case p.is(":"): // withLabel: solver {
		p.next()
		head.target = p.target()
	case p.peek().sort == word && p.ahead().text == "{" && p.ahead().sort == mark: // process solve {
		head.target = p.next().text
	}
	return head
}

// inner reads a block in another one.
func (p *parser) inner(s *scope, head scope) {
	p.next()
	inner := p.block(head)
	if !p.is("}") {
		p.stop(head.pos, "write } behind it", "the block %s has no end", diag.Short(head.head))
		return
	}
	p.next()
	s.scopes = append(s.scopes, inner)
}

// target is what stands between withLabel: and its block.
func (p *parser) target() string {
	from := p.peek()
	if from.sort == quoted {
		return p.next().text
	}
	to := from.from
	for p.peek().sort != line && p.peek().sort != end && !p.is("{") {
		to = p.next().to
	}
	return strings.TrimSpace(p.text[from.from:max(to, from.from)])
}

// value reads a literal, or all up to the end of a statement as an expression.
func (p *parser) value() value {
	from := p.at
	v := p.operand()
	if t := p.peek(); t.sort == line || t.sort == end || p.is("}") || p.is("]") || p.is(",") || len(p.broken) > 0 {
		return v
	}
	p.at = from
	return p.expression()
}

// operand reads a literal; what is none is an expression of no more than its first token.
func (p *parser) operand() value {
	t := p.peek()
	switch {
	case t.sort == quoted:
		p.next()
		return literal(p.text, t)
	case t.sort == digits:
		p.next()
		return value{kind: number, text: strings.ReplaceAll(t.text, "_", ""), pos: t.pos}
	case t.sort == mark && t.text == "[":
		return p.list()
	case t.sort == mark && t.text == "-" && p.ahead().sort == digits:
		p.next()
		return value{kind: number, text: "-" + p.next().text, pos: t.pos}
	case t.sort == word && (t.text == "true" || t.text == "false"):
		p.next()
		return value{kind: truth, text: t.text, pos: t.pos}
	case t.sort == word && t.text == "null":
		p.next()
		return value{kind: nothing, pos: t.pos}
	}
	return p.expression()
}

// literal is a text in quotes, or an expression where Groovy fills it.
func literal(source string, t token) value {
	if t.filled {
		return value{kind: expression, text: source[t.from:t.to], pos: t.pos}
	}
	return value{kind: text, text: t.text, pos: t.pos}
}

// expression reads up to the end of a statement, a comma or a bracket that closes another.
func (p *parser) expression() value {
	first := p.peek()
	depth, to := 0, first.from
	for {
		t := p.peek()
		closes := t.sort == mark && strings.Contains(")]}", t.text)
		switch {
		case t.sort == end, depth == 0 && (t.sort == line || closes || t.sort == mark && t.text == ",") && to > first.from:
			return value{kind: expression, text: p.text[first.from:max(to, first.from)], pos: first.pos}
		case depth == 0 && closes:
			p.stop(t.pos, "", "%s closes nothing", t.text)
			return value{kind: expression, pos: first.pos}
		case closes:
			depth--
		case t.sort == mark && strings.Contains("([{", t.text):
			depth++
		}
		to = p.next().to
	}
}

// list reads [a, b], [key: value] or [:].
func (p *parser) list() value {
	if p.depth++; p.depth > deepest {
		p.stop(p.peek().pos, "", "lists are too deep inside of each other")
	}
	defer func() { p.depth-- }()
	open := p.next()
	v := value{kind: list, pos: open.pos}
	for {
		p.lines()
		t := p.peek()
		switch {
		case t.sort == end:
			p.stop(open.pos, "write ] behind it", "a list has no end")
			return v
		case p.is("]"):
			p.next()
			return v
		case p.is(","):
			p.next()
			continue
		case p.is(":"):
			p.next()
			v.kind = object
			continue
		case (t.sort == word || t.sort == quoted || t.sort == digits) && p.ahead().sort == mark && p.ahead().text == ":":
			if len(v.keys) != len(v.items) {
				p.stop(t.pos, "give all entries a key", "an entry of a map has no key")
				return v
			}
			v.kind = object
			v.keys = append(v.keys, t.text)
			p.next()
			p.next()
			p.lines()
		case v.kind == object:
			p.stop(t.pos, "give it a key", "an entry of a map has no key")
			return v
		}
		v.items = append(v.items, p.value())
	}
}
