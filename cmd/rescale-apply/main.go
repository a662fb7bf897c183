// The command rescale-apply: see internal/app for what it does, README.md for
// how to use it.
package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/term"

	"github.com/rescale-apply/rescale-apply/internal/app"
	"github.com/rescale-apply/rescale-apply/internal/app/exit"
)

func main() {
	abortOnCrash()
	os.Exit(catch(os.Stderr, run))
}

func run() int {
	stdin, stdout, stderr := int(os.Stdin.Fd()), int(os.Stdout.Fd()), int(os.Stderr.Fd())
	echo := &echo{terminal: stderr}
	ctx, stop := interruptible(echo.restore)
	defer stop()
	return app.Main(ctx, app.Env{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Environ: os.Environ(),
		Screen: app.Screen{
			Stdin: term.IsTerminal(stdin), Stdout: console(stdout), Stderr: console(stderr),
			Size: func() (int, int, bool) {
				columns, lines, err := term.GetSize(stderr)
				return columns, lines, err == nil
			},
			Foreground: func() bool { return foreground(stderr) },
			Suspend:    suspend,
			Quiet:      echo.off,
		},
	})
}

// interruptible gives a context that the first signal ends. A second signal ends the
// process at once, after tidy: state survives that, too. Where that is SIGQUIT, the runtime would
// end it as after a crash.
func interruptible(tidy func()) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	context.AfterFunc(ctx, func() {
		again := make(chan os.Signal, 1)
		signal.Notify(again, syscall.SIGQUIT)
		stop()
		<-again
		tidy()
		os.Exit(int(exit.Interrupted))
	})
	return ctx, stop
}

// echo is whether a terminal shows what is typed. However the process ends, it does so
// again afterwards.
type echo struct {
	terminal int

	mu   sync.Mutex
	back func() // nil while it shows what is typed
}

// off keeps what is typed off the terminal, until restore is called.
func (e *echo) off() (restore func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.back = quiet(e.terminal)
	return e.restore
}

func (e *echo) restore() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.back != nil {
		e.back()
		e.back = nil
	}
}
