package yamlsrc

import (
	"bytes"

	"gopkg.in/yaml.v3"

	"github.com/rescale-apply/rescale-apply/internal/yamlsrc/mistake"
)

// token returns the bytes that a caret should mark for the node that starts at offset:
// the whole word or quoted text, the header of a block text, the bracket of a list. A
// token never goes beyond the end of its line.
func (t *text) token(offset int, n *yaml.Node) (start, end int) {
	start = t.skipProperties(offset)
	line := t.rest(start)
	if len(line) == 0 {
		return start, start
	}
	switch {
	case n.Kind == yaml.AliasNode:
		return start, start + wordLength(line)
	case n.Kind != yaml.ScalarNode:
		return start, start + 1
	case n.Style&blockStyle != 0:
		return start, start + wordLength(line)
	case n.Style&quotedStyle != 0:
		return start, start + mistake.QuotedLength(line)
	}
	return start, start + max(1, commonLength(line, n.Value))
}

// rest returns what follows offset on its line, without the line break.
func (t *text) rest(offset int) []byte {
	line, _ := t.yaml.place(offset)
	_, end := t.yaml.span(line)
	for end > offset && (t.body[end-1] == '\n' || t.body[end-1] == '\r') {
		end--
	}
	return t.body[min(offset, end):end]
}

// skipProperties moves from an anchor or a tag to the value after it, if that is on the
// same line.
func (t *text) skipProperties(offset int) int {
	for at := offset; at < len(t.body) && (t.body[at] == '&' || t.body[at] == '!'); {
		line := t.rest(at)
		n := wordLength(line)
		blank := len(line[n:]) - len(bytes.TrimLeft(line[n:], " \t"))
		if n+blank == len(line) || line[n+blank] == '#' {
			return offset
		}
		at += n + blank
		offset = at
	}
	return offset
}

func wordLength(line []byte) int {
	if end := bytes.IndexAny(line, " \t,]}"); end > 0 {
		return end
	}
	return len(line)
}

// commonLength returns how much of a bare value is on its first line.
func commonLength(line []byte, value string) int {
	n := 0
	for n < len(line) && n < len(value) && line[n] == value[n] {
		n++
	}
	return len(bytes.TrimRight(line[:n], " \t"))
}
