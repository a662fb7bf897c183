package manifest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// inFlow is what YAML reads as a text between brackets, inBlock what it does behind a colon,
// unless it is a word or a number.
var (
	inFlow  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_./][\p{L}A-Za-z0-9_./+@*=~^ -]*$`) })
	inBlock = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_./$(][^\x00-\x1f]*$`) })
	span    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]+[dhm]([0-9]+[hm]){0,2}$`) })
	broken  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`: | #|:$|\s$|\t`) })
	decimal = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\.[0-9]`) })
)

// words are texts that some reader of YAML takes for a truth or nothing, in lower case.
func words() []string {
	return []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", ".nan", ".inf"}
}

// plain reports whether a text needs no quotes. There must be no line break in it.
func plain(text string, flow bool) bool {
	shape := inBlock
	if flow {
		shape = inFlow
	}
	switch {
	case span().MatchString(text):
		return true
	case !shape().MatchString(text), broken().MatchString(text), decimal().MatchString(text), slices.Contains(words(), strings.ToLower(text)):
		return false
	}
	return printable(text)
}

func printable(text string) bool {
	for _, r := range text {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return false
		}
	}
	return true
}

// inQuotes writes a text in double quotes.
func inQuotes(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r) && r != utf8.RuneError:
			b.WriteRune(r)
		case r <= 0xFFFF:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// blockable reports whether a block of lines shows a text as it is.
func blockable(text string) bool {
	for _, r := range text {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) || r == utf8.RuneError {
			return false
		}
	}
	return strings.Trim(text, "\n") != ""
}

// lines returns a text of one line or of several, which are a block; nil for none.
func lines(value string) *node {
	switch {
	case value == "":
		return nil
	case strings.Contains(value, "\n") && blockable(value):
		return &node{kind: block, value: value}
	}
	return scalar(value)
}

// literally returns a text in which ${{ stands for itself.
func literally(value string) string { return strings.ReplaceAll(value, "${{", "$${{") }

// shown is the text of a scalar on one line.
func (n *node) shown(flow bool) string {
	value := n.value
	if !n.filled {
		value = literally(value)
	}
	switch {
	case n.kind == literal && n.filled:
		return referred(value, flow)
	case n.kind == literal:
		return value
	case n.kind != quoted && plain(value, flow):
		return value
	}
	return inQuotes(value)
}

// referred is a number that a reference stands for.
func referred(value string, flow bool) string {
	if flow {
		return inQuotes(value)
	}
	return value
}
