package yamlsrc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc/mistake"
)

// maxSearch bounds the bytes that are read again to find a broken line.
const maxSearch = MaxBytes

// diagnose turns an error of the YAML library into a problem with a place, and
// gives the line that it blames.
func (t *text) diagnose(from int, err error) (diag.Diagnostic, int) {
	first, _ := t.yaml.place(from)
	reported, problem := splitError(err)
	line := min(first+max(reported, 1)-1, t.yaml.lines())
	if !mistake.TooDeep(problem) { // no beginning of such a text is better
		line = t.brokenLine(from, first, line)
	}
	found := mistake.Breakage{Lines: lines{t.yaml}, First: first, Line: line, Problem: problem}.Recognize()
	start, _ := t.yaml.span(found.Line)
	d := diag.Diagnostic{
		Pos: t.position(start+found.From, start+found.To), Rule: diag.YAMLSyntax, Message: found.Message, Hint: found.Hint,
	}
	if found.TooDeep {
		d.Rule, d.Message, d.Hint = diag.TooLarge, fmt.Sprintf(tooDeep, MaxDepth), flatter
	}
	return d, max(line, found.Line)
}

// lines shows a text to package mistake.
type lines struct{ table *lineTable }

func (l lines) Line(n int) string { return string(l.table.line(n)) }
func (l lines) Count() int        { return l.table.lines() }

var errorText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)`) })

// splitError takes apart what the YAML library says: it has no typed errors,
// and the line is only in the text. The line is 0 when there is none.
func splitError(err error) (line int, problem string) {
	m := errorText().FindStringSubmatch(err.Error())
	if m == nil {
		return 0, err.Error()
	}
	line, _ = strconv.Atoi(m[1])
	return line, m[2]
}

// brokenLine finds the line after the longest beginning of the text that can
// still be read. The line that the library reports is only where it gave up, or
// where the list or mapping around began; it tells where to start looking.
func (t *text) brokenLine(from, first, reported int) int {
	last := t.yaml.lines()
	line := min(reported+1, last)
	budget := maxSearch
	reads := func(line int) bool {
		_, end := t.yaml.span(line)
		budget -= end - from
		return parses(t.body[from:end])
	}
	if reads(line) {
		for line < last && budget > 0 {
			line++
			if !reads(line) {
				return line
			}
		}
		return min(reported, last)
	}
	for line > first && budget > 0 {
		if reads(line - 1) {
			return line
		}
		line--
	}
	if budget > 0 {
		return first
	}
	return min(reported, last)
}

func parses(body []byte) bool {
	dec := yaml.NewDecoder(bytes.NewReader(body))
	for {
		if _, err := next(dec); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}

// nextDocument is the offset of the first document that starts after line, or -1.
func (t *text) nextDocument(line int) int {
	for line++; line <= t.yaml.lines(); line++ {
		if s := strings.TrimRight(string(t.yaml.line(line)), " \t"); s == "---" || strings.HasPrefix(s, "--- ") {
			start, _ := t.yaml.span(line)
			return start
		}
	}
	return -1
}
