// Package halting says what became of runs that were told to stop, and fetches what their
// manifests want of runs that did not succeed.
package halting

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/executor/stop"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/connect"
	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/fetch"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/screen"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Halting is the end of a stop.
type Halting struct {
	Screen *screen.Screen
	From   *connect.Connection
	JSON   bool
	Orders []fetch.Order // of what is wanted of the runs when they were stopped
}

// Tell shows one step of one run on standard error.
func (h Halting) Tell(p stop.Progress) {
	text := string(p.Step)
	if p.Err != nil {
		text = fmt.Sprintf("%s: %v", p.Step, p.Err)
	}
	h.Screen.Line(diag.Line(p.Name + ": " + text))
}

// Conclude shows what became of runs, fetches what is wanted of those that were stopped,
// and ends with the worst code: what went wrong, an interrupt, what became of the runs.
func (h Halting) Conclude(ctx context.Context, results []stop.Result) error {
	var failures []error
	for _, r := range results {
		if r.Err != nil && !exit.ByContext(ctx, r.Err) {
			failures = append(failures, fmt.Errorf("stopping %s (%s): %w", r.Name, r.ID, h.From.Refused(r.Err)))
		}
	}
	if ctx.Err() != nil && h.Screen.Stderr {
		h.Screen.Line("") // the terminal shows ^C
	}
	if len(results) == 0 {
		h.Screen.Line("nothing to stop: no job has a run")
	}
	if !h.JSON {
		h.table(results)
	}
	fetched, err := h.fetch(ctx, results)
	failures = append(failures, err)
	if h.JSON {
		failures = append(failures, h.lines(results, fetched))
	}
	if ctx.Err() != nil {
		return errors.Join(append(failures, h.interrupted(results))...)
	}
	if err := errors.Join(failures...); err != nil {
		return err
	}
	return worst(results)
}

func (h Halting) table(results []stop.Result) {
	var rows [][]string
	for _, r := range results {
		rows = append(rows, []string{diag.Line(r.Name), r.ID, outcome(r)})
	}
	show.Table(h.Screen.Out, rows)
}

func outcome(r stop.Result) string {
	switch r.Outcome {
	case stop.Draft:
		return "is a draft: there is nothing to stop"
	case stop.Gone:
		return "is not on the platform any more"
	case stop.Over:
		return "was over already: " + string(r.Judgement.Verdict)
	case stop.Asked:
		return "was told to stop; its licenses stay in use until it has ended"
	case stop.Stopped:
		return "stopped"
	}
	return "may run on"
}

// fetch fetches the results of runs that were stopped.
func (h Halting) fetch(ctx context.Context, results []stop.Result) ([]show.Delivery, error) {
	orders := slices.DeleteFunc(slices.Clone(h.Orders), func(o fetch.Order) bool {
		return !slices.ContainsFunc(results, func(r stop.Result) bool { return r.ID == o.ID && r.Outcome == stop.Stopped })
	})
	if len(orders) == 0 || ctx.Err() != nil {
		return nil, nil //nolint:nilerr // Conclude ends with the interrupt
	}
	clerk := fetch.Clerk{Screen: h.Screen, From: h.From, Parallel: fetch.Defaults().Parallel, Format: "text"}
	if h.JSON {
		clerk.Format = "json"
	}
	return clerk.Collect(ctx, orders, func(_ fetch.Order, err error) error { return err })
}

// lineJSON is one line of stop -o json.
type lineJSON struct {
	FormatVersion int                `json:"formatVersion"`
	Name          string             `json:"name"`
	ID            string             `json:"id"`
	Outcome       string             `json:"outcome"`           // stopped, asked, over, draft or gone; empty: it may run on
	Verdict       string             `json:"verdict,omitempty"` // of a run that is over
	Error         string             `json:"error,omitempty"`
	Results       *show.DeliveryJSON `json:"results,omitempty"` // what was fetched
}

func (h Halting) lines(results []stop.Result, fetched []show.Delivery) error {
	var failures []error
	for _, r := range results {
		line := lineJSON{FormatVersion: show.FormatVersion, Name: r.Name, ID: r.ID, Outcome: string(r.Outcome), Verdict: string(r.Judgement.Verdict)}
		if r.Err != nil {
			line.Error = r.Err.Error()
		}
		for _, d := range fetched {
			if d.ID == r.ID {
				delivery := d.JSON()
				line.Results = &delivery
			}
		}
		failures = append(failures, show.WriteLine(h.Screen.Out, line))
	}
	return errors.Join(failures...)
}

// interrupted says what goes on without us.
func (h Halting) interrupted(results []stop.Result) error {
	told, untold := 0, 0
	for _, r := range results {
		switch {
		case r.Outcome == stop.Asked:
			told++
		case r.Outcome == "":
			untold++
		}
	}
	fate := "all runs have ended"
	switch {
	case untold > 0:
		fate = fmt.Sprintf("%s may not have been told to stop", humanize.Plural(untold, "run"))
	case told > 0:
		fate = fmt.Sprintf("%s still ending, and the licenses stay in use until then", are(told))
	}
	h.Screen.Line(fmt.Sprintf("%s: interrupted; %s", options.Program, fate))
	h.Screen.Hint("run the same command again to wait for the end: no run is stopped twice")
	return exit.With(exit.Interrupted)
}

func are(n int) string {
	if n == 1 {
		return "1 run is"
	}
	return humanize.Plural(n, "run") + " are"
}

// worst is the code of apply for what became of the runs. What was over before counts
// only where nothing had to be stopped.
func worst(results []stop.Result) error {
	codes := make(map[exit.Code]bool)
	for _, mine := range []bool{true, false} {
		for _, r := range results {
			if mine == (r.Outcome == stop.Asked || r.Outcome == stop.Stopped) {
				codes[code(r)] = true
			}
		}
		for _, code := range []exit.Code{exit.Running, exit.JobFailed, exit.JobStopped} {
			if codes[code] {
				return exit.With(code)
			}
		}
	}
	return nil
}

func code(r stop.Result) exit.Code {
	switch {
	case r.Outcome == stop.Asked:
		return exit.Running
	case r.Judgement.Verdict == verdict.Stopped:
		return exit.JobStopped
	case r.Judgement.Verdict != "" && r.Judgement.Verdict != verdict.Succeeded:
		return exit.JobFailed
	}
	return exit.OK
}
