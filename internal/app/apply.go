package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

func (t *tool) applyCommand() *cli.Command {
	flags := []cli.Flag{
		&cli.BoolFlag{Name: "no-wait", Usage: "return when everything is submitted"},
		&cli.DurationFlag{Name: "timeout", Usage: "stop waiting after `TIME` (exit 101); the jobs run on"},
		&cli.DurationFlag{Name: "poll-interval", Usage: "`TIME` between two looks at the jobs", DefaultText: "30s, for a platform on this machine 0.1s"},
		&cli.IntFlag{Name: "parallel", Value: 4, Usage: "transfers and requests at once: `N`; not jobs that run, which limits.maxRunning bounds"},
	}
	return &cli.Command{
		Name:      "apply",
		Usage:     "upload, create, submit, wait, download: what is not done yet",
		UsageText: "rescale-apply -f job.yaml\n   rescale-apply -f job.yaml --local\n   rescale-apply apply -f job.yaml --no-wait --max-cost 50",
		Flags:     join(manifestFlags(), flags, costFlags(), rerunFlags(), uploadFlags(), resultFlags(), platformFlags(), outputFlags("text", "json")),
		Action:    t.apply,
	}
}

func join(groups ...[]cli.Flag) []cli.Flag {
	var all []cli.Flag
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

func (t *tool) apply(c *cli.Context) error {
	output, err := format(c, "text", "json")
	if err == nil {
		err = errors.Join(noArguments(c), positive(c, "timeout", "poll-interval", "parallel", "max-cost"))
	}
	if err != nil {
		return err
	}
	return t.session(c, func(s *session) error { return t.applySession(c, s, output) })
}

func (t *tool) applySession(c *cli.Context, s *session, output string) (err error) {
	if err := t.resolve(c, s); err != nil {
		return err
	}
	if err := s.hideState(c.Context); err != nil {
		return err
	}
	journal, err := s.openJournals()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, journal.Close()) }()
	w := work{output: output, again: s.paysAgain(c)}
	w.plan, err = s.plan(c, journal.Snapshot())
	if err == nil {
		err = t.repeatable(c, w.plan)
	}
	if err != nil {
		return err
	}
	return t.carryOut(c, s, journal, w)
}

// work is a plan and the form in which its course is told.
type work struct {
	plan   planner.Plan
	output string
	again  bool // the same command would pay again
}

// watcher shows events while a plan is applied.
type watcher interface {
	Event(executor.Event)
	Print(line string)
	Pause(stop func()) // nothing is drawn until stop comes back
	Close()
}

// suspend lets Ctrl-Z stop the program with a clean screen, until release is called.
func (t *tool) suspend(w watcher) (release func()) {
	if t.Screen.Suspend == nil {
		return func() {}
	}
	return t.Screen.Suspend(w.Pause)
}

func (t *tool) carryOut(c *cli.Context, s *session, journal *journals, w work) error {
	style := t.styleOf(c, s)
	if w.output == "text" {
		style.Plan(t.Stdout, w.plan)
	}
	if err := errors.Join(t.refusals(c, s.manifest, w.plan.Refusals()), limitCost(c, w.plan)); err != nil {
		return err
	}
	ctx, cancel := withTimeout(c.Context, c.Duration("timeout"))
	defer cancel()
	watcher := t.watcher(c, w.output, w.plan)
	s.notices.through(showing{func(message string) {
		watcher.Event(executor.Event{Type: executor.EventWarning, Time: time.Now(), Message: message})
	}, watcher.Print})
	defer t.suspend(watcher)() //nolint:revive // it begins now, and ends then
	run := executor.Executor{
		Platform: s.platform, Journal: journal, Owner: s.resolved.User.Email, Company: s.resolved.User.CompanyCode,
		Parallel: c.Int("parallel"), Secrets: s.secrets, Redact: s.platform.Redact,
		Interval: s.interval(c), NoWait: c.Bool("no-wait"), NoQueue: c.Bool("no-wait"), Alone: s.local != nil,
		NoFetch: c.Bool("no-download"), NoReuse: c.Bool("no-reuse"), Command: typed(c), Notify: watcher.Event, Pace: pace(w.output),
	}
	report, err := run.Apply(ctx, w.plan)
	s.notices.through(t.plainly())
	watcher.Close()
	if err != nil {
		return err
	}
	if w.output == "text" && (w.plan.Pending() || w.plan.Count(planner.Running) > 0) {
		fmt.Fprintln(t.Stdout, show.Applied(report))
		style.Failures(t.Stdout, report, func(runs []planner.Rival) string { return planner.Again(typed(c), runs...) })
	}
	return t.conclude(ctx, s, ending{report, w.again})
}

// watcher chooses how to show events: JSON lines, live lines on a terminal,
// plain lines anywhere else.
func (t *tool) watcher(c *cli.Context, output string, plan planner.Plan) watcher {
	if output == "json" {
		return jsonLines{t.Stdout, t.Stderr}
	}
	if !t.Screen.Stderr || !t.Screen.Stdout || !t.animated() {
		return &show.Lines{Style: t.style(c), Progress: t.Stderr, Results: t.Stdout}
	}
	screen := show.Screen{Style: t.style(c), Lines: t.Stderr, Results: t.Stdout, Size: t.Screen.Size, Ours: t.Screen.Foreground}
	for _, step := range plan.Steps {
		screen.Order = append(screen.Order, step.Job.Name)
	}
	screen.Uploads.Files = len(plan.Uploads)
	for _, in := range plan.Uploads {
		screen.Uploads.Bytes += in.Size
	}
	return show.NewLive(screen)
}

// pace is how often a transfer is told of: programs read each line.
func pace(output string) time.Duration {
	if output == "json" {
		return time.Second
	}
	return 0
}

// animated tells that a terminal can draw over its lines, and that a person looks.
func (t *tool) animated() bool { return t.Getenv("TERM") != "dumb" && t.Getenv("CI") == "" }

// jsonLines writes one event a line.
type jsonLines struct{ out, notes io.Writer }

// Event writes the line. A reader that went away is noticed by the shell, not here.
func (j jsonLines) Event(e executor.Event) { _ = show.EventLine(j.out, e) }

// Print writes a line that is no event.
func (j jsonLines) Print(line string) { fmt.Fprintln(j.notes, line) }

// Pause has nothing to take off the screen.
func (jsonLines) Pause(stop func()) { stop() }

// Close ends the showing.
func (jsonLines) Close() {}

// ending is how an apply came to its end.
type ending struct {
	report executor.Report
	again  bool // the same command would pay again
}

// withoutReplace tells what must not be typed again: --replace is a wish for one
// more run each time it is given for a run that is over.
func (e ending) withoutReplace(t *tool) {
	if e.again {
		fmt.Fprintln(t.Stderr, "hint: leave out --replace then: a replacement that is over would be started once more")
	}
}

// active tells that a run may go on without us. A draft that was made has an id too.
func (e ending) active() bool {
	return slices.ContainsFunc(e.report.Outcomes, func(o executor.Outcome) bool { return o.ID != "" && o.Verdict == "" && o.Blocked == "" })
}

// endedBy tells that an error is only the end of the context.
func endedBy(ctx context.Context, err error) bool {
	return err != nil && ctx.Err() != nil && (errors.Is(err, context.Cause(ctx)) || errors.Is(err, ctx.Err()))
}

// conclude turns outcomes into the error that ends the command: first what went
// wrong with the work itself, then an interrupt, then what became of the jobs.
func (t *tool) conclude(ctx context.Context, s *session, end ending) error {
	var worst error
	var cut bool
	verdicts := make(map[ExitCode]bool)
	for _, o := range end.report.Outcomes {
		var waiting *executor.WaitingError
		switch {
		case endedBy(ctx, o.Err):
			cut = true
		case errors.As(o.Err, &waiting):
			verdicts[ExitRunning] = true
		case o.Err != nil:
			worst = worse(worst, o.Err)
		case o.Verdict == verdict.Stopped:
			verdicts[ExitJobStopped] = true
		case o.Verdict != "" && o.Verdict != verdict.Succeeded:
			verdicts[ExitJobFailed] = true
		}
	}
	switch {
	case worst != nil:
		t.hint(worst)
		if s.local == nil && end.active() {
			fmt.Fprintln(t.Stderr, "hint: run the same command again to go on: nothing is started twice")
		}
		end.withoutReplace(t)
		return codeError(exitCode(worst))
	case cut:
		defer end.withoutReplace(t)
		return t.interrupted(ctx, s, end)
	case verdicts[ExitJobFailed]:
		return codeError(ExitJobFailed)
	case verdicts[ExitJobStopped]:
		return codeError(ExitJobStopped)
	case verdicts[ExitRunning]:
		fmt.Fprintln(t.Stderr, "hint: apply again when the jobs that run have ended; it starts those that wait for them")
		return codeError(ExitRunning)
	}
	return nil
}

// worse is the error that a person must see first: what is wrong with the key,
// then with the state, then the rest.
func worse(a, b error) error {
	rank := func(err error) int { return slices.Index([]ExitCode{ExitError, ExitConflict, ExitAuth}, exitCode(err)) }
	if a == nil || rank(b) > rank(a) {
		return b
	}
	return a
}

// hint prints advice for an error that the outcome's line has told already.
func (t *tool) hint(err error) {
	for _, h := range hints(err) {
		fmt.Fprintf(t.Stderr, "hint: %s\n", diag.Line(h))
	}
}

// interrupted says what goes on without us, and how to come back to it.
func (t *tool) interrupted(ctx context.Context, s *session, end ending) error {
	cause := context.Cause(ctx)
	code, what := ExitInterrupted, "interrupted"
	if errors.Is(cause, errTimeout) {
		code, what = ExitRunning, errTimeout.Error()
	}
	if s.local != nil {
		fmt.Fprintf(t.Stderr, "%s: %s; the local platform ends with this command\n", programName, what)
		fmt.Fprintln(t.Stderr, "hint: run the same command again: jobs that had not finished start over")
		return codeError(code)
	}
	if !end.active() {
		fmt.Fprintf(t.Stderr, "%s: %s; no job of this apply is left running on the platform\n", programName, what)
		fmt.Fprintln(t.Stderr, "hint: run the same command again to go on")
		return codeError(code)
	}
	fmt.Fprintf(t.Stderr, "%s: %s; submitted jobs go on running on the platform\n", programName, what)
	fmt.Fprintln(t.Stderr, "hint: run the same command again to go on waiting: nothing is started twice")
	return codeError(code)
}
