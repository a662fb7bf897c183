package pipeline

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rescale-apply/rescale-apply/internal/app"
)

// TestMain puts the program itself on PATH, where a test does not put a stand-in before it.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"rescale-apply": program})
}

// program is rescale-apply without a terminal.
func program() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := app.Main(ctx, app.Env{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Environ: os.Environ(),
		Screen: app.Screen{Size: func() (int, int, bool) { return 0, 0, false }, Foreground: func() bool { return false }},
	})
	stop()
	os.Exit(code)
}
