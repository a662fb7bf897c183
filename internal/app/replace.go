package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/internal/app/cmdline"
)

// wishes are what the flags want of a plan.
func (m manifest) wishes(c *cli.Context) (planner.Options, error) {
	options := planner.Options{
		After: make(map[string]string), Failed: c.Bool("replace-failed"), NoReuse: c.Bool("no-reuse"),
		NoFetch: c.Bool("no-download"), Command: typed(c),
	}
	if c.Bool("replace-running") {
		options.Rivals = planner.StopRivals
	}
	replace := make(map[string]bool)
	for _, word := range c.StringSlice("replace") {
		name, id := m.replacement(word)
		jobs, err := called(m.jobs, []string{name}, "--replace ")
		switch {
		case err != nil:
			return options, err
		case id == "":
			maps.Copy(replace, jobs)
			continue
		case len(jobs) > 1:
			return options, cmdline.Usage(fmt.Sprintf("--replace %s: %d jobs cannot all be after one run", word, len(jobs)), "name one job: --replace NAME="+id)
		}
		for job := range jobs {
			options.After[job] = id
		}
	}
	options.Replace = slices.Sorted(maps.Keys(replace))
	return options, nil
}

// replacement takes NAME or NAME=ID apart. Names of points have equals signs of their
// own, so that what is a name as a whole is one.
func (m manifest) replacement(word string) (name, id string) {
	at := strings.LastIndexByte(word, '=')
	if at < 0 || slices.Contains(jobNames(m.jobs), word) {
		return word, ""
	}
	return word[:at], word[at+1:]
}

// repeatable refuses what would pay again each time it is run where nobody looks: a
// pipeline is run again with a button. The hint is the command that pays once.
func (t *tool) repeatable(c *cli.Context, plan planner.Plan) error {
	var bare, pattern string
	for _, word := range c.StringSlice("replace") {
		if strings.ContainsAny(word, "*?[") {
			pattern = word
		} else if !strings.Contains(word, "=") || planned(plan, word) {
			bare = word
		}
	}
	switch terminal := t.Screen.Stderr; {
	case bare != "" && t.Getenv("CI") != "":
		return again(c, plan, fmt.Sprintf("--replace %s pays again each time it is given, and a pipeline may run twice (CI is set)", bare))
	case pattern != "" && !terminal:
		return again(c, plan, fmt.Sprintf("--replace %s pays again each time it is given, and no terminal is here", pattern))
	case c.Bool("replace-failed") && !terminal:
		return again(c, plan, "--replace-failed pays again each time a run fails, and no terminal is here")
	}
	return nil
}

// paysAgain tells that the command starts another run each time it is given.
func (m manifest) paysAgain(c *cli.Context) bool {
	return c.Bool("replace-failed") || slices.ContainsFunc(c.StringSlice("replace"), func(word string) bool {
		_, id := m.replacement(word)
		return id == ""
	})
}

// planned tells that a word is the name of a job as a whole.
func planned(plan planner.Plan, word string) bool {
	return slices.ContainsFunc(plan.Steps, func(s planner.Step) bool { return s.Job.Name == word })
}

// again refuses a command and gives the one that pays once.
func again(c *cli.Context, plan planner.Plan, why string) error {
	var runs []planner.Rival
	for _, step := range plan.Steps {
		if step.Replaces && step.Last.ID != "" {
			runs = append(runs, planner.Rival{ID: step.Last.ID, Key: step.Key.String()})
		}
	}
	if len(runs) == 0 {
		return cmdline.Usage(why, "leave it out: no job has a run that it would follow; the form that pays once is --replace NAME=ID")
	}
	return cmdline.Usage(why, planner.Again(typed(c), runs...))
}

// typed is how this tool was called, without what a hint adds itself: a command that
// can be pasted.
func typed(c *cli.Context) string {
	words := []string{programName}
	for _, flag := range []string{"filename", "var-file", "var"} {
		for _, value := range c.StringSlice(flag) {
			name := "--" + flag
			if flag == "filename" {
				name = "-f"
			}
			words = append(words, name, planner.Quote(value))
		}
	}
	for _, flag := range []string{"recursive", "local"} {
		if c.Bool(flag) {
			words = append(words, "--"+flag)
		}
	}
	for _, flag := range []string{"profile", "api-url", "token-file", "state"} {
		if value := c.String(flag); value != "" {
			words = append(words, "--"+flag, planner.Quote(value))
		}
	}
	return strings.Join(words, " ")
}
