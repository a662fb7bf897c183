package app_test

import (
	"bytes"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/app"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

const key = "1111111111111111111111111111111111111111"

// platform is an emulator that the tests of one function share.
type platform struct {
	server *emulator.Server
	url    string
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	server, err := emulator.Open(emulator.Config{
		Dir: t.TempDir(), Env: os.Environ(),
		Accounts: []emulator.Account{{
			Key: key, Email: "ada@example.com", MaxJobHours: 48,
			Projects: []emulator.Project{{ID: "pAero", Name: "aero-2026"}, {ID: "pTwinA", Name: "twin"}, {ID: "pTwinB", Name: "twin"}},
		}},
		Automations: []emulator.Automation{{ID: "A"}, {ID: "B"}}, Clusters: []string{"A"},
	})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	t.Cleanup(func() {
		web.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return &platform{server, web.URL}
}

// result is what one call of the tool came to.
type result struct {
	code           int
	stdout, stderr string
}

// copied is a folder of this repository outside of it: in what state the repository
// itself is, if it is one, is nothing that a test may depend on.
func copied(t *testing.T, folder string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// oneCall lets one call run at a time: the command line library writes to its help flag, which is one
// for all apps of a process.
var oneCall sync.Mutex

// run calls the tool in this process, as a pipeline would: no terminal.
func (p *platform) run(t *testing.T, args ...string) result {
	t.Helper()
	return p.runOn(t, app.Screen{}, "", args...)
}

// runOn is run on what may be terminals, where a person types.
func (p *platform) runOn(t *testing.T, screen app.Screen, typed string, args ...string) result {
	t.Helper()
	screen.Size = func() (int, int, bool) { return 0, 0, false }
	env := map[string]string{"RESCALE_API_URL": p.url, "RESCALE_API_KEY": key, "HOME": t.TempDir(), "TOKEN_A": "first", "TOKEN_B": "second"}
	var stdout, stderr bytes.Buffer
	oneCall.Lock()
	defer oneCall.Unlock()
	code := app.Main(t.Context(), app.Env{
		Args: args, Stdin: strings.NewReader(typed), Stdout: &stdout, Stderr: &stderr,
		Getenv: func(name string) string { return env[name] },
		Screen: screen,
	})
	return result{code, stdout.String(), stderr.String()}
}
