package pipeline

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// .ci/pipelines fetches these programs, and names those that it has.
var tools = flag.String("tools", "", "also run the tests that need these `programs`, of PATH")

// needs skips the test unless -tools names the program.
func needs(t *testing.T, program string) {
	t.Helper()
	if !slices.Contains(strings.Fields(*tools), program) {
		t.Skipf("-tools does not name %s", program)
	}
}

// command runs a program in a folder, and returns its exit code and what it printed.
func command(t *testing.T, dir string, env []string, name string, args ...string) (int, string) {
	t.Helper()
	var said bytes.Buffer
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, append(os.Environ(), env...), &said, &said
	err := cmd.Run()
	if exited := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exited) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), said.String()
}

// git runs git in a folder, as somebody with a name, and returns what it printed.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	who := []string{"-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"}
	exit, said := command(t, dir, nil, "git", append(who, args...)...)
	if exit != 0 {
		t.Fatalf("git %v: %s", args, said)
	}
	return strings.TrimSpace(said)
}

// commit makes a commit of all that is in the folder, which becomes a repository.
func commit(t *testing.T, dir string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, ".git")); errors.Is(err, os.ErrNotExist) {
		git(t, dir, "init", "--quiet", "--initial-branch=main")
	}
	git(t, dir, "add", "--all")
	git(t, dir, "commit", "--quiet", "--message=sims")
}

// TestToolsPreCommit shows which files our hook gives to validate, and that its verdict counts.
func TestToolsPreCommit(t *testing.T) {
	t.Parallel()
	needs(t, "pre-commit")
	a := newAction(t)
	hooks, repo := filepath.Join(a.dir, "hooks"), filepath.Join(a.dir, "repo")
	write(t, filepath.Join(hooks, ".pre-commit-hooks.yaml"), read(t, "../../.pre-commit-hooks.yaml"))
	commit(t, hooks)
	for _, name := range []string{"job.yaml", "a b/job.yml", "wing.rescale.yaml", "my-job.yaml", "job.yaml.txt", "job.json"} {
		write(t, filepath.Join(repo, name), "x\n")
	}
	commit(t, repo)
	env := append(slices.Clone(a.env), "HOME="+a.dir, "XDG_CACHE_HOME="+a.dir)
	run := []string{"try-repo", hooks, "rescale-apply-installed", "--all-files"}
	exit, said := command(t, repo, env, "pre-commit", run...)
	if exit != 0 {
		t.Errorf("exit code %d: %s", exit, said)
	}
	want := [][]string{{"validate", "--each", "a b/job.yml", "job.yaml", "wing.rescale.yaml", "token=of the workflow"}}
	if diff := cmp.Diff(want, a.calls(t)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if exit, said := command(t, repo, append(env, "TOOL_EXIT=3"), "pre-commit", run...); exit != 1 {
		t.Errorf("exit code %d with a mistake, want 1: %s", exit, said)
	}
}

// TestToolsGo has pre-commit build the hook from this repository's last commit, with the
// modules that are here already.
func TestToolsGo(t *testing.T) {
	t.Parallel()
	needs(t, "go")
	a := newAction(t)
	_, modules := command(t, ".", nil, "go", "env", "GOMODCACHE")
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	repo := filepath.Join(a.dir, "repo")
	write(t, filepath.Join(repo, "job.yaml"), read(t, "../../examples/heat/job.yaml"))
	for _, input := range []string{"solve.sh", "plate.inp"} {
		write(t, filepath.Join(repo, input), "x\n")
	}
	commit(t, repo)
	env := []string{
		"HOME=" + a.dir, "XDG_CACHE_HOME=" + a.dir, "GOFLAGS=-modcacherw", "GONOSUMDB=*",
		"GOPROXY=file://" + strings.TrimSpace(modules) + "/cache/download",
	}
	run := []string{"try-repo", root, "rescale-apply", "--all-files", "--verbose"}
	if exit, said := command(t, repo, env, "pre-commit", run...); exit != 0 {
		t.Fatalf("exit code %d: %s", exit, said)
	}
	write(t, filepath.Join(repo, "job.yaml"), strings.Replace(read(t, "../../examples/heat/job.yaml"), "command:", "comand:", 1))
	git(t, repo, "add", "--all")
	exit, said := command(t, repo, env, "pre-commit", run...)
	if exit != 1 || !strings.Contains(said, `job.yaml:`) || !strings.Contains(said, "comand") {
		t.Errorf("exit code %d with a mistake, want 1: %s", exit, said)
	}
}

// TestToolsSystemd has systemd check the units, with a program where they look for it.
func TestToolsSystemd(t *testing.T) {
	t.Parallel()
	needs(t, "systemd-analyze")
	a := newAction(t)
	var units []string
	for _, kind := range []string{"service", "timer"} {
		text := read(t, "../../examples/ci/systemd/rescale-apply@."+kind)
		text = strings.ReplaceAll(text, "/usr/bin/rescale-apply", filepath.Join(a.dir, "bin", "rescale-apply"))
		unit := filepath.Join(a.dir, "rescale-apply@sims."+kind)
		write(t, unit, text)
		if err := os.Chmod(unit, 0o644); err != nil {
			t.Fatal(err)
		}
		units = append(units, unit)
	}
	exit, said := command(t, a.dir, nil, "systemd-analyze", append([]string{"verify", "--man=no"}, units...)...)
	if exit != 0 || said != "" {
		t.Errorf("exit code %d: %s", exit, said)
	}
}
