package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
)

// The ways in which the runtime ends a program with exit code 2, each as a program on
// the PATH of tests; see TestMain.
func crashes() map[string]func() {
	return map[string]func(){
		"crash-in-main": func() {
			abortOnCrash()
			os.Exit(catch(os.Stderr, func() int { panic("oh no") }))
		},
		"crash-in-goroutine": func() {
			abortOnCrash()
			os.Exit(catch(os.Stderr, func() int {
				done := make(chan bool)
				go func() { panic("oh no") }()
				<-done
				return 0
			}))
		},
		"crash-of-runtime": func() {
			abortOnCrash()
			os.Exit(catch(os.Stderr, func() int {
				debug.SetMaxStack(1 << 16)
				return deeper(0)
			}))
		},
	}
}

// deeper never comes back.
func deeper(n int) int {
	if n < 0 {
		return n
	}
	return deeper(n+1) + 1
}

// Exit code 2 means that changes are pending, and nothing else.
func TestACrashDoesNotLookLikePendingChanges(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there the plan's last line tells it apart")
	}
	for name := range crashes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), name)
			cmd.Dir = t.TempDir()
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			err := cmd.Run()
			var exited *exec.ExitError
			if !errors.As(err, &exited) || exited.ExitCode() == 2 || exited.ExitCode() == 0 {
				t.Errorf("%v\n%s", err, stderr.String())
			}
			if name == "crash-in-main" && (exited.ExitCode() != 1 || !strings.Contains(stderr.String(), "hint: please report it")) {
				t.Errorf("%v\n%s", err, stderr.String())
			}
			if cores, err := filepath.Glob(filepath.Join(cmd.Dir, "*core*")); err != nil || len(cores) > 0 {
				t.Errorf("core files %v, %v", cores, err)
			}
		})
	}
}

// TestSignalsEndAPlan sends a signal to a plan that waits for the platform.
func TestSignalsEndAPlan(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no signals between processes")
	}
	for name, tc := range map[string]struct {
		signal os.Signal
		code   int // -1: ended by a signal
	}{
		"SIGQUIT":         {syscall.SIGQUIT, 130},
		"SIGINT":          {syscall.SIGINT, 130},
		"SIGTERM":         {syscall.SIGTERM, 130},
		"SIGABRT (crash)": {syscall.SIGABRT, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := make(chan bool, 10)
			web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				asked <- true
				<-r.Context().Done()
			}))
			defer web.Close()
			dir := t.TempDir()
			if err := errors.Join(
				os.WriteFile(filepath.Join(dir, "job.yaml"), []byte(killedJob), 0o600),
				os.WriteFile(filepath.Join(dir, "plate.inp"), []byte("1\n"), 0o600),
			); err != nil {
				t.Fatal(err)
			}
			plan := process(context.WithoutCancel(t.Context()), dir, web.URL, "plan", "--detailed-exitcode")
			var out bytes.Buffer
			plan.Stdout, plan.Stderr = &out, &out
			if err := plan.Start(); err != nil {
				t.Fatal(err)
			}
			<-asked
			if err := plan.Process.Signal(tc.signal); err != nil {
				t.Fatal(err)
			}
			_ = plan.Wait() // the code tells
			if code := plan.ProcessState.ExitCode(); code != tc.code {
				t.Errorf("exit code %d, want %d\n%s", code, tc.code, out.String())
			}
			if tc.code == 130 && !strings.Contains(out.String(), "interrupted") || strings.Contains(out.String(), "Exit code") {
				t.Errorf("%s", out.String())
			}
		})
	}
}
