package workspace

import (
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/app/sources"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// ProblemsError is what is wrong with manifests, with the texts that it is in.
type ProblemsError struct {
	List  diag.List
	Texts []diag.Source
}

// Error is the fact.
func (e *ProblemsError) Error() string { return e.List.Error() }

// Unwrap gives the problems.
func (e *ProblemsError) Unwrap() error { return e.List }

// Shown are the problems with the texts that they are in.
func (e *ProblemsError) Shown() (diag.List, []diag.Source) { return e.List, e.Texts }

// Problems makes a *ProblemsError of what is wrong with these manifests.
func (w *Workspace) Problems(list diag.List) error { return &ProblemsError{list, w.shown(list)} }

// RefusedError is what manifests forbid, with the texts that forbid it.
type RefusedError ProblemsError

// Error is the fact.
func (e *RefusedError) Error() string { return fmt.Sprintf("refused by %d guards", len(e.List)) }

// Shown are the refusals with the texts that they are in.
func (e *RefusedError) Shown() (diag.List, []diag.Source) { return e.List, e.Texts }

// Forbidden makes a *RefusedError of what these manifests forbid; nil where that is nothing.
func (w *Workspace) Forbidden(list diag.List) error {
	if len(list) == 0 {
		return nil
	}
	return &RefusedError{list, w.shown(list)}
}

// shown are the texts that problems are in. Templates are read once more: they were not
// kept.
func (w *Workspace) shown(list diag.List) []diag.Source {
	texts := slices.Concat(w.Sources, w.texts)
	for _, d := range list {
		if d.Pos.IsZero() || slices.ContainsFunc(texts, func(s diag.Source) bool { return s.Name == d.Pos.File }) {
			continue
		}
		texts = append(texts, sources.Shown(w.Sources, d.Pos.File))
	}
	return texts
}
