// Package reporting gathers what a command finds, and writes it at the end in the forms
// that --report asks for: also, and above all, when the command fails.
package reporting

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/report"
	"github.com/rescale-apply/rescale-apply/internal/app/report/md"
	"github.com/rescale-apply/rescale-apply/internal/app/workspace"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Desk is what a clerk needs of the process.
type Desk struct {
	Getenv   func(string) string
	Warn     func(message string)
	Commands io.Writer                // takes what the runner of GitHub obeys
	Hide     func(text string) string // hides secrets
	Version  string                   // of the program
}

// Clerk gathers what one command finds. It is a concern of that command, with the flag
// --report; without that flag, and outside of GitHub, it does nothing.
type Clerk struct {
	desk     Desk
	typed    []string
	orders   []order
	armed    bool // reports are wanted
	outcomes bool // jobs were carried out
	planned  Planned
	found    report.Report

	paths   paths
	anchors anchors
	seen    identities
	known   map[diag.Diagnostic]bool
}

// New makes a clerk.
func New(desk Desk) *Clerk {
	return &Clerk{
		desk: desk, known: make(map[diag.Diagnostic]bool), seen: make(identities),
		paths:   paths{desk.Getenv, make(map[string]string)},
		anchors: anchors{files: make(map[string][]anchor)},
	}
}

// Flags are those of reports.
func (c *Clerk) Flags() []options.Flag {
	return []options.Flag{{
		Name: "report", Into: &c.typed, Complete: strings.Join(kinds(), "|"),
		Usage: "write a report, also when the command fails: `KIND=FILE`, of " + strings.Join(kinds(), ", ") + "; github needs no file; may be repeated",
	}}
}

// Check takes the reports that were asked for, and refuses those that cannot be written.
func (c *Clerk) Check(call options.Call) error {
	c.found.Verb, c.found.Tool, c.found.Version = call.Verb, options.Program, c.desk.Version
	var wrong error
	c.orders, wrong = orders(c.typed, c.desk.Getenv)
	c.armed = len(c.orders) > 0
	return wrong
}

// Found takes in the manifests that were read.
func (c *Clerk) Found(manifests []diag.Source) {
	for _, source := range manifests {
		if name := c.paths.of(source.Name); !slices.Contains(c.found.Manifests, name) {
			c.found.Manifests = append(c.found.Manifests, name)
		}
	}
	c.anchors.texts = append(c.anchors.texts, manifests...)
}

// Markdown is the page of a plan.
func (c *Clerk) Markdown(p Planned) string {
	c.plan(p)
	return md.Write(c.found, md.Comment())
}

// Saved takes in the file that a plan was saved to.
func (c *Clerk) Saved(file string) { c.found.Totals.PlanFile = file }

// place puts a job where its name stands.
func (c *Clerk) place(out *report.Case, pos diag.Position) {
	out.Manifest = c.paths.of(pos.File)
	out.Place = c.placed(pos)
}

func (c *Clerk) placed(pos diag.Position) report.Place {
	place := report.Place{File: c.paths.of(pos.File), Line: pos.Line, Col: pos.Col}
	if pos.Width > 0 && pos.Col > 0 {
		place.EndCol = pos.Col + pos.Width
	}
	return place
}

// problems takes in what is wrong, each thing once.
func (c *Clerk) problems(list diag.List) {
	for _, d := range diag.Conceal(list, c.anchors.texts) {
		if c.known[d] {
			continue
		}
		c.known[d] = true
		p := report.Problem{Rule: string(d.Rule), Message: d.Message, Hint: d.Hint}
		var job, key string
		if !d.Pos.IsZero() {
			p.Place = c.placed(d.Pos)
			job, key = c.anchors.of(d.Pos)
		}
		p.Identity = c.seen.of(p, job, key)
		c.found.Problems = append(c.found.Problems, p)
	}
}

// conclude takes in how the command ended.
func (c *Clerk) conclude(ctx context.Context, err error) {
	for _, e := range exit.Unsaid(err) {
		var wrong interface {
			Shown() (diag.List, []diag.Source)
		}
		var list diag.List
		switch {
		case errors.As(e, &wrong):
			problems, texts := wrong.Shown()
			c.anchors.texts = append(c.anchors.texts, texts...)
			c.problems(problems)
		case errors.As(e, &list):
			c.problems(list)
		default:
			if ctx.Err() != nil && errors.Is(e, context.Canceled) {
				e = exit.ErrInterrupted
			}
			c.trouble(e)
		}
	}
	r := &c.found
	r.Totals.Code = int(exit.Of(err))
	if r.Totals.Code == int(exit.Interrupted) && len(r.Troubles) == 0 {
		c.trouble(exit.ErrInterrupted)
	}
	if r.Summary == "" && len(r.Problems) > 0 {
		r.Summary = humanize.Plural(len(r.Problems), "problem") + "."
	}
	if r.Verb == "apply" && !c.outcomes {
		notStarted(r.Cases)
	}
}

func (c *Clerk) trouble(err error) {
	text := strings.ReplaceAll(err.Error(), "\n", "; ")
	c.found.Troubles = append(c.found.Troubles, report.Trouble{Message: text, Hints: exit.Hints(err)})
}

// notStarted says of jobs that were planned that nothing was done about them.
func notStarted(cases []report.Case) {
	for i := range cases {
		if cases[i].State == report.Passed && cases[i].Word != "unchanged" {
			cases[i].State, cases[i].Why = report.Skipped, "not started"
		}
	}
}

var _ = []interface {
	Shown() (diag.List, []diag.Source)
}{(*workspace.ProblemsError)(nil), (*workspace.RefusedError)(nil)}
