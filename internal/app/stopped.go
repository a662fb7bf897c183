package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/executor/stop"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/fetch"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// active are the subjects whose run is not over. One that was named and is not there is
// an error; of all jobs of a manifest, those without a run are left out.
func (s *session) active(ctx context.Context, list []subject, all bool) (active []subject, err error) {
	if !all {
		if list, err = thatRan(list); err != nil {
			return nil, err
		}
	}
	for _, x := range list {
		if x.ID == "" {
			continue
		}
		history, err := s.Platform.Statuses(ctx, x.ID)
		if err != nil {
			return nil, unknown(s, x, err)
		}
		if _, over := verdict.Judge(history); len(history) > 0 && !over {
			active = append(active, x)
		}
	}
	return active, nil
}

// unprotected refuses what would touch the run of a protected job.
func (s *session) unprotected(list []subject, what string) error {
	var refused diag.List
	for _, x := range list {
		if x.Job != nil && x.Job.Protected.V {
			refused = append(refused, guard.Protected(x.Name, x.Job.Protected.Pos, "run "+x.ID+" "+what))
		}
	}
	return s.Forbidden(refused)
}

// described names a few subjects with their runs.
func described(list []subject) string {
	var words []string
	for i, x := range list {
		if i == 5 {
			words = append(words, fmt.Sprintf("and %d more", len(list)-i))
			break
		}
		words = append(words, x.word())
	}
	return strings.Join(words, ", ")
}

// word is the name with the id, where the two differ.
func (x subject) word() string {
	if x.Name == x.ID {
		return x.ID
	}
	return fmt.Sprintf("%s (%s)", x.Name, x.ID)
}

// stops are the runs of subjects.
func stops(list []subject) (runs []stop.Run) {
	for _, x := range list {
		if x.ID == "" {
			continue
		}
		run := stop.Run{Name: x.Name, ID: x.ID}
		if x.Job != nil {
			run.Protected = x.Job.Protected
		}
		runs = append(runs, run)
	}
	return runs
}

func progress(p stop.Progress) string {
	if p.Err != nil {
		return fmt.Sprintf("%s: %v", p.Step, p.Err)
	}
	return string(p.Step)
}

// stopping is what was asked for and what became of it.
type stopping struct {
	list    []subject
	results []stop.Result
}

// stopped shows what became of runs, fetches what is wanted of those that were stopped,
// and ends with the worst code.
func (t *tool) stopped(ctx context.Context, s *session, o stopOptions, done stopping) error {
	var rows [][]string
	var failures []error
	ended := make(map[string]bool)
	codes := make(map[exit.Code]bool)
	for _, r := range done.results {
		if r.Err != nil {
			failures = append(failures, fmt.Errorf("stopping %s: %w", r.Name, s.Connection.Refused(r.Err)))
		}
		codes[code(r)] = true
		ended[r.ID] = r.Outcome == stop.Stopped
		rows = append(rows, []string{r.Name, r.ID, outcome(r)})
		if o.output.JSON() {
			failures = append(failures, show.WriteLine(t.Out, stopJSON{show.FormatVersion, r.Name, r.ID, string(r.Outcome), string(r.Judgement.Verdict)}))
		}
	}
	if !o.output.JSON() {
		show.Table(t.Out, rows)
	}
	if err := t.fetchStopped(ctx, s, done.list, ended, o.output.Format); err != nil {
		failures = append(failures, err)
	}
	if err := errors.Join(failures...); err != nil {
		return err
	}
	for _, worst := range []exit.Code{exit.JobFailed, exit.JobStopped, exit.Running} {
		if codes[worst] {
			return exit.With(worst)
		}
	}
	return nil
}

// stopJSON is one line of stop -o json.
type stopJSON struct {
	FormatVersion int    `json:"formatVersion"`
	Name          string `json:"name"`
	ID            string `json:"id"`
	Outcome       string `json:"outcome"` // stopped, asked, over, draft or gone
	Verdict       string `json:"verdict,omitempty"`
}

// code is that of apply for a run, as far as stop has seen it.
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

func outcome(r stop.Result) string {
	switch r.Outcome {
	case stop.Draft:
		return "is a draft: there is nothing to stop"
	case stop.Gone:
		return "is not on the platform any more"
	case stop.Over:
		return "was over already: " + string(r.Judgement.Verdict)
	case stop.Asked:
		return "was told to stop; its licences stay in use until it has ended"
	case stop.Stopped:
		return "stopped"
	}
	return "may run on"
}

// fetchStopped fetches the results of runs that were stopped, where their manifest wants
// those of runs that did not succeed.
func (t *tool) fetchStopped(ctx context.Context, s *session, list []subject, ended map[string]bool, format string) error {
	var orders []fetch.Order
	for _, x := range list {
		if ended[x.ID] && x.Job != nil && x.Job.Outputs.OnFailure.V {
			wish := fetch.Defaults().OfJob(*x.Job, 0)
			orders = append(orders, fetch.Order{Name: x.Name, ID: x.ID, Wish: wish, Run: x.Run})
		}
	}
	if len(orders) == 0 {
		return nil
	}
	clerk := fetch.Clerk{Screen: t.Screen, From: s.Connection, Parallel: fetch.Defaults().Parallel, Format: format}
	return clerk.Deliver(ctx, orders, func(_ fetch.Order, err error) error { return err })
}
