// Package locking writes rescale.lock.yaml: it asks the platform, with GET only, what the
// catalogs give to manifests, and takes it into the locks of their folders.
package locking

import (
	"context"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/workspace"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec/lock"
)

// Work is one command on the locks of manifests.
type Work struct {
	Workspace *workspace.Workspace
	Catalogs  resolver.Catalogs
	Day       string // today, as 2026-11-01
}

// Lock adds what locks lack, and leaves what they have as it is.
func (w Work) Lock(ctx context.Context) (Report, error) {
	files, err := w.offered(ctx)
	if err != nil {
		return nil, err
	}
	all := func(string) bool { return true }
	return w.merge(files, lock.Merge{Add: all, Change: func(string) bool { return false }})
}

// Update takes what the catalogs give now for the codes of analyses and core types; for
// all of them without codes.
func (w Work) Update(ctx context.Context, codes []string) (Report, error) {
	files, err := w.offered(ctx)
	if err != nil {
		return nil, err
	}
	var known []string
	for _, file := range files {
		known = append(known, file.fresh.Codes()...)
	}
	for _, code := range codes {
		if !slices.Contains(known, code) {
			return nil, options.Usage("the manifests use no analysis and no core type "+diag.Line(code), diag.DidYouMean(code, known))
		}
	}
	chosen := func(code string) bool { return len(codes) == 0 || slices.Contains(codes, code) }
	return w.merge(files, lock.Merge{Add: chosen, Change: chosen})
}

// offer is a lock file, and what the catalogs give to its manifests now.
type offer struct {
	workspace.LockFile
	fresh *lock.Lock
}

// offered reads the locks before the platform is asked. What the catalogs cannot give is
// a *workspace.ProblemsError.
func (w Work) offered(ctx context.Context) ([]offer, error) {
	files, err := w.Workspace.Locks()
	if err != nil {
		return nil, err
	}
	now, err := resolver.ReadOffer(ctx, w.Catalogs, w.Workspace.Jobs)
	if err != nil {
		return nil, err
	}
	var list []offer
	var problems diag.List
	for _, file := range files {
		fresh, wrong := now.Lock(file.Jobs, w.Day)
		problems = append(problems, wrong...)
		list = append(list, offer{file, fresh})
	}
	if len(problems) > 0 {
		return nil, w.Workspace.Problems(problems)
	}
	return list, nil
}

// merge writes all locks, those that change.
func (w Work) merge(files []offer, how lock.Merge) (Report, error) {
	var report Report
	for _, file := range files {
		how.Fresh = file.fresh
		if how.Unused = lock.Keep; file.Whole {
			how.Unused = lock.Drop
		}
		next, changes := how.Into(file.Lock)
		done := File{Path: file.Path, Changes: changes, Kept: kept(next, file.fresh)}
		if file.Lock == nil || len(changes) > 0 {
			done.Written = true
			if err := save(file.Path, next.Text()); err != nil {
				return report, err
			}
		}
		report = append(report, done)
	}
	return report, nil
}

// kept are the entries that stay although the catalogs give something else now, or
// although no given manifest uses them.
func kept(next, fresh *lock.Lock) (list []lock.Change) {
	for _, a := range next.Analyses {
		now, used := fresh.Analysis(a.Code, a.Wanted)
		if !used {
			list = append(list, lock.Unused(a.Code, a.Wanted))
			continue
		}
		list = append(list, a.Changes(now)...)
	}
	for _, t := range next.CoreTypes {
		now, used := fresh.CoreType(t.Code)
		if !used {
			list = append(list, lock.UnusedCoreType(t.Code))
			continue
		}
		list = append(list, t.Changes(now)...)
	}
	return list
}
