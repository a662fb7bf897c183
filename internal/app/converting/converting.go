// Package converting reads files of other formats from the disk and writes the manifest
// that they become. It never writes over a file with another content.
package converting

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/workspace"
	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/formats"
	"github.com/rescale-apply/rescale-apply/internal/convert/manifest"
	"github.com/rescale-apply/rescale-apply/internal/convert/pur"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Wish is what to convert.
type Wish struct {
	Files  []string
	To     string   // the manifest to write; empty: standard output
	From   string   // name of the format of the files; empty: found out
	Inputs []string // patterns of further inputs, from the current folder
	Adopt  string   // state of the vendor's client, for the ids of runs
	Stdin  io.Reader
}

// Done is what came of it.
type Done struct {
	Manifest string
	Tables   []manifest.Table
	Jobs     int
	Warnings []convert.Warning
}

// FormatError means that no format has the name.
type FormatError struct{ Name string }

// Error is the fact.
func (e *FormatError) Error() string { return fmt.Sprintf("--from: no format is called %q", e.Name) }

// Hint lists the names; the nearest first.
func (e *FormatError) Hint() string {
	if hint := diag.DidYouMean(e.Name, formats.Names()); hint != "" {
		return hint
	}
	return "known: " + strings.Join(formats.Names(), ", ")
}

// Convert reads the files and makes one manifest of all. Errors: *[FormatError],
// *[workspace.ProblemsError] for what is wrong with the texts, and those of the disk.
func (w Wish) Convert() (Done, error) {
	reader := convert.Reader(formats.Read)
	if w.From != "" {
		format, ok := formats.Named(w.From)
		if !ok {
			return Done{}, &FormatError{w.From}
		}
		reader = format.Read
	}
	var all convert.Found
	problems := &workspace.ProblemsError{}
	var sources []string
	for i, file := range w.Files {
		if slices.Contains(w.Files[:i], file) {
			continue // each file is read once, as import takes each id once
		}
		text, err := w.text(file)
		if err != nil {
			return Done{}, err
		}
		found, err := reader(file, text)
		if list := diag.List(nil); errors.As(err, &list) {
			problems.List = append(problems.List, list...)
			problems.Texts = append(problems.Texts, diag.Source{Name: file, Text: text})
		} else if err != nil {
			return Done{}, fmt.Errorf("reading %s: %w", diag.FileName(file), err)
		}
		found.Rebased(w.rebase(filepath.Dir(file)))
		all.Jobs, all.Warnings = append(all.Jobs, found.Jobs...), append(all.Warnings, found.Warnings...)
		sources = append(sources, strings.TrimSuffix(filepath.Base(diag.FileName(file))+", "+found.From, ", "))
	}
	if err := w.adopt(&all, problems); err != nil {
		w.sort(all.Warnings)
		return Done{Warnings: all.Warnings}, err
	}
	w.sort(all.Warnings)
	all.AddInputs(w.patterns())
	place := manifest.Place{Source: "from " + strings.Join(sources, "; "), Name: stem(w.Files[0]), Table: w.table()}
	text := manifest.Write(all.Jobs, place)
	return Done{Manifest: string(text.YAML), Tables: text.Tables, Jobs: len(all.Jobs), Warnings: all.Warnings}, nil
}

// text reads a file, or standard input.
func (w Wish) text(file string) ([]byte, error) {
	in := w.Stdin
	if file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			return nil, &FileError{"reading what to convert", err}
		}
		defer func() { _ = opened.Close() }() // it was read only
		in = opened
	}
	text, err := io.ReadAll(io.LimitReader(in, convert.MaxBytes+1))
	if err != nil {
		return nil, &FileError{"reading what to convert", err}
	}
	return text, nil
}

// adopt gives the jobs the ids of their runs, once all files are sound.
func (w Wish) adopt(all *convert.Found, problems *workspace.ProblemsError) error {
	if w.Adopt != "" {
		text, err := w.text(w.Adopt)
		if err != nil {
			return err
		}
		runs, err := pur.ReadState(w.Adopt, text)
		if list := diag.List(nil); errors.As(err, &list) {
			problems.List = append(problems.List, list...)
			problems.Texts = append(problems.Texts, diag.Source{Name: w.Adopt, Text: text})
		} else if err != nil {
			return err
		}
		pur.Adopt(all, runs)
	}
	if len(problems.List) > 0 {
		return problems
	}
	return nil
}

// sort puts warnings in the order of the files and of their lines.
func (w Wish) sort(warnings []convert.Warning) {
	files := append(slices.Clone(w.Files), w.Adopt)
	slices.SortStableFunc(warnings, func(a, b convert.Warning) int {
		return cmp.Or(
			cmp.Compare(slices.Index(files, a.Pos.File), slices.Index(files, b.Pos.File)),
			cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col),
		)
	})
}
