package git_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/git"
)

// run prepares a repository, with the settings of nobody.
func run(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// trap makes a folder that a commit can bring and that git takes for a repository without
// files: its index wants an object that is not there, and its settings name the program
// that fetches it.
func trap(t *testing.T, dir, program string) {
	t.Helper()
	sparse := filepath.Join(t.TempDir(), "sparse")
	write(t, filepath.Join(sparse, "a", "f"), "1")
	write(t, filepath.Join(sparse, "b", "f"), "2")
	run(t, sparse, "init", "-q")
	run(t, sparse, "add", "-A")
	run(t, sparse, "commit", "-q", "-m", "x")
	run(t, sparse, "sparse-checkout", "init", "--cone", "--sparse-index")
	run(t, sparse, "sparse-checkout", "set", "a")
	index, err := os.ReadFile(filepath.Join(sparse, ".git", "index"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "index"), string(index))
	write(t, filepath.Join(dir, "HEAD"), "ref: refs/heads/main\n")
	write(t, filepath.Join(dir, "objects", "keep"), "")
	write(t, filepath.Join(dir, "refs", "heads", "keep"), "")
	write(t, filepath.Join(dir, "config"), `[core]
	repositoryformatversion = 1
	bare = true
	sparseCheckout = true
	sparseCheckoutCone = true
	sshCommand = "`+program+`"
[index]
	sparse = true
[extensions]
	partialClone = origin
[protocol "ssh"]
	allow = always
[remote "origin"]
	url = ssh://h/x
	promisor = true
`)
}

// TestACommitRunsNothing: a folder of a pull request names a program, which git would run
// on its own.
func TestACommitRunsNothing(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the program of the trap is a shell script")
	}
	dir := t.TempDir()
	sprung := filepath.Join(t.TempDir(), "sprung")
	trap(t, dir, "touch "+sprung+"; false")
	cmd := exec.CommandContext(t.Context(), "git", "-C", dir, "ls-files")
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null")
	_ = cmd.Run() // it cannot succeed
	if os.Remove(sprung) != nil {
		t.Fatal("the trap catches nobody, so that this test shows nothing")
	}
	if err := git.Command(t.Context(), os.Environ(), "-C", dir, "ls-files").Run(); err == nil {
		t.Error("git lists what is in the trap")
	}
	if _, err := os.Stat(sprung); err == nil {
		t.Error("the program of the trap has run")
	}
}

// TestEnvironment: nothing that git starts gets a key, and what leads it elsewhere is left out.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	cmd := git.Command(t.Context(), []string{"PATH=/bin", "RESCALE_API_KEY=k", "GITHUB_TOKEN=k", "git_dir=x", "GIT_CONFIG_GLOBAL=g", "GIT_CONFIG_KEY_0=c"}, "version")
	env := " " + strings.Join(cmd.Env, " ") + " "
	for text, want := range map[string]bool{"PATH=/bin": true, "GIT_CONFIG_GLOBAL=g": true, "GIT_CONFIG_KEY_0=c": true, "RESCALE_API_KEY=k": false, "GITHUB_TOKEN=k": false, "git_dir=x": false} {
		if strings.Contains(env, " "+text+" ") != want {
			t.Errorf("%s: want %v in %s", text, want, env)
		}
	}
}

func TestRefusal(t *testing.T) {
	t.Parallel()
	plain := errors.New("no such program")
	complaint := &exec.ExitError{Stderr: []byte("fatal: https://user:secret@host/x is gone\nmore")}
	if got := git.Refusal(plain); !errors.Is(got, plain) {
		t.Errorf("%v", got)
	}
	if got := git.Refusal(complaint); !strings.HasPrefix(got.Error(), "fatal: ADDRESS is gone (") || !errors.Is(got, complaint) {
		t.Errorf("%v", got)
	}
}
