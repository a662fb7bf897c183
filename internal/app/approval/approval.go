// Package approval takes a plan from those who look at it to the apply that carries it out,
// as a file: plan --out writes it, apply --plan reads it.
package approval

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/review"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

// Options are the flags of an apply that starts only what was reviewed.
type Options struct {
	Plan    string // path of the reviewed plan; empty for none
	Collect bool   // starts only what waits for others
}

// Flags are the flags of an apply after a review.
func (o *Options) Flags() []options.Flag {
	return []options.Flag{
		{Name: "plan", Into: &o.Plan, Filled: true, Usage: "start only what is in the reviewed plan `FILE`, as plan --out wrote it; else exit 6"},
		{Name: "collect", Into: &o.Collect, Usage: "for schedules: judge and fetch what has ended, wait for nothing, start only jobs of --plan that wait for others"},
	}
}

// Check refuses wishes that a collecting apply does not fulfil.
func (o *Options) Check(call options.Call) error {
	for _, flag := range []string{"replace", "replace-failed", "replace-running", "prune"} {
		if o.Collect && call.Given(flag) {
			return options.Usage("--collect and --"+flag+" exclude each other", "--collect repeats no run and stops none; leave out one of the two")
		}
	}
	return nil
}

// Named is the file of the flags, which no input may depend on.
func (o *Options) Named() []files.Given { return named(o.Plan, "--plan") }

func named(path, flag string) []files.Given {
	if path == "" {
		return nil
	}
	return []files.Given{{Path: path, Flag: flag}}
}

// Approval is what an apply may start and stop. The zero Approval lets all pass.
type Approval struct {
	*review.Review
	path    string
	collect bool
}

// Read reads the reviewed plan. A text that is none is a *review.FileError.
func (o *Options) Read() (Approval, error) {
	a := Approval{path: o.Plan, collect: o.Collect}
	if o.Plan == "" {
		if o.Collect {
			a.Review = review.New(review.Plan{})
		}
		return a, nil
	}
	text, err := read(o.Plan)
	if err != nil {
		return a, err
	}
	plan, err := review.Parse(text)
	if err != nil {
		return a, fmt.Errorf("reading the reviewed plan %s: %w", o.Plan, err)
	}
	a.Review = review.New(plan)
	return a, nil
}

// read reads a file, or what another program writes into a pipe, and no device.
func read(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, options.Usage("no plan file "+path, "plan --out "+planner.Quote(path)+" writes one")
	case err == nil && !info.Mode().IsRegular() && info.Mode()&fs.ModeNamedPipe == 0:
		return nil, options.Usage("reading the reviewed plan "+path+": it is no file", "a plan is a regular file, or a pipe")
	case err != nil:
		return nil, fmt.Errorf("reading the reviewed plan: %w", err)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the reviewed plan: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, review.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading the reviewed plan: %w", err)
	}
	return text, nil
}

// Restrict withholds what a collecting apply does not start; to others a plan stays as it
// is.
func (a Approval) Restrict(plan planner.Plan) planner.Plan {
	if !a.collect {
		return plan
	}
	return review.Collect(plan, a.Review)
}

// Permit is asked before each run that starts; nil permits all.
func (a Approval) Permit() func(planner.Step) error {
	if a.Review == nil {
		return nil
	}
	return a.Step
}

// shown bounds the differences that are told one by one.
const shown = 20

// Check refuses a plan that does more than was reviewed: the error has a
// *review.DifferenceError for each difference, and an *Error. typed is how the tool was
// called, for the hint.
func (a Approval) Check(now review.Plan, typed string) error {
	if a.Review == nil || a.path == "" {
		return nil
	}
	differences := a.Place(now.Platform, now.Account)
	if !a.collect {
		differences = a.Compare(now)
	}
	if len(differences) == 0 {
		return nil
	}
	var all []error
	for _, d := range differences[:min(shown, len(differences))] {
		all = append(all, d)
	}
	return errors.Join(append(all, &Error{Path: a.path, Differences: len(differences), Again: a.again(typed)})...)
}

// again is the command that makes a new plan, in the place of the old one unless that was
// a pipe.
func (a Approval) again(typed string) string {
	path := "plan.json"
	if info, err := os.Stat(a.path); err == nil && info.Mode().IsRegular() {
		path = a.path
	}
	return options.Program + " plan" + strings.TrimPrefix(typed, options.Program) + " --out " + planner.Quote(path)
}

// Error reports that an apply would do what was not reviewed.
type Error struct {
	Path        string // of the reviewed plan
	Differences int
	Again       string // the command that makes a new plan
}

// Error counts the differences.
func (e *Error) Error() string {
	return fmt.Sprintf("not as reviewed in %s: %s; nothing was uploaded or started", diag.Line(e.Path), humanize.Plural(e.Differences, "difference"))
}

// Hint says how to come to a plan that fits.
func (e *Error) Hint() string { return "make a new plan and have it reviewed: " + e.Again }
