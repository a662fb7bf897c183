package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/options/cmdline"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

func (t *tool) completionVerb() options.Command {
	return options.Command{
		Name:  "completion",
		Part:  "Other",
		Usage: "print a completion script for a shell",
		Args:  strings.Join(cmdline.Shells(), "|"),
		Examples: []string{
			`eval "$(rescale-apply completion bash)"`,
			"rescale-apply completion zsh > \"${fpath[1]}/_rescale-apply\"",
			"rescale-apply completion fish | source",
			"rescale-apply completion powershell | Out-String | Invoke-Expression",
		},
		Do: func(_ context.Context, call options.Call) error { return t.completion(call.Args) },
	}
}

func (t *tool) completion(words []string) error {
	if len(words) != 1 || !slices.Contains(cmdline.Shells(), words[0]) {
		return options.Usage(fmt.Sprintf("no completion for %q", strings.Join(words, " ")), diag.DidYouMean(strings.Join(words[:min(1, len(words))], ""), cmdline.Shells()))
	}
	_, err := t.Out.Write(cmdline.Script(words[0]))
	return err
}
