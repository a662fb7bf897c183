package ending

import (
	"fmt"
	"io"

	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/internal/app/exit"
)

// Mark writes the last line of a plan that is asked for its exit code: a pipeline that
// finds it knows that the code is the plan's, and not that of a program that crashed.
// JSON needs none: an object that is whole has "pending".
func Mark(w io.Writer, code exit.Code) {
	meaning := map[exit.Code]string{
		exit.OK: "nothing to do", exit.Pending: "changes are pending", exit.Guard: "apply would refuse",
	}
	fmt.Fprintf(w, "Exit code %d: %s.\n", code, meaning[code])
}

// Pending is the code of a plan: 2 when something is to change, also when an active run
// is in its way, for a pull request does not fail because the run before it takes days;
// and that of apply when a guard keeps all back.
func Pending(plan planner.Plan) error {
	switch {
	case len(plan.Refusals()) > 0:
		return exit.With(exit.Guard)
	case plan.Pending():
		return exit.With(exit.Pending)
	}
	return nil
}
