// Package serve runs the embedded platform for any client, until it is interrupted.
package serve

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/rescale-apply/rescale-apply/internal/app/local"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/content/written"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

// Run opens the platform, says where it is and with which key, and serves it until ctx
// ends. Environ is the environment of the commands that jobs run.
func Run(ctx context.Context, o Options, environ []string, ready func(url, key string) error) error {
	if err := o.checkAddress(); err != nil {
		return err
	}
	server, key, err := o.open(environ)
	if err != nil {
		return err
	}
	if err := claimData(ctx, o.data); err != nil {
		return errors.Join(fmt.Errorf("listing what is kept in the data folder: %w", err), server.Close())
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.listen)
	if err != nil {
		return errors.Join(fmt.Errorf("listening: %w", err), server.Close())
	}
	if err := ready("http://"+listener.Addr().String(), key); err != nil {
		return errors.Join(err, server.Close())
	}
	return serve(ctx, server, listener)
}

func (o Options) open(environ []string) (server *emulator.Server, key string, err error) {
	config, err := local.Config(o.data, environ)
	if err != nil {
		return nil, "", err
	}
	if key, err = local.Key(o.data, o.key); err != nil {
		return nil, "", fmt.Errorf("opening the data folder: %w", err)
	}
	config.Accounts[0].Key = key
	config.Speed, config.Hosts, config.CatalogFiles = o.speed, o.hosts, o.catalogs
	config.Switches = o.switches
	if o.throttle {
		config.Throttle = emulator.PlatformLimits()
	}
	server, err = emulator.Open(config)
	var unreadable *emulator.CatalogError
	if errors.As(err, &unreadable) {
		return nil, "", options.Usage(unreadable.Error(), "save the answers to GET /api/v2/analyses/?page_size=1000 and GET /api/v2/coretypes/?page_size=1000 in it")
	}
	if err != nil {
		return nil, "", fmt.Errorf("opening the data folder: %w", err)
	}
	return server, key, nil
}

// claimData lists what the emulator keeps as no input of a pattern.
func claimData(ctx context.Context, folder string) error {
	return written.Claim(ctx, folder, written.Claimed(written.Emulator, append(emulator.Holdings(), local.KeyFile)...))
}

// checkAddress keeps the emulator on this machine: whoever can reach it with the key can
// run commands.
func (o Options) checkAddress() error {
	host, _, err := net.SplitHostPort(o.listen)
	if err != nil {
		return options.Usage(fmt.Sprintf("--listen %s: %v", o.listen, err), "write it as 127.0.0.1:8099")
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() || o.remote {
		return nil
	}
	return options.Usage(
		fmt.Sprintf("--listen %s can be reached from other machines, and whoever has the key can run commands here", o.listen),
		"use 127.0.0.1, or add --allow-remote if you mean it",
	)
}

// Reachable is true of an address that other machines can reach, allowed or not.
func (o Options) Reachable() bool {
	return Options{listen: o.listen}.checkAddress() != nil
}

// serve ends cleanly when ctx does: that is how a person ends an emulator.
func serve(ctx context.Context, server *emulator.Server, listener net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return errors.Join(err, server.Close())
	case <-ctx.Done():
		return errors.Join(server.Close(), <-served)
	}
}
