// Package local embeds the emulated platform into one command: it opens the
// platform's folder, serves it on a loopback port, and closes it at the end. If
// another process serves the folder already, it is used instead.
package local

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

// Email is the account of the local platform.
const Email = "you@local.example"

// Server is an emulated platform that can be talked to.
type Server struct {
	URL   string
	Key   string
	Owned bool // this process serves it; it ends with this process

	server *emulator.Server
	served chan error
}

// Another process needs a moment from opening the folder to serving it.
const (
	looks    = 20
	lookEach = 50 * time.Millisecond
)

// Visit serves the platform that is kept in dir, or, when another process serves
// it, talks to that one. Environ is the environment of the commands that jobs run.
func Visit(ctx context.Context, dir string, environ []string) (*Server, error) {
	config, err := prepare(dir, environ)
	if err != nil {
		return nil, err
	}
	var used *emulator.InUseError
	for range looks {
		server, err := emulator.Open(config)
		if !errors.As(err, &used) {
			return serve(ctx, server, config.Accounts[0].Key, opening(dir, err))
		}
		if used.URL != "" {
			return &Server{URL: used.URL, Key: config.Accounts[0].Key}, nil
		}
		if err := pause(ctx); err != nil {
			return nil, err
		}
	}
	return nil, opening(dir, used)
}

// Own serves the platform that is kept in dir. While another process does, it
// waits: jobs end with the process that serves them. Busy is called once then.
func Own(ctx context.Context, dir string, environ []string, busy func()) (*Server, error) {
	config, err := prepare(dir, environ)
	if err != nil {
		return nil, err
	}
	for n := 0; ; n++ {
		server, err := emulator.Open(config)
		var used *emulator.InUseError
		if !errors.As(err, &used) {
			return serve(ctx, server, config.Accounts[0].Key, opening(dir, err))
		}
		if n == 0 {
			busy()
		}
		if err := pause(ctx); err != nil {
			return nil, err
		}
	}
}

// prepare makes the folder's key, if it has none, once it is sure that jobs can run.
func prepare(dir string, environ []string) (emulator.Config, error) {
	config, err := Config(dir, environ)
	if err != nil {
		return config, err
	}
	config.Accounts[0].Key, err = Key(dir, "")
	return config, opening(dir, err)
}

func opening(dir string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("opening the local platform in %s: %w", dir, err)
}

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(lookEach):
		return nil
	}
}

// serve puts an opened platform on a loopback port.
func serve(ctx context.Context, server *emulator.Server, key string, err error) (*Server, error) {
	if err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening a local port: %w", err), server.Close())
	}
	p := &Server{URL: "http://" + listener.Addr().String(), Key: key, Owned: true, server: server, served: make(chan error, 1)}
	go func() { p.served <- server.Serve(listener) }()
	return p, nil
}

// Config is the emulator as people try it: one account, status changes that take
// no time, and walltimes in real hours. The caller adds the account's key. Without a
// bash for the commands the error is a *cmdline.UsageError.
func Config(dir string, environ []string) (emulator.Config, error) {
	bash, err := shell(environ)
	return emulator.Config{
		Dir: dir, Env: environ, Shell: bash,
		Accounts: []emulator.Account{{
			Email: Email, Name: "Local User", MaxJobHours: 336,
			CompanyCode: "local",
			Projects:    []emulator.Project{{ID: "pLocal", Name: "local", Default: true}},
		}},
	}, err
}

// Identity tells this local platform from others: a job id means something in
// one of them only.
func (p *Server) Identity() string {
	sum := sha256.Sum256([]byte(p.Key))
	return "local:" + hex.EncodeToString(sum[:6])
}

// Close ends the serving. Jobs that still run are run again by the next
// process that opens the folder.
func (p *Server) Close() error {
	if !p.Owned {
		return nil
	}
	return errors.Join(p.server.Close(), <-p.served)
}

// KeyFile is where the key is kept, beside the data.
const KeyFile = "key"

// Key is the key of the local account: the wished one, else one that is made
// once and kept beside the data, so that curl works against the same account.
func Key(dir, wished string) (string, error) {
	if wished != "" {
		return wished, nil
	}
	path := filepath.Join(dir, KeyFile)
	if text, err := os.ReadFile(path); err == nil && len(strings.TrimSpace(string(text))) > 0 {
		return strings.TrimSpace(string(text)), nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	key := newKey()
	return key, os.WriteFile(path, []byte(key+"\n"), 0o600)
}

// newKey is a random key in the shape of the platform's: 40 hex digits.
func newKey() string {
	random := make([]byte, 20)
	_, _ = rand.Read(random) // never fails, by its documentation
	return hex.EncodeToString(random)
}
