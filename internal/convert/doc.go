// Package convert knows what a job in a format of others becomes in a manifest, and what
// must be said about the way. Its sub-packages read one format each, manifest writes the
// text, and formats finds out which format a file has. They are pure: bytes in, a text and
// warnings out.
package convert

import (
	"fmt"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Reader reads the jobs of one file. Its errors are [diag.List], with places in the file;
// what it drops or changes is a warning, and never silence.
type Reader func(file string, text []byte) (Found, error)

// Found is what a file holds.
type Found struct {
	From     string // what the file is, in words, such as "a script of rescale-cli"
	Jobs     []Job
	Warnings []Warning
}

// Warning is something of the file that the manifest does not say, or says in another way.
type Warning struct {
	Pos  diag.Position
	Text string // the fact: lower case, no final period
	Hint string // what to do about it; may be empty
}

// Warn adds a warning; hint may be empty.
func (f *Found) Warn(pos diag.Position, hint, format string, args ...any) {
	f.Warnings = append(f.Warnings, Warning{Pos: pos, Text: fmt.Sprintf(format, args...), Hint: hint})
}

// Notes are comments for a person, by the path of the key that they stand behind, such as
// "hardware.walltime". Those of a [Tile] start at its keys, those of a [Job] at its own.
type Notes map[string]string

// Note sets the comment of a key and returns the notes, which may have been nil.
func (n Notes) Note(key, text string) Notes {
	if n == nil {
		n = make(Notes)
	}
	n[key] = text
	return n
}

// Rules of problems that only files of other formats have.
const (
	JSONSyntax diag.Rule = "json-syntax" // not JSON
	NotSaid    diag.Rule = "not-said"    // a manifest cannot say this
	NoFormat   diag.Rule = "no-format"   // none of the formats that are known
)
