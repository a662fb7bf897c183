package app

import (
	"context"
	"fmt"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/internal/app/ending"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
)

// watchOptions say what to watch.
type watchOptions struct {
	options.Scope
	waiting options.Waiting
	lastLog bool
	output  options.Output
}

func (t *tool) watchVerb() options.Command {
	o := watchOptions{output: options.Formats("text", "json")}
	o.MayAssume = true
	return options.Command{
		Name:     "watch",
		Usage:    "watch jobs that run until they have ended, as apply does; sends GET requests only",
		Args:     "[NAME | ID ...]",
		Examples: []string{"rescale-apply watch", "rescale-apply watch -f job.yaml 'airfoil/*'", "rescale-apply watch QwErTy --timeout 2h"},
		Concerns: []options.Concern{
			&o.Manifests,
			options.Flags(o.waiting.Looking()), logFlag(&o.lastLog),
			&o.Platform, &o.output,
		},
		Do: func(ctx context.Context, call options.Call) error {
			return t.subjects(ctx, naming{scope: o.Scope, words: call.Args, all: true}, func(s *session, list []subject) error {
				return t.watch(ctx, s, o, list)
			})
		},
	}
}

// logFlag is the flag of commands that show jobs live.
func logFlag(into *bool) options.Concern {
	return options.Flags{{Name: "log", Into: into, Usage: "of one job, also show the last line of its log, on a terminal"}}
}

func (t *tool) watch(ctx context.Context, s *session, o watchOptions, list []subject) error {
	targets, known, err := s.targets(ctx, list)
	if err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, o.waiting.Timeout)
	defer cancel()
	live := show.Screen{Style: s.style(true)}
	for _, target := range targets {
		live.Order = append(live.Order, target.Name)
	}
	last := s.lastLine(ctx, o.output.Format, o.lastLog && len(targets) == 1)
	defer last.Close()
	live.Log = last.Of()
	watcher := t.Watch(o.output.Format, live)
	defer watcher.Close()
	observer := executor.Observer{
		Platform: s.Platform, Interval: o.waiting.Every(s.Platform.Local), Notify: last.Through(watcher.Event), Redact: s.Platform.Redact,
		Judge: s.checks(known),
	}
	report := observer.Watch(ctx, targets)
	watcher.Close()
	if !o.output.JSON() {
		fmt.Fprintln(t.Out, show.Watched(report))
	}
	return ending.Ending{Report: report, Alone: s.Alone()}.Conclude(ctx, t.Screen)
}
