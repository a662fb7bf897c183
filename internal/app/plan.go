package app

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

func (t *tool) planCommand() *cli.Command {
	flags := []cli.Flag{
		&cli.BoolFlag{Name: "detailed-exitcode", Usage: "exit 2 when changes are pending, 5 when a guard would refuse them"},
	}
	return &cli.Command{
		Name:      "plan",
		Usage:     "show what apply would do, and why; sends GET requests only",
		UsageText: "rescale-apply plan -f job.yaml\n   rescale-apply plan -f job.yaml --detailed-exitcode -o json",
		Flags:     join(manifestFlags(), flags, costFlags(), rerunFlags(), uploadFlags(), resultFlags(), platformFlags(), outputFlags("text", "json", "md")),
		Action:    t.plan,
	}
}

func (t *tool) plan(c *cli.Context) error {
	output, err := onlyFormat(c, "text", "json", "md")
	if err != nil {
		return err
	}
	if err := positive(c, "max-cost"); err != nil {
		return err
	}
	return t.session(c, func(s *session) error {
		if err := t.resolve(c, s); err != nil {
			return err
		}
		snapshot, err := s.readJournals()
		if err != nil {
			return err
		}
		plan, err := s.plan(c, snapshot)
		if err != nil {
			return err
		}
		if err := t.showPlan(c, s, plan, output); err != nil {
			return err
		}
		for _, idle := range executor.IdleExcludes(c.Context, s.platform, plan) {
			t.warn(idle.Job + ": " + idle.Message)
		}
		return t.planCode(c, s.manifest, plan, output)
	})
}

func (t *tool) showPlan(c *cli.Context, s *session, plan planner.Plan, output string) error {
	switch output {
	case "json":
		return show.WritePlan(t.Stdout, plan)
	case "md":
		t.styleOf(c, s).PlanMarkdown(t.Stdout, plan)
	default:
		t.styleOf(c, s).Plan(t.Stdout, plan)
	}
	return nil
}

// planCode ends a plan: a limit that apply would refuse counts whether or not the exit
// code is asked for.
func (t *tool) planCode(c *cli.Context, m manifest, plan planner.Plan, output string) error {
	err := errors.Join(t.overLimit(c, m, plan), limitCost(c, plan))
	if !c.Bool("detailed-exitcode") {
		return err
	}
	if err == nil {
		err = pending(plan)
	}
	if output != "json" {
		fmt.Fprintln(t.Stdout, mark(exitCode(err)))
	}
	return err
}

// mark is the last line of a plan that is asked for its exit code: a pipeline that
// finds it knows that the code is the plan's, and not that of a program that crashed.
// JSON needs none: an object that is whole has "pending".
func mark(code ExitCode) string {
	meaning := map[ExitCode]string{
		ExitOK: "nothing to do", ExitPending: "changes are pending", ExitGuard: "apply would refuse",
	}
	return fmt.Sprintf("Exit code %d: %s.", code, meaning[code])
}

// pending is the code of a plan: 2 when something is to change, also when an active run
// is in its way, for a pull request does not fail because the run before it takes days;
// and that of apply when a guard keeps all back.
func pending(plan planner.Plan) error {
	switch {
	case len(plan.Refusals()) > 0:
		return codeError(ExitGuard)
	case plan.Pending():
		return codeError(ExitPending)
	}
	return nil
}

// plan observes and decides. The jobs of the session are in the plan then, and nowhere
// else: those of a large sweep are as large again.
func (s *session) plan(c *cli.Context, snapshot state.Snapshot) (planner.Plan, error) {
	options, err := s.wishes(c)
	if err != nil {
		return planner.Plan{}, err
	}
	resolved := s.resolved
	s.jobs, s.resolved.Jobs = nil, nil
	seen, err := planner.Observe(c.Context, s.platform, resolved, snapshot, options)
	if err != nil {
		return planner.Plan{}, err
	}
	return planner.New(resolved.Jobs, snapshot, seen, options), nil
}
