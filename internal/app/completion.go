package app

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/internal/app/cmdline"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

func (t *tool) completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print a completion script for a shell",
		ArgsUsage: strings.Join(cmdline.Shells(), "|"),
		UsageText: "source <(rescale-apply completion bash)\n   rescale-apply completion zsh > \"${fpath[1]}/_rescale-apply\"\n   rescale-apply completion fish | source\n   rescale-apply completion powershell | Out-String | Invoke-Expression",
		Action:    t.completion,
	}
}

func (t *tool) completion(c *cli.Context) error {
	shell := c.Args().First()
	if c.NArg() != 1 || !slices.Contains(cmdline.Shells(), shell) {
		return cmdline.Usage(fmt.Sprintf("no completion for %q", strings.Join(c.Args().Slice(), " ")), diag.DidYouMean(shell, cmdline.Shells()))
	}
	_, err := t.Stdout.Write(cmdline.Script(shell))
	return err
}
