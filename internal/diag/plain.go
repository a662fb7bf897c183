package diag

import (
	"strings"
	"unicode"
)

// Plain returns text that is safe to show: without characters that control a terminal
// or make a text look different from what it says. Bytes that are no text become
// U+FFFD. Every text from outside this program passes through it: names of files,
// manifests, the platform, the output of a job.
func Plain(text string) string {
	return strings.Map(func(r rune) rune {
		if hasPower(r) {
			return -1
		}
		return r
	}, text)
}

// Line is Plain as one line: a text of somebody else cannot look like a line of ours.
func Line(text string) string {
	return Plain(strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Zl, unicode.Zp) || r == '\n' || r == '\r' || r == '\t' || r == '\v' || r == '\f' || r == 0x85 {
			return ' '
		}
		return r
	}, text))
}

// hasPower is the only rule for what is not shown: control characters of both sets and
// DEL, separators of lines and paragraphs, and invisible characters that format the
// text around them, above all those that change its direction. The two joiners stay:
// words of some languages, and emoji, are spelled with them.
func hasPower(r rune) bool {
	const nonJoiner, joiner = 0x200c, 0x200d
	switch r {
	case '\t', '\n', nonJoiner, joiner:
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}
