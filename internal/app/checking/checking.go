// Package checking is what validate finds in manifests, in the form that programs read.
package checking

import (
	"errors"
	"io"

	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Found is what one call of validate finds.
type Found struct {
	FormatVersion int       `json:"formatVersion"`
	Files         []File    `json:"files"`
	Problems      []Problem `json:"problems"`
}

// File is one manifest.
type File struct {
	File string `json:"file"` // as it was typed
	Jobs *int   `json:"jobs"` // null where a problem keeps them from being counted
}

// Problem is one thing that a person must change, or should look at.
type Problem struct {
	File      string    `json:"file,omitempty"`
	Line      int       `json:"line,omitempty"`      // from 1
	Column    int       `json:"column,omitempty"`    // from 1, in characters
	EndColumn int       `json:"endColumn,omitempty"` // behind the last character
	Rule      diag.Rule `json:"rule"`
	Severity  string    `json:"severity"` // error or warning
	Message   string    `json:"message"`
	Hint      string    `json:"hint,omitempty"`
}

// The severities: what keeps a manifest from being applied, and what looks like a slip.
const (
	Error   = "error"
	Warning = "warning"
)

// Put adds manifests. Jobs counts those of one; nil where it cannot.
func (f *Found) Put(manifests []diag.Source, jobs func(diag.Source) int) {
	for _, source := range manifests {
		file := File{File: source.Name}
		if jobs != nil {
			n := jobs(source)
			file.Jobs = &n
		}
		f.Files = append(f.Files, file)
	}
}

// Add adds what is wrong.
func (f *Found) Add(severity string, list diag.List) {
	for _, d := range list {
		p := Problem{
			File: d.Pos.File, Line: d.Pos.Line, Column: d.Pos.Col,
			Rule: d.Rule, Severity: severity, Message: d.Message, Hint: d.Hint,
		}
		if d.Pos.Width > 0 && d.Pos.Col > 0 {
			p.EndColumn = d.Pos.Col + d.Pos.Width
		}
		f.Problems = append(f.Problems, p)
	}
}

// Take adds the problems that an error is made of. It gives back an error that is another
// thing than a problem: then the answer would not be whole.
func (f *Found) Take(err error) error {
	var others error
	for _, e := range exit.Unsaid(err) {
		var wrong interface {
			Shown() (diag.List, []diag.Source)
		}
		if !errors.As(e, &wrong) {
			others = errors.Join(others, e)
			continue
		}
		list, texts := wrong.Shown()
		f.Add(Error, diag.Conceal(list, texts))
	}
	return others
}

// JSON writes one object.
func (f Found) JSON(w io.Writer) error {
	return show.WriteJSON(w, Found{show.FormatVersion, append([]File{}, f.Files...), append([]Problem{}, f.Problems...)})
}
