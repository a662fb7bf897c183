package review

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/spec"
)

// DifferenceError is one thing that is about to happen and was not reviewed.
type DifferenceError struct {
	What     string // a job, or what else differs
	Reviewed string // what the file says
	Now      string // what would happen
}

// Error shows both sides.
func (e *DifferenceError) Error() string {
	return fmt.Sprintf("%s: the reviewed plan says %s, now %s", e.What, e.Reviewed, e.Now)
}

// Review answers what a reviewed plan lets through.
type Review struct {
	plan   Plan
	jobs   map[once.Job]Job
	pruned map[Run]bool
}

// New prepares a reviewed plan for questions.
func New(reviewed Plan) *Review {
	r := &Review{plan: reviewed, jobs: make(map[once.Job]Job, len(reviewed.Jobs)), pruned: make(map[Run]bool)}
	for _, job := range reviewed.Jobs {
		r.jobs[job.name()] = job
	}
	for _, run := range reviewed.Prune {
		r.pruned[Run{Name: run.Name, Namespace: run.Namespace, ID: run.ID}] = true
	}
	return r
}

// Compare returns what would happen now and was not reviewed, in the order of the plan.
func (r *Review) Compare(now Plan) (list []*DifferenceError) {
	list = r.Place(now.Platform, now.Account)
	for _, job := range now.Jobs {
		if d := r.job(job); d != nil {
			list = append(list, d)
		}
	}
	for _, run := range now.Prune {
		if !r.pruned[Run{Name: run.Name, Namespace: run.Namespace, ID: run.ID}] {
			list = append(list, &DifferenceError{run.Name, "nothing of run " + run.ID, "it is stopped, as no manifest has the job any more"})
		}
	}
	return list
}

// Place compares where a plan is carried out, and for whom.
func (r *Review) Place(platform, account string) (list []*DifferenceError) {
	if r.plan.Platform != platform {
		list = append(list, &DifferenceError{"platform", r.plan.Platform, platform})
	}
	if r.plan.Account != account {
		list = append(list, &DifferenceError{"account", r.plan.Account, account})
	}
	return list
}

// Step returns an error when a step would submit or stop something that was not reviewed.
func (r *Review) Step(step planner.Step) error {
	if d := r.job(jobOf(&step)); d != nil {
		return d
	}
	return nil
}

// job compares one job; nil when it may go on.
func (r *Review) job(now Job) *DifferenceError {
	if !now.spends() {
		return nil
	}
	seen, known := r.jobs[now.name()]
	switch {
	case !known:
		return &DifferenceError{now.Name, "nothing of it", string(now.Action) + " " + short(now.Key)}
	case !seen.spends():
		return &DifferenceError{now.Name, string(seen.Action), string(now.Action) + " " + short(now.Key)}
	case seen.Key != now.Key:
		return &DifferenceError{now.Name, string(seen.Action) + " " + short(seen.Key), string(now.Action) + " " + short(now.Key)}
	case seen.Project != now.Project:
		return &DifferenceError{now.Name, project(seen.Project), project(now.Project)}
	}
	if d := dearer(seen, now); d != nil {
		return d
	}
	for _, run := range now.Stops {
		if !slices.ContainsFunc(seen.Stops, func(s Run) bool { return s.ID == run.ID }) {
			return &DifferenceError{now.Name, "nothing of run " + run.ID, "it is stopped first"}
		}
	}
	return nil
}

// short is a key without its name and most of its digest.
func short(text string) string {
	key, _ := once.ParseKey(text)
	return fmt.Sprintf("content %.10s, generation %d, attempt %d", key.Digest, key.Generation, key.Attempt)
}

// dearer returns what a run can take more than was reviewed. Where nothing bounds it as a
// whole, one attempt is compared, and what an hour costs. A price that was not known is
// none that was reviewed; without a walltime there is nothing that can rise.
func dearer(seen, now Job) *DifferenceError {
	const each = " per attempt"
	unpriced := seen.CoreHours != nil && seen.Cost == nil && now.Cost != nil
	switch {
	case rises(seen.MaxCost, now.MaxCost):
		return &DifferenceError{now.Name, bound(seen.MaxCost, "USD"), bound(now.MaxCost, "USD")}
	case rises(seen.CoreHours, now.CoreHours):
		return &DifferenceError{now.Name, bound(seen.CoreHours, "core-h"+each), bound(now.CoreHours, "core-h"+each)}
	case unpriced, rises(seen.Cost, now.Cost):
		return &DifferenceError{now.Name, bound(seen.Cost, "USD"+each), bound(now.Cost, "USD"+each)}
	case seen.Cost == nil && seen.Priority == spec.Economy && now.Priority != spec.Economy:
		return &DifferenceError{now.Name, "priority " + string(seen.Priority), "priority " + string(now.Priority)}
	}
	return nil
}

// rises reports whether a bound is higher now, or lost.
func rises(seen, now *float64) bool {
	return seen != nil && (now == nil || guard.Exceeds(*now, *seen))
}

func bound(amount *float64, unit string) string {
	if amount == nil {
		return "no bound in " + unit
	}
	return "at most " + strconv.FormatFloat(*amount, 'f', -1, 64) + " " + unit
}

func project(name string) string {
	if name == "" {
		return "no project"
	}
	return "project " + name
}
