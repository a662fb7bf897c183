// Package fold puts what a plan says of many points of a matrix into one line, where it
// says the same of all of them. What a person must look at, point by point, is not folded.
package fold

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// Line is one line of a plan.
type Line struct {
	Name   string // of the job, or of the matrix
	Action planner.Action
	Why    string
	Steps  []*planner.Step // that it speaks of, at least one
}

// Folded is a line that stands for several points.
func (l Line) Folded() bool { return len(l.Steps) > 1 }

// Few is how many equal points are still shown one by one: they can be read at a glance,
// and their names say more than their number.
const Few = 5

// Wishes say how a plan is folded.
type Wishes struct {
	Full bool // nothing is
	Free bool // runs cost nothing, so that what they cost tells no points apart
}

// Lines gives the lines of a plan, each where its first step stands.
func Lines(plan planner.Plan, wishes Wishes) []Line {
	all := sort(plan, wishes)
	var lines []Line
	for i := range plan.Steps {
		step := &plan.Steps[i]
		group := all.of[step]
		switch {
		case group == nil || len(group.steps) <= Few:
			lines = append(lines, Line{step.Job.Name, step.Action, strings.Join(step.Reasons, ", "), []*planner.Step{step}})
		case group.steps[0] == step:
			why := fmt.Sprintf("%d of %s", len(group.steps), humanize.Plural(all.points[group.family], "point"))
			for _, words := range []string{group.why(), all.price(group)} {
				if words != "" {
					why += ", " + words
				}
			}
			lines = append(lines, Line{group.family, step.Action, why, group.steps})
		}
	}
	return lines
}

// likeness is what the steps of a group have in common.
type likeness struct {
	family string
	action planner.Action
	words  string // their reasons, without what is another in each
}

// group is steps that a plan says the same of, and that cost the same.
type group struct {
	likeness
	cost  resolver.Estimate
	steps []*planner.Step
}

// sorted is the steps of a plan by what it says of them.
type sorted struct {
	of     map[*planner.Step]*group // of those that may be folded
	prices map[likeness]int         // groups that differ in nothing but their cost
	points map[string]int           // of each matrix
}

func sort(plan planner.Plan, wishes Wishes) sorted {
	type key struct {
		likeness
		cost resolver.Estimate
	}
	all := sorted{make(map[*planner.Step]*group), make(map[likeness]int), make(map[string]int)}
	groups := make(map[key]*group)
	for i := range plan.Steps {
		step := &plan.Steps[i]
		family, _, swept := strings.Cut(step.Job.Name, "/") // a name in a manifest has none
		all.points[family]++
		if !swept || wishes.Full || alone(*step) {
			continue
		}
		k := key{likeness: likeness{family, step.Action, words(*step)}}
		if step.Spends() && !wishes.Free {
			k.cost = step.Job.Estimate
		}
		if groups[k] == nil {
			groups[k] = &group{likeness: k.likeness, cost: k.cost}
			all.prices[k.likeness]++
		}
		groups[k].steps = append(groups[k].steps, step)
		all.of[step] = groups[k]
	}
	return all
}

// alone is a step that has its line for itself: a person must decide about it, or it ends
// or repeats a run that was paid, or it did not succeed and stays that way.
func alone(step planner.Step) bool {
	switch step.Action {
	case planner.Refused, planner.Conflict:
		return true
	case planner.Unchanged, planner.Fetch, planner.Judge:
		return step.Last.Verdict != "" && step.Last.Verdict != string(verdict.Succeeded)
	case planner.Run, planner.Rerun, planner.Resume, planner.Running, planner.Blocked, planner.Withheld:
	}
	return step.Replaces || len(step.Stop) > 0
}

// hashes are those of a file that changed, and its size.
var hashes = regexp.MustCompile(` \([0-9a-f]+ → [0-9a-f]+, [^()]*\)`)

// words are the reasons of a step without the ids of its runs and the hashes of its
// files, which are others in each point.
func words(step planner.Step) string {
	text := hashes.ReplaceAllString(strings.Join(step.Reasons, ", "), "")
	for _, id := range []string{step.ID, step.Last.ID} {
		if id != "" {
			text = strings.ReplaceAll(strings.ReplaceAll(text, " as "+id, ""), " "+id, "")
		}
	}
	return text
}

// why is what all reasons are when they are the same to the letter, or else what they
// have in common.
func (g *group) why() string {
	first := strings.Join(g.steps[0].Reasons, ", ")
	for _, step := range g.steps[1:] {
		if strings.Join(step.Reasons, ", ") != first {
			return g.words
		}
	}
	return first
}

// price is what each run of a group can cost, where nothing else tells it from another
// group.
func (s sorted) price(g *group) string {
	if s.prices[g.likeness] < 2 {
		return ""
	}
	hours := humanize.CoreHours(g.cost.CoreHours)
	switch {
	case !g.cost.Bounded:
		return "without an upper bound of the cost"
	case g.cost.Rate == 0:
		return "at most " + hours + " each, price unknown"
	case g.cost.PerAttempt:
		return fmt.Sprintf("at most %s, %s each per attempt", hours, guard.AtMost(g.cost.Cost))
	}
	return fmt.Sprintf("at most %s, %s each", hours, guard.AtMost(g.cost.Cost))
}
