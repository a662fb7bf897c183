// Package formats knows the formats of others, and finds out which one a text has.
package formats

import (
	"bytes"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/body"
	"github.com/rescale-apply/rescale-apply/internal/convert/jobsetup"
	"github.com/rescale-apply/rescale-apply/internal/convert/manifest"
	"github.com/rescale-apply/rescale-apply/internal/convert/massjobs"
	"github.com/rescale-apply/rescale-apply/internal/convert/nextflow"
	"github.com/rescale-apply/rescale-apply/internal/convert/pur"
	"github.com/rescale-apply/rescale-apply/internal/convert/sge"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Format is one format of others.
type Format struct {
	Name string // as it is typed
	Is   func(text []byte) bool
	Read convert.Reader
}

// All returns the formats, in the order in which they are tried.
func All() []Format {
	return []Format{
		{"sge", sge.Is, checked(sge.Read)},
		{"job-setup", jobsetup.Is, jobsetup.Read},
		{"jobs-csv", pur.IsCSV, pur.Read},
		{"mass-submit", massjobs.Is, massjobs.Read},
		{"nextflow", nextflow.Is, nextflow.Read},
		{"jobs-json", pur.IsJSON, pur.ReadJSON},
		{"body", isJSON, checked(body.Read)},
	}
}

// checked is a reader of jobs whose values are all such that a manifest takes them; others
// are problems of the file. Formats with a job a row do so themselves, at the row.
func checked(read convert.Reader) convert.Reader {
	return func(file string, text []byte) (convert.Found, error) {
		found, err := read(file, text)
		var list diag.List
		for _, job := range found.Jobs {
			list = append(list, manifest.Problems(job, diag.Position{File: file, Line: 1, Col: 1})...)
		}
		if err == nil && len(list) > 0 {
			return convert.Found{Warnings: found.Warnings}, list
		}
		return found, err
	}
}

// Names returns the names of the formats.
func Names() (names []string) {
	for _, f := range All() {
		names = append(names, f.Name)
	}
	return names
}

// isJSON reports whether a text begins like an object or a list of JSON.
func isJSON(text []byte) bool {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\uFEFF")))
	return bytes.HasPrefix(text, []byte("{")) || bytes.HasPrefix(text, []byte("["))
}

// Named returns the format of a name.
func Named(name string) (Format, bool) {
	for _, f := range All() {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}

// Read reads a file as the format that it has. One that has none is a problem of the rule
// [convert.NoFormat].
func Read(file string, text []byte) (convert.Found, error) {
	for _, f := range All() {
		if f.Is(text) {
			return f.Read(file, text)
		}
	}
	var list diag.List
	hint := "name its format with --from: " + strings.Join(Names(), ", ")
	if pur.IsState(text) {
		hint = "it is the state of runs: convert the jobs.csv, with --adopt " + file
	}
	list.Add(diag.Position{File: file, Line: 1, Col: 1}, convert.NoFormat, hint, "this is no job in a format that is known")
	return convert.Found{}, list
}
