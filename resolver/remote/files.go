// Package remote reads what a manifest names by ids of the platform: stored files, and
// high-performance storage. Each id is read once, however many jobs name it.
package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// parallel bounds the requests that run at once.
const parallel = 8

// Files reads what is stored.
type Files interface {
	File(ctx context.Context, id string) (rescale.File, error)
}

// ReadFiles returns the files by their ids. One that the platform does not have, or that
// the account may not read, is absent: that is a mistake in the manifest, not a failure of
// the platform.
func ReadFiles(ctx context.Context, p Files, ids []string) (map[string]rescale.File, error) {
	return each(ctx, ids, p.File)
}

// each reads every id, some at once.
func each[T any](ctx context.Context, ids []string, read func(context.Context, string) (T, error)) (map[string]T, error) {
	found, absent := make([]T, len(ids)), make([]bool, len(ids))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, id := range ids {
		group.Go(func() (err error) {
			if found[i], err = read(ctx, id); lacks(err) {
				absent[i], err = true, nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	byID := make(map[string]T, len(ids))
	for i, id := range ids {
		if !absent[i] {
			byID[id] = found[i]
		}
	}
	return byID, nil
}

// lacks reports whether the platform answers that there is no such thing for this account.
func lacks(err error) bool {
	var refused *rescale.Error
	return errors.As(err, &refused) && !rescale.IsAuth(err) &&
		slices.Contains([]int{http.StatusForbidden, http.StatusNotFound, http.StatusGone}, refused.Status)
}

// Unfit says why a stored file cannot be an input, and the way out; both are empty for one
// that can. Inputs are uploads of that type, and what runs have left (rescale-api.md §3.2);
// a type that nobody knows is the platform's to judge.
func Unfit(file rescale.File) (why, hint string) {
	const copied = "copy the id of another file from the web UI, or give a path: instead"
	switch {
	case file.Deleted:
		return fmt.Sprintf("file %q was deleted on the platform", file.Name), copied
	case !file.Complete:
		return fmt.Sprintf("the upload of file %q has not ended", file.Name), "wait until it is uploaded, or upload it again and copy the new id"
	}
	kinds := map[rescale.FileType]string{
		rescale.TemplateFile: "a template of a design of experiments", rescale.ParamFile: "a file of parameters",
		rescale.ScriptFile: "a script", 7: "a file of design variables", 8: "a case of a design of experiments",
		9: "a file of an optimizer", 10: "a temporary file",
	}
	kind, other := kinds[file.Type]
	switch {
	case !other:
		return "", ""
	case file.Type == rescale.ScriptFile:
		return fmt.Sprintf("file %q is %s, not an input", file.Name, kind), "upload it as an input, or run it with preProcess: or postProcess:"
	}
	return fmt.Sprintf("file %q is %s, not an input", file.Name, kind), copied
}
