package scaffold

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Offer is what a manifest is written from: GETs only.
type Offer interface {
	Me(ctx context.Context) (rescale.User, error)
	Analyses(ctx context.Context) ([]rescale.Analysis, error)
	CoreTypes(ctx context.Context) ([]rescale.CoreType, error)
}

// Writer writes a manifest for the files of a folder.
type Writer struct {
	File    string // to write
	From    string // folder of the files
	Force   bool   // over a file that is there
	Answers Answers
	Ask     Asker  // nil refuses every question
	Flags   string // of the platform, to be typed behind other commands; with a blank before each
	Notice  func(line string)

	catalog Catalog
}

// Ordered are answers in the order of the questions.
func Ordered(values [6]string) Answers {
	answers := make(Answers)
	for i, flag := range flags() {
		answers[flag] = values[i]
	}
	return answers
}

// ExistsError is a file that is there already.
type ExistsError struct{ File string }

// Error is the fact.
func (e *ExistsError) Error() string { return e.File + " is there already" }

// Hint is how to write it all the same.
func (e *ExistsError) Hint() string { return "name another file, or write over it with --force" }

// PlaceError is a path that nothing can be read from, or written to.
type PlaceError struct{ Path, Why, Help string }

// Error is the path, and why.
func (e *PlaceError) Error() string { return e.Path + ": " + e.Why }

// Hint is the way out.
func (e *PlaceError) Hint() string { return e.Help }

// Free looks, before anything is asked, whether the file can be written and the folder
// can be read. The errors are a *[PlaceError] and an *[ExistsError].
func (w *Writer) Free() error {
	if w.File == "" || w.File == "-" {
		return &PlaceError{fmt.Sprintf("%q", w.File), "init writes a file, whose folder the paths of inputs start from", "rescale-apply init job.yaml"}
	}
	if info, err := os.Stat(w.From); err != nil || !info.IsDir() {
		return &PlaceError{fmt.Sprintf("--from %q", w.From), "there is no such folder", "name the folder that holds the input files"}
	}
	parent := filepath.Dir(w.File)
	if info, err := os.Stat(parent); err != nil || !info.IsDir() {
		return &PlaceError{w.File, "there is no folder " + parent, "mkdir -p " + quoted(parent)}
	}
	info, err := os.Lstat(w.File)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil && info.IsDir():
		return &PlaceError{w.File, "it is a folder", "name a file, such as " + filepath.Join(w.File, "job.yaml")}
	case w.Force:
		return nil
	}
	return &ExistsError{w.File}
}

// Read reads what the platform offers. Who am I comes first and alone: a bad key must give
// one clear answer.
func (w *Writer) Read(ctx context.Context, p Offer) error {
	user, err := p.Me(ctx)
	if err != nil {
		return fmt.Errorf("asking the platform for your account: %w", err)
	}
	w.catalog.MaxJobHours = user.MaxJobHours
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) { w.catalog.Analyses, err = p.Analyses(ctx); return reading("analyses", err) })
	group.Go(func() (err error) { w.catalog.CoreTypes, err = p.CoreTypes(ctx); return reading("core types", err) })
	return group.Wait()
}

func reading(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("reading the platform's %s: %w", what, err)
}

// Written is a manifest that was written.
type Written struct {
	File   string   `json:"file"`
	Job    string   `json:"job"`             // its name
	Found  string   `json:"found,omitempty"` // the software that the files are for, in words
	Inputs []string `json:"inputs"`          // as the manifest says them
	Notes  []string `json:"notes"`           // what a person should know of the folder
	flags  string
}

// Text is the file, and what to do with it.
func (w Written) Text(out io.Writer) {
	fmt.Fprintf(out, "%s is written. What it would do: rescale-apply plan -f %s%s\n", w.File, quoted(w.File), w.flags)
}

// JSON writes one object.
func (w Written) JSON(out io.Writer) error {
	return show.WriteJSON(out, struct {
		FormatVersion int `json:"formatVersion"`
		Written
	}{show.FormatVersion, w})
}

// Write looks at the folder, asks what is open, and writes the manifest. The errors are
// those of [Propose] and [Complete], an *[ExistsError], and those of the disk.
func (w *Writer) Write() (Written, error) {
	proposal, err := Propose(Source{Folder: w.From, Manifest: w.File})
	if err != nil {
		return Written{}, err
	}
	if proposal.Family != "" {
		w.Notice("found: a job for " + proposal.Family)
	}
	for _, note := range proposal.Notes {
		w.Notice("note: " + note)
	}
	ask := w.Ask
	if ask == nil {
		ask = Refuse
	}
	answers, err := Complete(proposal, w.catalog, w.Answers, ask)
	if err != nil {
		return Written{}, err
	}
	proposal.flags = w.Flags
	if err := w.save(Write(proposal, w.catalog, answers)); err != nil {
		return Written{}, fmt.Errorf("writing the manifest: %w", err)
	}
	out := Written{File: w.File, Job: answers[Name], Found: proposal.Family, Inputs: []string{}, Notes: append([]string{}, proposal.Notes...), flags: w.Flags}
	for _, in := range proposal.Inputs {
		out.Inputs = append(out.Inputs, in.Path)
	}
	return out, nil
}

// save writes the file whole or not at all. Nobody else's file is written over unless
// that is wanted, also when it came meanwhile.
func (w *Writer) save(text []byte) error {
	part, err := os.CreateTemp(filepath.Dir(w.File), ".rescale-apply-init-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(part.Name()) }() // it is not there any more after a rename
	_, err = part.Write(text)
	if err := errors.Join(err, part.Chmod(0o644), part.Close()); err != nil {
		return err
	}
	if w.Force {
		return os.Rename(part.Name(), w.File)
	}
	if err := os.Link(part.Name(), w.File); !errors.Is(err, fs.ErrExist) && err != nil {
		return w.create(text) // a file system without links
	} else if err != nil {
		return &ExistsError{w.File}
	}
	return nil
}

func (w *Writer) create(text []byte) error {
	file, err := os.OpenFile(w.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return &ExistsError{w.File}
	}
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}
