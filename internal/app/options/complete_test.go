package options_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/options/cmdline"
)

// completer knows a few commands, and a job "heat" of the manifests that the line names.
func completer() options.Completer {
	do := func(context.Context, options.Call) error { return nil }
	var manifests options.Manifests
	output := options.Formats("text", "json")
	var to, name string
	var wait int
	return options.Completer{
		Commands: []options.Command{
			{Name: "apply", Usage: "do it", Do: do, Concerns: []options.Concern{&manifests, options.Flags{{Name: "profile", Into: &name, Complete: "PROFILE", Usage: "section `NAME`"}}}},
			{Name: "logs", Usage: "show logs", Do: do, Args: "JOB [FILE ...]", Concerns: []options.Concern{&manifests, &output}},
			{Name: "stop", Usage: "stop jobs", Do: do, Args: "JOB|FILE ..."},
			{Name: "init", Usage: "begin", Do: do, Args: "[NAME]", Complete: "sweep|chain", Concerns: []options.Concern{options.Flags{
				{Name: "to", Alias: "t", Into: &to, Usage: "`FOLDER` to write to"}, {Name: "wait", Into: &wait, Usage: "`N` times"},
			}}},
			{Name: "state", Usage: "look", Group: []options.Command{
				{Name: "list", Usage: "list it", Do: do, Concerns: []options.Concern{&output}}, {Name: "rm", Usage: "forget", Do: do, Args: "JOB"},
			}},
			{Name: "help", Usage: "help", Do: do, Args: "[COMMAND ... | TOPIC]"},
		},
		Words: map[string]options.Words{
			"JOB": func(p options.Place) (list []cmdline.Candidate) {
				for _, file := range p.Manifests.Files {
					list = append(list, cmdline.Candidate{Value: "heat", Usage: file})
				}
				return list
			},
			"TOPIC": func(options.Place) []cmdline.Candidate { return []cmdline.Candidate{{Value: "forks"}} },
		},
	}
}

func TestComplete(t *testing.T) {
	t.Parallel()
	files := cmdline.AnyFile()
	heat := cmdline.Candidate{Value: "heat", Usage: "job.yaml"}
	for name, tc := range map[string]struct {
		done []string
		last string
		want []cmdline.Candidate
	}{
		"commands, with what they do":    {nil, "st", []cmdline.Candidate{{Value: "stop", Usage: "stop jobs"}, {Value: "state", Usage: "look"}}},
		"commands after flags":           {[]string{"-f", "job.yaml"}, "lo", []cmdline.Candidate{{Value: "logs", Usage: "show logs"}}},
		"a command in a group":           {[]string{"state"}, "l", []cmdline.Candidate{{Value: "list", Usage: "list it"}}},
		"no such command":                {[]string{"lgos"}, "", nil},
		"the first argument":             {[]string{"logs", "-f", "job.yaml"}, "", []cmdline.Candidate{heat}},
		"the second argument":            {[]string{"logs", "heat", "-f", "job.yaml"}, "", []cmdline.Candidate{files}},
		"one of many arguments":          {[]string{"logs", "heat", "a", "b"}, "c", []cmdline.Candidate{files}},
		"names or files":                 {[]string{"stop", "-f=job.yaml", "a"}, "", []cmdline.Candidate{heat, files}},
		"names, another word begun":      {[]string{"stop", "-f=job.yaml"}, "x", []cmdline.Candidate{files}},
		"no argument":                    {[]string{"state", "list"}, "", nil},
		"more arguments than there are":  {[]string{"state", "rm", "heat", "-f", "job.yaml"}, "", nil},
		"words of the command's own":     {[]string{"init"}, "s", []cmdline.Candidate{{Value: "sweep"}}},
		"flags":                          {[]string{"init"}, "-", []cmdline.Candidate{{Value: "-t", Usage: "FOLDER to write to"}, {Value: "--to", Usage: "FOLDER to write to"}, {Value: "--wait", Usage: "N times"}, {Value: "--help", Usage: "show the flags of the command"}}},
		"a flag that is there":           {[]string{"init", "-t", "x"}, "--to", nil},
		"a flag that may be repeated":    {[]string{"-f", "x"}, "--fi", []cmdline.Candidate{{Value: "--filename", Usage: "manifest FILE, folder or pattern; - reads standard input; may be repeated"}}},
		"a flag without a command":       {nil, "--prof", []cmdline.Candidate{{Value: "--profile", Usage: "section NAME"}}},
		"a value of fixed words":         {[]string{"logs", "-o"}, "j", []cmdline.Candidate{{Value: "json"}}},
		"a value behind a sign":          {[]string{"logs"}, "--output=j", []cmdline.Candidate{{Value: "--output=json"}}},
		"a file":                         {[]string{"logs", "-f"}, "a", []cmdline.Candidate{files}},
		"a file behind a sign":           {[]string{"init"}, "--to=a", []cmdline.Candidate{files}},
		"a value that looks like a flag": {[]string{"-f", "job.yaml", "logs", "--target", "-o"}, "", []cmdline.Candidate{heat}},
		"a number":                       {[]string{"init", "--wait"}, "", nil},
		"words that nobody knows":        {[]string{"--profile"}, "", nil},
		"a flag that nobody knows":       {[]string{"logs"}, "--nothing=", nil},
		"only arguments":                 {[]string{"logs", "-f", "job.yaml", "--"}, "", []cmdline.Candidate{heat}},
		"no command after --":            {[]string{"--"}, "", nil},
		"help":                           {[]string{"help"}, "", []cmdline.Candidate{{Value: "apply", Usage: "do it"}, {Value: "logs", Usage: "show logs"}, {Value: "stop", Usage: "stop jobs"}, {Value: "init", Usage: "begin"}, {Value: "state", Usage: "look"}, {Value: "help", Usage: "help"}, {Value: "forks"}}},
		"help of a group":                {[]string{"help", "state"}, "r", []cmdline.Candidate{{Value: "rm", Usage: "forget"}}},
		"help of nothing":                {[]string{"help", "forks"}, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, completer().Complete(tc.done, tc.last)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
