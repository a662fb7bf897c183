package app

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// GuardError is a limit that the user set and the plan would pass.
type GuardError struct{ Message, Advice string }

// Error is the fact.
func (e *GuardError) Error() string { return e.Message }

// Hint tells how to go on.
func (e *GuardError) Hint() string { return e.Advice }

// limitCost refuses a plan that can cost more than --max-cost. A plan whose cost has
// no known upper bound can.
func limitCost(c *cli.Context, plan planner.Plan) error {
	if !c.IsSet("max-cost") {
		return nil
	}
	limit, total := c.Float64("max-cost"), 0.0
	for _, step := range plan.Spending() {
		if why, hint := guard.Unknown(step.Job); why != "" {
			return &GuardError{
				fmt.Sprintf("what a run of job %q can cost is not known: %s; --max-cost is %s", step.Job.Name, why, guard.USD(limit)), hint,
			}
		}
		total += step.Job.Estimate.Cost
	}
	if guard.Exceeds(total, limit) {
		return &GuardError{
			fmt.Sprintf("the new runs can cost %s, and --max-cost is %s", guard.AtMost(total), guard.USD(limit)),
			"shorten the walltime, choose fewer jobs with --target, or raise --max-cost; nothing was uploaded or started",
		}
	}
	return nil
}

// overLimit ends a plan that costs more than a manifest allows, like --max-cost does.
func (t *tool) overLimit(c *cli.Context, m manifest, plan planner.Plan) error {
	refused := slices.DeleteFunc(plan.Refusals(), func(d diag.Diagnostic) bool { return d.Rule != diag.OverLimit })
	return t.refusals(c, m, refused)
}

// refusals prints what the manifest forbids, and gives the error that ends the command.
func (t *tool) refusals(c *cli.Context, m manifest, list diag.List) error {
	if len(list) == 0 {
		return nil
	}
	printer := diag.Printer{Sources: m.shown(list), Color: t.Screen.Stderr && t.colors(c), Ink: string(t.ink)}
	printer.Print(t.Stderr, list)
	fmt.Fprintf(t.Stderr, "%s: refused by %s, nothing was changed\n", programName, humanize.Plural(len(list), "guard"))
	return codeError(ExitGuard)
}
