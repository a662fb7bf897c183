package ignore

import (
	"slices"
	"strings"
	"unicode"
)

// glob is a pattern as names between slashes.
type glob []segment

// segment is the pattern of one name.
type segment struct {
	tokens []token
	deep   bool // ** alone: any number of folders
}

// token matches one character, or any number of them.
type token struct {
	kind kind
	char rune
	set  class
}

type kind int

const (
	literal kind = iota
	anyOne       // ?
	anyMany      // *
	oneOf        // [...]
	slash
)

// class is what stands in brackets.
type class struct {
	not    bool
	ranges [][2]rune
	named  []func(rune) bool
}

// compile reads a pattern; ok is false when it cannot match anything.
func compile(text string) (g glob, ok bool) {
	tokens, ok := tokenize([]rune(text))
	if !ok {
		return nil, false
	}
	for len(tokens) > 0 {
		end := slices.IndexFunc(tokens, func(t token) bool { return t.kind == slash })
		if end < 0 {
			end = len(tokens)
		}
		part := tokens[:end]
		stars := !slices.ContainsFunc(part, func(t token) bool { return t.kind != anyMany })
		g = append(g, segment{tokens: part, deep: stars && len(part) > 1})
		if end == len(tokens) {
			return g, true
		}
		tokens = tokens[end+1:]
	}
	return append(g, segment{}), true // it ended with a slash
}

func tokenize(text []rune) (tokens []token, ok bool) {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '/':
			tokens = append(tokens, token{kind: slash})
		case '?':
			tokens = append(tokens, token{kind: anyOne})
		case '*':
			tokens = append(tokens, token{kind: anyMany})
		case '[':
			set, length, sound := readClass(text[i+1:])
			if !sound {
				return nil, false
			}
			tokens = append(tokens, token{kind: oneOf, set: set})
			i += length
		case '\\':
			i++
			if i == len(text) {
				return nil, false
			}
			if text[i] == '/' {
				tokens = append(tokens, token{kind: slash})
				continue
			}
			tokens = append(tokens, token{char: text[i]})
		default:
			tokens = append(tokens, token{char: text[i]})
		}
	}
	return tokens, true
}

// readClass reads what follows "[", and returns its length including "]".
func readClass(text []rune) (c class, length int, ok bool) {
	i := 0
	if i < len(text) && (text[i] == '!' || text[i] == '^') {
		c.not = true
		i++
	}
	for first := true; i < len(text); first = false {
		if text[i] == ']' && !first {
			return c, i + 1, true
		}
		name, size, named := readName(text[i:])
		if named {
			i += size
			ok = c.addName(name)
		} else {
			i, ok = c.addRange(text, i)
		}
		if !ok {
			break
		}
	}
	return c, 0, false
}

// addName adds a POSIX class.
func (c *class) addName(name string) bool {
	test, known := classes()[name]
	c.named = append(c.named, test)
	return known
}

// addRange reads one character at i, or two with a dash between them.
func (c *class) addRange(text []rune, i int) (next int, ok bool) {
	low, i, ok := readEnd(text, i)
	high := low
	if ok && i+1 < len(text) && text[i] == '-' && text[i+1] != ']' {
		high, i, ok = readEnd(text, i+1)
	}
	c.ranges = append(c.ranges, [2]rune{low, high})
	return i, ok
}

// readEnd reads one end of a range, which may be quoted.
func readEnd(text []rune, i int) (r rune, next int, ok bool) {
	if text[i] == '\\' {
		i++
	}
	if i == len(text) {
		return 0, i, false
	}
	return text[i], i + 1, true
}

// readName reads a class by name, such as "[:alpha:]", if there is one.
func readName(text []rune) (name string, length int, ok bool) {
	end := slices.Index(text, ']')
	if end < 3 || text[0] != '[' || text[1] != ':' || text[end-1] != ':' {
		return "", 0, false
	}
	return string(text[2 : end-1]), end + 1, true
}

// classes returns the POSIX classes by name, for ASCII.
func classes() map[string]func(rune) bool {
	in := func(chars string) func(rune) bool { return func(r rune) bool { return strings.ContainsRune(chars, r) } }
	ascii := func(test func(rune) bool) func(rune) bool {
		return func(r rune) bool { return r <= unicode.MaxASCII && test(r) }
	}
	either := func(a, b func(rune) bool) func(rune) bool { return func(r rune) bool { return a(r) || b(r) } }
	letter, digit := ascii(unicode.IsLetter), ascii(unicode.IsDigit)
	printable := func(r rune) bool { return r >= ' ' && r <= '~' }
	return map[string]func(rune) bool{
		"alpha": letter, "digit": digit, "alnum": either(letter, digit),
		"upper": ascii(unicode.IsUpper), "lower": ascii(unicode.IsLower),
		"blank": in(" \t"), "space": in(" \t\n\v\f\r"), "cntrl": ascii(unicode.IsControl),
		"xdigit": in("0123456789abcdefABCDEF"), "print": printable,
		"graph": func(r rune) bool { return printable(r) && r != ' ' },
		"punct": func(r rune) bool { return printable(r) && r != ' ' && !letter(r) && !digit(r) },
	}
}

func (c class) match(r rune) bool {
	in := slices.ContainsFunc(c.ranges, func(ends [2]rune) bool { return ends[0] <= r && r <= ends[1] }) ||
		slices.ContainsFunc(c.named, func(f func(rune) bool) bool { return f(r) })
	return in != c.not
}

func (t token) match(r rune) bool {
	switch t.kind {
	case anyOne:
		return true
	case oneOf:
		return t.set.match(r)
	case literal:
		return t.char == r
	case anyMany, slash:
	}
	return false
}

// matchName matches a pattern of one name.
func (g glob) matchName(name string) bool { return len(g) == 1 && g[0].match([]rune(name)) }

// match takes time proportional to the product of both lengths at worst: after a
// mismatch only the last star takes one character more.
func (s segment) match(name []rune) bool {
	at, star, from := 0, -1, 0
	for i := 0; i < len(name); {
		switch {
		case at < len(s.tokens) && s.tokens[at].kind == anyMany:
			star, from = at, i
			at++
		case at < len(s.tokens) && s.tokens[at].match(name[i]):
			at++
			i++
		case star >= 0:
			from++
			at, i = star+1, from
		default:
			return false
		}
	}
	return !slices.ContainsFunc(s.tokens[at:], func(t token) bool { return t.kind != anyMany })
}

// matchPath is match for names instead of characters, with ** as the star. At the end
// of a pattern ** stands for at least one name.
func (g glob) matchPath(names []string) bool {
	at, star, from := 0, -1, 0
	last := len(g) - 1
	for i := 0; i < len(names); {
		switch {
		case at == last && g[at].deep:
			return true
		case at <= last && g[at].deep:
			star, from = at, i
			at++
		case at <= last && g[at].match([]rune(names[i])):
			at++
			i++
		case star >= 0:
			from++
			at, i = star+1, from
		default:
			return false
		}
	}
	return at > last
}
