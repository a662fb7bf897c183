package pruning

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

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
	if found.commit != "" && found.kept == "" && s.onDisk(row, steps) {
		found.kept = "its points are what a pattern finds on a disk, and another one may have more of them"
	}
	if found.kept == "" {
		return found.commit, nil
	}
	s.notice(fmt.Sprintf("notice: run %s of %s is of a job that these manifests no longer have, and is not stopped: %s", row.ID, diag.Line(row.Manifest), diag.Line(found.kept)))
	return "", nil
}

// onDisk is true of a run whose family is still in its manifest, with points from the disk:
// what git ignores takes none of them away, so a commit proves nothing.
func (s *scope) onDisk(row roster.Row, steps []planner.Step) bool {
	family, _, _ := strings.Cut(row.Manifest, "/")
	return slices.ContainsFunc(steps, func(step planner.Step) bool {
		other, _, _ := strings.Cut(step.Job.Name, "/")
		return step.Job.Found && other == family && s.manifests[step.Job.Manifest] == row.Source.Path
	})
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
	kept, err := s.spared(ctx, from, commit)
	return answer{commit: commit, kept: kept}, err
}

// spared says why a run stays although a commit has taken its job out of its manifest;
// it is empty where nothing speaks for the run.
func (s *scope) spared(ctx context.Context, from source.Source, commit string) (why string, err error) {
	blobs, why, err := s.protected(ctx, from.Commit, from.Path)
	if why != "" || err != nil {
		return why, err
	}
	successors, err := s.moved(ctx, from, commit)
	if err != nil {
		return "it cannot be seen whether its manifest moved", ctx.Err()
	}
	for _, path := range successors {
		there, err := s.past.Has(ctx, path)
		switch {
		case err != nil:
			return "", err
		case there && !s.read(path):
			return "its manifest is now " + path, nil
		}
		if _, why, err := s.protected(ctx, commit, path); why != "" || err != nil {
			return why, err
		}
	}
	return s.copied(ctx, blobs)
}

// moved are the paths that git takes for those of a manifest after a commit changed it.
func (s *scope) moved(ctx context.Context, from source.Source, commit string) (list []string, err error) {
	for _, span := range [][2]string{{from.Commit, "HEAD"}, {commit + "~1", "HEAD"}, {commit + "~1", commit}} {
		paths, err := s.past.Moved(ctx, from.Path, span[0], span[1])
		if err != nil {
			return nil, err
		}
		list = append(list, paths...)
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// copied says where a version of a manifest still is; empty where it is nowhere. One that
// is read here as well does not have the job, or somebody would want it.
func (s *scope) copied(ctx context.Context, blobs []string) (why string, err error) {
	copies, err := s.past.Copies(ctx, blobs)
	for _, blob := range blobs {
		paths := copies[blob]
		if len(paths) > 0 && !slices.ContainsFunc(paths, s.read) {
			return "its manifest is also " + paths[0], err
		}
	}
	return "", err
}

// protected says why a manifest may have protected its jobs at some time since a commit;
// it is empty where it never did. Whoever protects a job means the run that is there.
func (s *scope) protected(ctx context.Context, since, path string) (blobs []string, why string, err error) {
	blobs, err = s.past.Versions(ctx, since, path)
	var tooMany *source.TooManyError
	switch {
	case errors.As(err, &tooMany):
		return nil, err.Error() + ", which is too much to look for protected", nil
	case err != nil || len(blobs) == 0:
		return nil, unreadable, ctx.Err()
	}
	for _, blob := range blobs {
		text, err := s.past.Text(ctx, blob)
		switch {
		case err != nil:
			return nil, unreadable, ctx.Err()
		case spokeOfProtection(text):
			return nil, "its manifest spoke of protected", nil
		}
	}
	return blobs, "", nil
}

const unreadable = "its manifest cannot be read as it was"

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
