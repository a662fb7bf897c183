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
	Ask     Asker // nil refuses every question
	Out     io.Writer
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

// Free refuses to write over a file, before anything is asked.
func (w *Writer) Free() error {
	if _, err := os.Lstat(w.File); w.Force || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return &ExistsError{w.File}
}

// Read reads what the platform offers.
func (w *Writer) Read(ctx context.Context, p Offer) error {
	group, ctx := errgroup.WithContext(ctx)
	var user rescale.User
	group.Go(func() (err error) { user, err = p.Me(ctx); return err })
	group.Go(func() (err error) { w.catalog.Analyses, err = p.Analyses(ctx); return err })
	group.Go(func() (err error) { w.catalog.CoreTypes, err = p.CoreTypes(ctx); return err })
	err := group.Wait()
	w.catalog.MaxJobHours = user.MaxJobHours
	return err
}

// Write looks at the folder, asks what is open, and writes the manifest. The errors are
// those of [Propose] and [Complete], an *[ExistsError], and those of the disk.
func (w *Writer) Write() error {
	proposal, err := Propose(Source{Folder: w.From, Manifest: w.File})
	if err != nil {
		return err
	}
	if proposal.Family != "" {
		w.Notice("found: files of " + proposal.Family)
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
		return err
	}
	if err := w.save(Write(proposal, w.catalog, answers)); err != nil {
		return fmt.Errorf("writing the manifest: %w", err)
	}
	_, err = fmt.Fprintf(w.Out, "%s is written. What it would do: rescale-apply plan -f %s\n", w.File, w.File)
	return err
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
