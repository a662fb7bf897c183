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

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/spec"
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

// Unfit returns what is wrong with a stored file that a manifest names for a use, without a
// place. Inputs are uploads of that type, and what runs have left (rescale-api.md §3.2); a
// type that nobody knows is the platform's to judge.
func Unfit(file rescale.File, use spec.Use) (wrong diag.Diagnostic, unfit bool) {
	const copied = "copy the id of another file from the web UI, or give a path: instead"
	switch {
	case file.Deleted:
		return diag.Diagnostic{Rule: diag.UnknownFile, Message: fmt.Sprintf("file %s (%q) was deleted on the platform", file.ID, file.Name), Hint: copied}, true
	case !file.Complete:
		return diag.Diagnostic{
			Rule: diag.UnknownFile, Message: fmt.Sprintf("the upload of file %s (%q) has not ended", file.ID, file.Name),
			Hint: "wait until it is uploaded, or upload it again and copy the new id",
		}, true
	}
	kind, other := otherThanInputs()[file.Type]
	if use != spec.ForCommand || !other {
		return diag.Diagnostic{}, false
	}
	wrong = diag.Diagnostic{Rule: diag.WrongFileType, Message: fmt.Sprintf("file %s (%q) is %s, not an input", file.ID, file.Name, kind), Hint: copied}
	if file.Type == rescale.ScriptFile {
		wrong.Hint = "upload it as an input, or run it with preProcess: or postProcess:"
	}
	return wrong, true
}

// otherThanInputs are the types of files that no command is given as its inputs.
func otherThanInputs() map[rescale.FileType]string {
	return map[rescale.FileType]string{
		rescale.TemplateFile: "a template of a design of experiments", rescale.ParamFile: "a file of parameters",
		rescale.ScriptFile: "a script", 7: "a file of design variables", 8: "a case of a design of experiments",
		9: "a file of an optimizer", 10: "a temporary file",
	}
}
