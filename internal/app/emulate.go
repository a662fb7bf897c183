package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/internal/app/cmdline"
	"github.com/rescale-apply/rescale-apply/internal/app/local"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/content/written"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

func (t *tool) emulateCommand() *cli.Command {
	return &cli.Command{
		Name:      "emulate",
		Usage:     "serve a local platform to any client, until interrupted",
		UsageText: "rescale-apply emulate\n   rescale-apply emulate --listen 127.0.0.1:8099 --key secret --data /tmp/rescale --speed 10\n   rescale-apply emulate --catalog mine.json --trash --refuse-deletes 403,2 --cut-names 40 --skew 2s --seed 7",
		Flags: join([]cli.Flag{
			&cli.StringFlag{Name: "listen", Value: "127.0.0.1:8099", Usage: "`ADDRESS` to listen on; port 0 takes a free one"},
			&cli.StringSliceFlag{Name: "host", Usage: "answer also to the host `NAME`, besides localhost and addresses; may be repeated"},
			&cli.StringFlag{Name: "key", Usage: "API `KEY` to accept (default: a random one, kept in the data folder)"},
			&cli.StringFlag{Name: "data", Value: filepath.Join(".rescale", "emulator"), Usage: "`FOLDER` for files and jobs"},
			&cli.Float64Flag{Name: "speed", Usage: "platform seconds per real second: `N`; walltimes shrink with it; 0: status changes take no time, walltimes are real"},
			&cli.StringSliceFlag{Name: "catalog", Usage: "offer what the API's answers for analyses and coretypes in `FILE` name; may be repeated"},
			&cli.BoolFlag{Name: "throttle", Usage: "answer 429 above the platform's documented request limits"},
			&cli.BoolFlag{Name: "allow-remote", Usage: "listen on an address that other machines can reach: they can run commands here"},
		}, troubleFlags(), outputFlags("text", "json")),
		Action: t.emulate,
	}
}

// troubleFlags call up what a client has to bear with and seldom meets.
func troubleFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "refuse-deletes", Usage: "answer `STATUS` to every delete of a draft, or as 403,2 to the first two of each"},
		&cli.BoolFlag{Name: "trash", Usage: "go on answering GET for deleted jobs, which no list shows"},
		&cli.IntFlag{Name: "cut-names", Usage: "cut names of jobs to `N` characters; 0: keep them whole"},
		&cli.BoolFlag{Name: "whole-seconds", Usage: "show dateInserted in whole seconds"},
		&cli.DurationFlag{Name: "skew", Usage: "let dateInserted be off by up to `TIME`, such as 2s, to both sides"},
		&cli.Uint64Flag{Name: "seed", Usage: "choose other skews: `N`"},
	}
}

func troubles(c *cli.Context) (emulator.Switches, error) {
	out := emulator.Switches{
		Trash: c.Bool("trash"), NameLimit: c.Int("cut-names"), WholeSeconds: c.Bool("whole-seconds"),
	}
	if limit := c.Duration("skew"); limit > 0 {
		out.Skew = emulator.SeededSkew(limit, c.Uint64("seed"))
	}
	if text := c.String("refuse-deletes"); text != "" {
		var err error
		if out.DraftDeletes, err = emulator.ParseRefusal(text); err != nil {
			return out, cmdline.Usage(fmt.Sprintf("--refuse-deletes %s: %v", text, err), "write it as 403, or as 403,2")
		}
	}
	return out, nil
}

func (t *tool) emulate(c *cli.Context) error {
	output, err := format(c, "text", "json")
	if err == nil {
		err = errors.Join(noArguments(c), positive(c, "speed", "cut-names", "skew"))
	}
	if err != nil {
		return err
	}
	switches, err := troubles(c)
	if err != nil {
		return err
	}
	if err := t.checkAddress(c); err != nil {
		return err
	}
	config, err := local.Config(c.String("data"), t.Environ)
	if err != nil {
		return err
	}
	key, err := local.Key(c.String("data"), c.String("key"))
	if err != nil {
		return fmt.Errorf("opening the data folder: %w", err)
	}
	config.Accounts[0].Key = key
	config.Speed, config.Hosts = c.Float64("speed"), c.StringSlice("host")
	config.Switches, config.CatalogFiles = switches, c.StringSlice("catalog")
	if c.Bool("throttle") {
		config.Throttle = emulator.PlatformLimits()
	}
	server, err := emulator.Open(config)
	var unreadable *emulator.CatalogError
	if errors.As(err, &unreadable) {
		return cmdline.Usage(unreadable.Error(), "save the answers to GET /api/v2/analyses/?page_size=1000 and GET /api/v2/coretypes/?page_size=1000 in it")
	}
	if err != nil {
		return fmt.Errorf("opening the data folder: %w", err)
	}
	if err := t.claimData(c.Context, c.String("data")); err != nil {
		return errors.Join(fmt.Errorf("listing what is kept in the data folder: %w", err), server.Close())
	}
	listener, err := new(net.ListenConfig).Listen(c.Context, "tcp", c.String("listen"))
	if err != nil {
		return errors.Join(fmt.Errorf("listening: %w", err), server.Close())
	}
	if err := t.announce(output, "http://"+listener.Addr().String(), key); err != nil {
		return errors.Join(err, server.Close())
	}
	return serve(c.Context, server, listener)
}

// claimData lists what the emulator keeps as no input of a pattern.
func (t *tool) claimData(ctx context.Context, folder string) error {
	return written.Claim(ctx, folder, written.Claimed(written.Emulator, append(emulator.Holdings(), local.KeyFile)...))
}

// checkAddress keeps the emulator on this machine: whoever can reach it with the
// key can run commands.
func (t *tool) checkAddress(c *cli.Context) error {
	host, _, err := net.SplitHostPort(c.String("listen"))
	if err != nil {
		return cmdline.Usage(fmt.Sprintf("--listen %s: %v", c.String("listen"), err), "write it as 127.0.0.1:8099")
	}
	ip := net.ParseIP(host)
	if host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	if !c.Bool("allow-remote") {
		return cmdline.Usage(
			fmt.Sprintf("--listen %s can be reached from other machines, and whoever has the key can run commands here", c.String("listen")),
			"use 127.0.0.1, or add --allow-remote if you mean it",
		)
	}
	fmt.Fprintf(t.Stderr, "warning: other machines can reach this emulator; whoever has the key can run commands as you\n")
	return nil
}

func (t *tool) announce(output, url, key string) error {
	t.clean.stdout.Hide(nil) // the key is what this is for
	if output == "json" {
		return show.WriteLine(t.Stdout, struct {
			FormatVersion int    `json:"formatVersion"`
			URL           string `json:"url"`
			Key           string `json:"key"`
		}{show.FormatVersion, url, key})
	}
	lines := []string{
		"export RESCALE_API_URL=" + url,
		"export RESCALE_API_KEY=" + key,
		"# serving; stop with Ctrl-C",
	}
	_, err := fmt.Fprintln(t.Stdout, strings.Join(lines, "\n"))
	return err
}

// serve ends cleanly when ctx does: that is how a person ends an emulator.
func serve(ctx context.Context, server *emulator.Server, listener net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return errors.Join(err, server.Close())
	case <-ctx.Done():
		if err := errors.Join(server.Close(), <-served); err != nil {
			return err
		}
		return codeError(ExitOK)
	}
}
