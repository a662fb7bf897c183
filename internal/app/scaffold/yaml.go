package scaffold

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain is what YAML reads as a text without quotes, in every place, unless it is a word
// that stands for something else.
var plain = regexp.MustCompile(`^[A-Za-z_./][A-Za-z0-9_./+-]*$`)

// wordsOfYAML are texts that some reader of YAML takes for a truth value or nothing, in
// lower case; a dot alone begins numbers.
func wordsOfYAML() []string {
	return []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null", ".nan", ".inf"}
}

// scalar writes a text as a value of YAML, without quotes where it needs none.
func scalar(text string) string {
	numeric := len(text) > 1 && text[0] == '.' && text[1] >= '0' && text[1] <= '9'
	if plain.MatchString(text) && !numeric && !slices.Contains(wordsOfYAML(), strings.ToLower(text)) {
		return text
	}
	return always(text)
}

// always writes a text in quotes. What looks like a reference of the manifest is marked as
// none.
func always(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range literal(text) {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == ' ' || unicode.IsPrint(r) && r != utf8.RuneError:
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

// literal is a text whose ${{ stands for itself.
func literal(text string) string { return strings.ReplaceAll(text, "${{", "$${{") }

func list(texts []string) string {
	items := make([]string, len(texts))
	for i, text := range texts {
		items[i] = scalar(text)
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// textBlock is what stands behind the colon of a command: one line, or the lines of a
// block, which end in one line break.
func textBlock(command string) string {
	command = Settled(command)
	if !strings.Contains(command, "\n") {
		if oneLine(command) {
			return " " + command + "\n"
		}
		return " " + scalar(command) + "\n"
	}
	if !blockable(command) {
		return " " + always(command) + "\n"
	}
	var b strings.Builder
	b.WriteString(" |\n")
	for line := range strings.Lines(literal(command)) {
		if line != "\n" {
			line = "  " + line
		}
		b.WriteString(line)
	}
	return b.String()
}

// Settled is a command as a manifest holds it: without blanks around it, and with one line
// break at the end if it has several lines.
func Settled(command string) string {
	command = strings.TrimSpace(command)
	if strings.Contains(command, "\n") {
		command += "\n"
	}
	return command
}

var lineStart = regexp.MustCompile(`^[A-Za-z./$][^#:]*$`)

// oneLine reports whether a command needs no quotes, as most do not: it begins like a word, and
// has no colon and no comment.
func oneLine(command string) bool {
	for _, r := range command {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return false
		}
	}
	return lineStart.MatchString(command) && literal(command) == command && strings.Contains(command, " ") && strings.TrimSpace(command) == command
}

// blockable reports whether a block shows every character of a text as it is.
func blockable(text string) bool {
	for _, r := range text {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) || r == utf8.RuneError {
			return false
		}
	}
	return true
}
