package tidying

import (
	"errors"
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/executor/tidy"
	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// refused is why nothing is deleted: a run that was meant must stay. A run is meant that
// was named by its id, and each with --forget. Of a name the runs that can go are meant;
// when none can, and their age is not why, the person has to know what is in the way.
func (t Tidying) refused(decisions []tidy.Decision) error {
	none := Sum(decisions).Jobs == 0 && t.Rules.OlderThan == 0
	var protected diag.List
	var errs []error
	for _, d := range decisions {
		if d.Keep == "" || !none && !t.Rules.Forget && !slices.Contains(t.Named, d.Job.ID) {
			continue
		}
		key, guarded := t.Rules.Protects(d)
		stays := []tidy.Reason{tidy.Active, tidy.Needed, tidy.Newest, tidy.NewestSuccess}
		switch {
		case guarded && slices.Contains(stays, d.Keep):
			protected = append(protected, guard.Protected(d.Job.Title(), key, "run "+d.Job.ID+" must not be deleted"))
		case d.Keep == tidy.Active:
			errs = append(errs, &exit.GuardError{
				Message: fmt.Sprintf("run %s of %s has not ended; nothing was deleted", d.Job.ID, diag.Line(d.Job.Title())),
				Help:    fmt.Sprintf("stop it first: %s stop %s", options.Program, d.Job.ID),
			})
		case d.Keep == tidy.Needed:
			errs = append(errs, &exit.GuardError{
				Message: fmt.Sprintf("others build on run %s of %s: %s; nothing was deleted", d.Job.ID, diag.Line(d.Job.Title()), users(d)),
				Help:    "delete those that build on it first",
			})
		}
	}
	if len(protected) > 0 {
		errs = append([]error{&guard.Error{Refusals: protected}}, errs...)
	}
	return errors.Join(errs...)
}
