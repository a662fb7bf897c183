package reporting

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/report"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
)

// anchors knows which key of which job stands at a place of a text, so that a problem is
// the same when lines above it come or go.
type anchors struct {
	texts []diag.Source
	files map[string][]anchor
}

type anchor struct {
	at       diag.Position
	job, key string
}

// of is the job and the key at a place, or in the line of it; empty where the text cannot
// be read.
func (a anchors) of(pos diag.Position) (job, key string) {
	list, known := a.files[pos.File]
	if !known {
		for _, source := range a.texts {
			if source.Name == pos.File {
				list = find(source)
			}
		}
		a.files[pos.File] = list
	}
	i, _ := slices.BinarySearchFunc(list, pos, func(x anchor, pos diag.Position) int {
		return cmp.Or(cmp.Compare(x.at.Line, pos.Line), cmp.Compare(x.at.Col, pos.Col))
	})
	switch {
	case i < len(list) && list[i].at.Line == pos.Line && list[i].at.Col == pos.Col:
	case i > 0: // inside of a text
		i--
	default:
		return "", ""
	}
	return list[i].job, list[i].key
}

func find(source diag.Source) (list []anchor) {
	documents, _ := yamlsrc.Parse(source)
	for i, document := range documents {
		job := document.Text("/name")
		if job == "" {
			job = strconv.Itoa(i)
		}
		walk(document.Value, "", func(pointer string) {
			list = append(list, anchor{document.KeyAt(pointer), job, pointer})
			if at := document.At(pointer); at != document.KeyAt(pointer) {
				list = append(list, anchor{at, job, pointer})
			}
		})
	}
	slices.SortStableFunc(list, func(a, b anchor) int {
		return cmp.Or(cmp.Compare(a.at.Line, b.at.Line), cmp.Compare(a.at.Col, b.at.Col), cmp.Compare(a.key, b.key))
	})
	return list
}

// walk visits every value of a document.
func walk(value any, pointer string, visit func(pointer string)) {
	visit(pointer)
	switch value := value.(type) {
	case map[string]any:
		for key, member := range value {
			walk(member, yamlsrc.Member(pointer, key), visit)
		}
	case []any:
		for i, item := range value {
			walk(item, fmt.Sprintf("%s/%d", pointer, i), visit)
		}
	}
}

// identities tells problems apart that have everything in common.
type identities map[string]int

// of is the identity of a problem. Where no key is known, its words stand for it.
func (seen identities) of(p report.Problem, job, key string) string {
	parts := []string{p.Rule, p.File, job, key}
	if key == "" {
		parts = append(parts, p.Message)
	}
	text := strings.Join(parts, "\x00")
	seen[text]++
	if n := seen[text]; n > 1 {
		text += fmt.Sprintf("\x00%d", n)
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
