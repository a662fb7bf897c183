// The command rescale-apply: see internal/app for what it does, README.md for
// how to use it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"github.com/rescale-apply/rescale-apply/internal/app"
)

func main() {
	abortOnCrash()
	os.Exit(catch(os.Stderr, run))
}

func run() int {
	ctx, stop := interruptible()
	defer stop()
	stdout, stderr := int(os.Stdout.Fd()), int(os.Stderr.Fd())
	return app.Main(ctx, app.Env{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Environ: os.Environ(),
		Screen: app.Screen{
			Stdout: console(stdout), Stderr: console(stderr),
			Size: func() (int, int, bool) {
				columns, lines, err := term.GetSize(stderr)
				return columns, lines, err == nil
			},
			Foreground: func() bool { return foreground(stderr) },
			Suspend:    suspend,
		},
	})
}

// interruptible returns a context that the first signal ends. A second signal ends the
// process at once: the state survives that too. On SIGQUIT, the runtime would end it as
// after a crash.
func interruptible() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	context.AfterFunc(ctx, func() {
		again := make(chan os.Signal, 1)
		signal.Notify(again, syscall.SIGQUIT)
		stop()
		<-again
		os.Exit(int(app.ExitInterrupted))
	})
	return ctx, stop
}
