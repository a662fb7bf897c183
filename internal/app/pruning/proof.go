package pruning

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/roster"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/namespace"
	"github.com/rescale-apply/rescale-apply/internal/source"
)

// answer is what git says about a run that no manifest wants.
type answer struct {
	commit string // that took its job out of the manifests; empty where none did, and where that is not known
	kept   string // why the run stays all the same, for a notice
}

// removed returns the commit that took the job of a run out of the manifests; empty where
// none did, and where that is not known.
func (s *scope) removed(ctx context.Context, row roster.Row, steps []planner.Step) (string, error) {
	from := row.Source
	if !from.Clean() || from.Ref != s.past.Here.Ref || namespace.Address(from.Repo) != s.repo || !s.holds(from.Path) {
		return "", nil
	}
	question := [2]string{from.Commit, from.Path}
	found, known := s.answers[question]
	if !known {
		var err error
		if found, err = s.ask(ctx, from, s.tables(from.Path, steps)); err != nil {
			return "", err
		}
		s.answers[question] = found
	}
	if found.kept == "" {
		return found.commit, nil
	}
	s.notice(fmt.Sprintf("notice: run %s of %s is of a job that is no longer in git, and is not stopped: %s", row.ID, diag.Line(row.Manifest), diag.Line(found.kept)))
	return "", nil
}

// ask asks git about a manifest.
func (s *scope) ask(ctx context.Context, from source.Source, tables []string) (answer, error) {
	if !s.read(from.Path) {
		if there, err := s.past.Has(ctx, from.Path); there || err != nil {
			return answer{}, err // it is no manifest of this call, and may have the job
		}
	}
	if !s.past.Includes(ctx, from.Commit) {
		return answer{}, ctx.Err()
	}
	commit, err := s.past.Changed(ctx, from.Commit, append(tables, from.Path)...)
	if commit == "" || err != nil {
		return answer{}, err
	}
	kept, err := s.protected(ctx, from.Commit, from.Path)
	return answer{commit: commit, kept: kept}, err
}

// protected says why a manifest may have protected its jobs at some time since a commit;
// it is empty where it never did. Whoever protects a job means the run that is there.
func (s *scope) protected(ctx context.Context, since, path string) (why string, err error) {
	blobs, err := s.past.Versions(ctx, since, path)
	var tooMany *source.TooManyError
	switch {
	case errors.As(err, &tooMany):
		return err.Error() + ", which is too much to look for protected", nil
	case err != nil:
		return "its manifest cannot be read as it was", ctx.Err()
	}
	for _, blob := range blobs {
		text, err := s.past.Text(ctx, blob)
		switch {
		case err != nil:
			return "its manifest cannot be read as it was", ctx.Err()
		case spokeOfProtection(text):
			return "its manifest spoke of protected", nil
		}
	}
	return "", nil
}

// protects finds the key protected with another value than false, in any form that YAML
// has for it.
var protects = regexp.MustCompile(`protected["']?\s*:\s*(false(?:[\s,}]|$))?`)

// spokeOfProtection reports whether a manifest may have protected a job. It is read as
// text: what it depended on then, variables and tables, is not here any more.
func spokeOfProtection(manifest string) bool {
	for _, found := range protects.FindAllStringSubmatch(manifest, -1) {
		if found[1] == "" {
			return true
		}
	}
	return false
}
