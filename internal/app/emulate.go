package app

import (
	"context"
	"fmt"

	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/serve"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
)

func (t *tool) emulateVerb() options.Command {
	o, output := serve.Defaults(), options.Formats("text", "json")
	return options.Command{
		Name:  "emulate",
		Part:  "Without an account",
		Usage: "serve a local platform to any client, until interrupted",
		Examples: []string{
			"rescale-apply emulate",
			"rescale-apply emulate --listen 127.0.0.1:8099 --key secret --data /tmp/rescale --speed 10",
			"rescale-apply emulate --catalog mine.json --trash --refuse-deletes 403,2 --cut-names 40 --skew 2s --seed 7",
		},
		Effect:   options.Changes,
		Concerns: []options.Concern{&o, &output},
		Do:       func(ctx context.Context, _ options.Call) error { return t.emulate(ctx, o, output) },
	}
}

func (t *tool) emulate(ctx context.Context, o serve.Options, output options.Output) error {
	err := serve.Run(ctx, o, t.env.Environ, func(url, key string) error {
		if o.Reachable() {
			t.Warn("other machines can reach this emulator; whoever has the key can run commands as you")
		}
		return t.announce(output, url, key)
	})
	if err == nil && ctx.Err() != nil {
		return exit.With(exit.OK)
	}
	return err
}

// announce says where the emulator is, and its key, which is what this is for.
func (t *tool) announce(output options.Output, url, key string) error {
	t.ShowSecrets()
	if output.JSON() {
		return show.WriteLine(t.Out, struct {
			FormatVersion int    `json:"formatVersion"`
			URL           string `json:"url"`
			Key           string `json:"key"`
		}{show.FormatVersion, url, key})
	}
	_, err := fmt.Fprintf(t.Out, "export RESCALE_API_URL=%s\nexport RESCALE_API_KEY=%s\n# serving; stop with Ctrl-C\n", url, key)
	return err
}
