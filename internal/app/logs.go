package app

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"

	"github.com/rescale-apply/rescale-apply/executor/logs"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/reading"
)

// logsOptions say which log, and how much of it.
type logsOptions struct {
	options.Scope
	log    logs.Log
	follow bool
	list   bool
	output options.Output
}

func (t *tool) logsVerb() options.Command {
	o := logsOptions{output: options.Formats("text", "json")}
	o.MayAssume = true
	return options.Command{
		Name:     "logs",
		Usage:    "show what a job prints, also while it runs",
		Args:     "NAME | ID ...",
		Examples: []string{"rescale-apply logs heat", "rescale-apply logs -f job.yaml heat --follow", "rescale-apply logs QwErTy --file residuals.csv --tail 20", "rescale-apply logs heat --list"},
		Concerns: []options.Concern{
			&o.Manifests,
			options.Flags{
				{Name: "follow", Into: &o.follow, Usage: "show what is added until the job has ended; the exit code is that of apply"},
				{Name: "file", Into: &o.log.File, Default: "process_output.log", Usage: "another `PATH` in the work folder"},
				{Name: "tail", Into: &o.log.Tail, Default: "all", Usage: "only the last `N` lines; 0: all"},
				{Name: "list", Into: &o.list, Usage: "show which files there are"},
				{Name: "run", Into: &o.log.Run, Default: "1", Usage: "of a job with several runs: run `N`"},
				{Name: "poll-interval", Into: &o.log.Interval, Default: "15s, for a platform on this machine 0.1s", Usage: "`TIME` between two looks"},
			},
			&o.Platform, &o.output,
		},
		Do: func(ctx context.Context, call options.Call) error { return t.logs(ctx, o, call.Args) },
	}
}

func (t *tool) logs(ctx context.Context, o logsOptions, words []string) error {
	if o.log.File != "" {
		o.log.File = path.Clean(filepath.ToSlash(o.log.File))
	}
	switch {
	case o.follow && o.list:
		return options.Usage("--follow and --list exclude each other", "leave one of the two out")
	case o.follow && len(words) > 1:
		return options.Usage("--follow is for the log of one job", "name one of them, such as "+words[0])
	}
	return t.subjects(ctx, naming{scope: o.Scope, words: words}, func(s *session, list []subject) error {
		ran, err := thatRan(list)
		if o.follow && len(ran) > 1 {
			return options.Usage(fmt.Sprintf("--follow is for the log of one job, and %d are meant", len(ran)), "name one of them, such as "+ran[0].Name)
		}
		if o.log.Interval == 0 && s.Platform.Local() {
			o.log.Interval = options.Waiting{}.Every(s.Platform.Local)
		}
		reader := reading.Reader{Screen: t.Screen, From: s.Connection, Log: o.log, JSON: o.output.JSON(), Several: len(list) > 1}
		for _, x := range ran {
			why := reader.Show(ctx, x.job(), reading.Wish{Follow: o.follow, List: o.list})
			if why != nil && !reading.Own(why) {
				return unknown(s, x, why)
			}
			if why != nil {
				err = errors.Join(err, unknown(s, x, why))
			}
		}
		return err
	})
}
