// Package connect gets from a login, or from --local, to a platform that can be talked
// to: the client, the account that the state belongs to, and notices of retries and
// waits. It knows no manifest.
package connect

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/local"
	"github.com/rescale-apply/rescale-apply/internal/app/login"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Caller is who connects.
type Caller struct {
	Agent   string // name and version of the program, for the platform's logs
	Getenv  func(string) string
	Environ []string // for commands that the local platform runs
	Effect  options.Effect
	Notices *Notices
	Notice  func(line string) // tells a person what does not end the command
}

// Wish is the platform that is wanted.
type Wish struct {
	options.Platform
	LocalFolder string // of the local platform
	Hide        []rescale.Secret
}

// Connection is a platform that can be talked to.
type Connection struct {
	Platform *rescale.Client
	Account  string // state identity of the platform: its URL, or local:ID
	Source   string // where the key came from; empty for the local platform

	local *local.Server // nil unless --local
}

// Open chooses the platform, the embedded one or that of the login, and connects with
// it. Nothing is sent.
func (c Caller) Open(ctx context.Context, wish Wish) (*Connection, error) {
	out := &Connection{}
	found, err := c.find(ctx, wish, out)
	if err != nil {
		return nil, err
	}
	out.Source = found.Source
	config := rescale.Config{
		BaseURL: found.URL, Key: rescale.NewSecret(found.Key), UserAgent: c.Agent,
		ReadOnly: c.Effect == options.Looks, OnRetry: c.Notices.retrying, OnWait: c.Notices.waiting, Hide: wish.Hide,
		Transport: rescale.NewTransport(login.Proxy(c.Getenv)),
	}
	if wish.Verbose {
		config.Transport = &chatty{next: config.Transport, tell: c.Notices.line}
	}
	if out.Platform, err = rescale.New(config); err != nil {
		return nil, errors.Join(err, out.Close())
	}
	if out.Account == "" {
		out.Account = out.Platform.BaseURL()
	}
	return out, nil
}

func (c Caller) find(ctx context.Context, wish Wish, out *Connection) (login.Login, error) {
	if !wish.Local {
		return c.login(wish)
	}
	var err error
	if c.Effect == options.Looks {
		out.local, err = local.Visit(ctx, wish.LocalFolder, c.Environ)
	} else {
		out.local, err = local.Own(ctx, wish.LocalFolder, c.Environ, func() {
			c.Notice("another command is using the local platform here; waiting for its end")
		})
	}
	if err != nil {
		return login.Login{}, err
	}
	out.Account = out.local.Identity()
	return login.Login{URL: out.local.URL, Key: out.local.Key}, nil
}

func (c Caller) login(wish Wish) (login.Login, error) {
	found, err := login.Find(login.Wishes{Profile: wish.Profile, URL: wish.URL, TokenFile: wish.TokenFile}, c.Getenv)
	if err != nil {
		return found, err
	}
	if len(found.Unused) > 0 {
		c.Notice(fmt.Sprintf("notice: --profile %s names a key and its address; not used: %s", wish.Profile, strings.Join(found.Unused, ", ")))
	}
	if found.Open {
		c.Notice(fmt.Sprintf("warning: other users of this machine can read the key in %s; chmod 600 %[1]s", found.Source))
	}
	return found, login.CheckProxy(found.URL, c.Getenv)
}

// Alone reports whether jobs end with this process, which is the platform.
func (c *Connection) Alone() bool { return c.local != nil }

// Close ends the connection, and a local platform that this process serves.
func (c *Connection) Close() error {
	if c.Platform != nil {
		c.Platform.Close()
	}
	if c.local == nil {
		return nil
	}
	return c.local.Close()
}

// Refused adds to an error about the key where that key came from: people have more than
// one.
func (c *Connection) Refused(err error) error {
	if !rescale.IsAuth(err) || c.Source == "" {
		return err
	}
	return &KeyError{err, c.Source}
}

// KeyError is an error about the key, with its source.
type KeyError struct {
	Err    error
	Source string
}

// Error is the platform's refusal.
func (e *KeyError) Error() string { return e.Err.Error() }

// Unwrap gives the platform's refusal.
func (e *KeyError) Unwrap() error { return e.Err }

// Hint tells where the key came from.
func (e *KeyError) Hint() string { return "the key was taken from " + e.Source }
