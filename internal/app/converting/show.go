package converting

import (
	"fmt"
	"io"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Text says which files were written.
func (d Done) Text(out io.Writer, files []string) {
	to := files[len(files)-1]
	fmt.Fprintf(out, "%s written to %s. To check it: rescale-apply validate -f %s\n", humanize.Plural(d.Jobs, "job"), strings.Join(files, ", "), to)
}

// warningJSON is a warning as data.
type warningJSON struct {
	Pos  diag.Position `json:"pos"`
	Text string        `json:"text"`
	Hint string        `json:"hint,omitempty"`
}

// JSON writes one object: the manifest, or the files that it was written to, and the
// warnings.
func (d Done) JSON(out io.Writer, files []string) error {
	warnings := []warningJSON{}
	for _, w := range d.Warnings {
		warnings = append(warnings, warningJSON(w))
	}
	text := d.Manifest
	if len(files) > 0 {
		text = ""
	}
	return show.WriteJSON(out, struct {
		FormatVersion int           `json:"formatVersion"`
		Jobs          int           `json:"jobs"`
		Manifest      string        `json:"manifest,omitempty"`
		Files         []string      `json:"files,omitempty"`
		Warnings      []warningJSON `json:"warnings"`
	}{show.FormatVersion, d.Jobs, text, files, warnings})
}

// Warned gives every warning to say, with its place and its hint. What many lines of a file
// have in common is said once, with the place of the first.
func (d Done) Warned(say, hint func(string)) {
	type fact struct{ file, text, hint string }
	of := func(w convert.Warning) fact { return fact{w.Pos.File, w.Text, w.Hint} }
	times := make(map[fact]int)
	for _, w := range d.Warnings {
		times[of(w)]++
	}
	for _, w := range d.Warnings {
		n := times[of(w)]
		if n == 0 {
			continue
		}
		times[of(w)] = 0
		text := w.Pos.String() + ": " + w.Text
		if n > 1 {
			text += fmt.Sprintf(" (and %d more like this)", n-1)
		}
		say(text)
		if w.Hint != "" {
			hint(w.Hint)
		}
	}
}
