// Package remote reads what a manifest names by ids of the platform: stored files,
// high-performance storage and clusters. Each id is read once, however many jobs name it.
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

// Absent returns that the platform does not have a file that a manifest names, without a
// place.
func Absent(id string, use spec.Use) diag.Diagnostic {
	return diag.Diagnostic{
		Rule: diag.UnknownFile, Message: fmt.Sprintf("the platform has no file with id %q for this account", id),
		Hint: "open the file in the web UI and copy its id, or " + instead(use),
	}
}

// instead returns how to give a file of this disk.
func instead(use spec.Use) string {
	if use == spec.ForCommand {
		return "give a path: instead"
	}
	return "write script: FILE instead"
}

// Unfit returns what is wrong with a stored file that a manifest names for a use, without a
// place. Inputs are uploads of that type, and what runs have left; scripts have a type of
// their own (rescale-api.md §3.2, §6.2). A type that nobody knows is the platform's to judge.
func Unfit(file rescale.File, use spec.Use) (wrong diag.Diagnostic, unfit bool) {
	named := fmt.Sprintf("file %s (%q)", file.ID, file.Name)
	wrong = diag.Diagnostic{Rule: diag.UnknownFile, Hint: "copy the id of another file from the web UI, or " + instead(use)}
	switch {
	case file.Deleted:
		wrong.Message = named + " was deleted on the platform"
		return wrong, true
	case !file.Complete:
		wrong.Message, wrong.Hint = "the upload of "+named+" has not ended", "wait until it is uploaded, or upload it again and copy the new id"
		return wrong, true
	}
	kinds, wanted := otherThanInputs(), "an input"
	if use != spec.ForCommand {
		kinds, wanted = otherThanScripts(), "a script"
	}
	kind, other := kinds[file.Type]
	if !other {
		return diag.Diagnostic{}, false
	}
	wrong.Rule, wrong.Message = diag.WrongFileType, fmt.Sprintf("%s is %s, not %s", named, kind, wanted)
	if use == spec.ForCommand && file.Type == rescale.ScriptFile {
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

// otherThanScripts are the types of files that run neither before nor after a command. An
// input can: whether the platform keeps the type that an upload asks for is not confirmed
// (rescale-api.md §3.1), so that a script may be one there.
func otherThanScripts() map[rescale.FileType]string {
	kinds := otherThanInputs()
	delete(kinds, rescale.ScriptFile)
	kinds[rescale.OutputFile] = "a result of a job"
	return kinds
}
