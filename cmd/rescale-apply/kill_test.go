package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

// killer stands in front of a platform and kills the process that sends the k-th
// request, before or after its effect.
type killer struct {
	next   http.Handler
	at     int
	effect bool // the platform still does what the request asks for

	mu     sync.Mutex
	victim *exec.Cmd
	count  int
	struck bool
}

// begin starts the process that is to be killed.
func (k *killer) begin(victim *exec.Cmd) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.victim = victim
	return victim.Start()
}

func (k *killer) kill() {
	k.mu.Lock()
	defer k.mu.Unlock()
	_ = k.victim.Process.Kill() // that it is gone is what matters
}

func (k *killer) hasStruck() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.struck
}

// ServeHTTP answers, unless it kills.
func (k *killer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	k.count++
	strikes := k.count == k.at
	k.struck = k.struck || strikes
	k.mu.Unlock()
	if !strikes {
		k.next.ServeHTTP(w, r)
		return
	}
	if k.effect {
		k.next.ServeHTTP(httptest.NewRecorder(), r)
	}
	k.kill()
	panic(http.ErrAbortHandler)
}

const killedJob = `version: 1
name: heat
tags: [plate]
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, coresPerSlot: 1}
inputs: [plate.inp]
command: cp plate.inp result.csv
outputs: {download: ["*.csv"]}
`

// TestKilled kills the real program, with SIGKILL where there is such a thing, at
// every request of an apply, and then types the same command again.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts some 150 processes")
	}
	t.Parallel()
	var mu sync.Mutex
	points := 0
	t.Run("points", func(t *testing.T) {
		for _, effect := range []bool{false, true} {
			for _, keep := range []bool{true, false} {
				t.Run(fmt.Sprintf("effect %v, state kept %v", effect, keep), func(t *testing.T) {
					t.Parallel()
					for at := 1; killAt(t, &killer{at: at, effect: effect}, keep); at++ {
						mu.Lock()
						points++
						mu.Unlock()
					}
				})
			}
		}
	})
	t.Logf("%d kills", points)
	if points < 40 {
		t.Errorf("only %d kills: the enumeration is broken", points)
	}
}

// killAt reports whether there was a request to kill at; false also after a failure.
func killAt(t *testing.T, k *killer, keepState bool) bool {
	t.Helper()
	server, err := emulator.Open(emulator.Config{
		Dir: t.TempDir(), Env: os.Environ(), Accounts: []emulator.Account{{Key: activeKey, Email: "ada@example.com"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	k.next = server
	web := httptest.NewServer(k)
	defer web.Close()
	dir := t.TempDir()
	for name, text := range map[string]string{"job.yaml": killedJob, "plate.inp": "1,2,3\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	victim := process(t.Context(), dir, web.URL)
	var out bytes.Buffer
	victim.Stdout, victim.Stderr = &out, &out
	if err := k.begin(victim); err != nil {
		t.Fatal(err)
	}
	err = victim.Wait()
	if !k.hasStruck() {
		if err != nil {
			t.Errorf("without a kill: %v\n%s", err, out.String())
		}
		return false
	}
	if !keepState {
		if err := os.RemoveAll(filepath.Join(dir, ".rescale")); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := process(t.Context(), dir, web.URL).CombinedOutput(); err != nil {
		t.Errorf("request %d: applying again: %v\n%s", k.at, err, out)
	}
	jobs := server.Jobs()
	if len(jobs) != 1 || jobs[0].Draft || jobs[0].Deleted || len(jobs[0].Tags) != 1 {
		t.Errorf("request %d: jobs %+v", k.at, jobs)
	}
	got, err := os.ReadFile(filepath.Join(dir, "results", "heat", "result.csv"))
	if err != nil || !bytes.Equal(got, []byte("1,2,3\n")) {
		t.Errorf("request %d: result %q, %v", k.at, got, err)
	}
	if out, err := process(t.Context(), dir, web.URL, "plan", "--detailed-exitcode").CombinedOutput(); err != nil {
		t.Errorf("request %d: plan afterwards: %v\n%s", k.at, err, out)
	}
	return !t.Failed()
}

// process is a call of the program, apply unless args say something else.
func process(ctx context.Context, dir, url string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, programName, append(args, "-f", filepath.Join(dir, "job.yaml"))...)
	cmd.Env = append(os.Environ(), "RESCALE_API_URL="+url, "RESCALE_API_KEY="+activeKey, "HOME="+dir)
	return cmd
}

// programName is what TestMain calls the program on the PATH of tests.
const programName = "rescale-apply"
