package pipeline

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// standIn takes the place of rescale-apply: it writes down its arguments and whether it
// has a token, leaves the files that it is asked for, and ends as the test wants it to.
const standIn = `#!/bin/sh
printf '%s\0' "$@" "token=${GITHUB_TOKEN-none}" '' >>"$CALLS"
[ -n "${TOOL_WRITES-}" ] || for argument; do
	case $argument in
	--out=*) echo '{}' >"${argument#--out=}" ;;
	--report=*=*) echo plan >"${argument#--report=*=}" ;;
	esac
done
case $1 in
report) exit "${REPORT_EXIT:-0}" ;;
status) exit "${STATUS_EXIT:-${TOOL_EXIT:-0}}" ;;
*) exit "${TOOL_EXIT:-0}" ;;
esac
`

// action runs scripts of the action as GitHub does.
type action struct {
	dir string // where everything is
	env []string
}

// newAction returns one with a stand-in on PATH, and with scripts of its own.
func newAction(t *testing.T) action {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the stand-ins are shell scripts")
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "action"), os.DirFS(filepath.Join("..", "..", ".github", "action"))); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "bin", "rescale-apply"), standIn)
	write(t, filepath.Join(dir, "output"), "")
	write(t, filepath.Join(dir, "path"), "")
	return action{dir: dir, env: []string{
		"PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH"),
		"CALLS=" + filepath.Join(dir, "calls"),
		"GITHUB_OUTPUT=" + filepath.Join(dir, "output"),
		"GITHUB_PATH=" + filepath.Join(dir, "path"),
		"RUNNER_TEMP=" + dir,
		"GITHUB_TOKEN=of the workflow",
	}}
}

// run runs a script of the action with more variables, and returns its exit code and what
// it printed. Folders of the test are called TEMP there.
func (a action) run(t *testing.T, script string, env ...string) (int, string) {
	t.Helper()
	var said bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "bash", filepath.Join("action", script))
	cmd.Dir = a.dir
	cmd.Env, cmd.Stdout, cmd.Stderr = append(a.env, env...), &said, &said
	err := cmd.Run()
	if exited := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exited) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), a.anonymous(said.String())
}

func (a action) anonymous(text string) string { return strings.ReplaceAll(text, a.dir, "TEMP") }

// calls are the arguments of each call of the stand-in.
func (a action) calls(t *testing.T) [][]string {
	t.Helper()
	return callsIn(a.anonymous(read(t, filepath.Join(a.dir, "calls"))))
}

// callsIn reads what the stand-in wrote down.
func callsIn(text string) [][]string {
	var all [][]string
	for call := range strings.SplitSeq(strings.TrimSuffix(text, "\x00\x00"), "\x00\x00") {
		if call != "" {
			all = append(all, strings.Split(call, "\x00"))
		}
	}
	return all
}

func (a action) outputs(t *testing.T) []string {
	t.Helper()
	var all []string
	return append(all, strings.Fields(a.anonymous(read(t, filepath.Join(a.dir, "output"))))...)
}

// read returns the text of a file, and nothing when there is no such file.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

// write writes a file that can be executed, in folders that it makes.
func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// actionCase is a use of the action.
type actionCase struct {
	env     []string
	calls   [][]string
	exit    int
	outputs []string
	says    string
}

func runActionCases(t *testing.T, cases map[string]actionCase) {
	t.Helper()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAction(t)
			write(t, filepath.Join(a.dir, "old.json"), "{}")
			exit, said := a.run(t, "run.sh", tc.env...)
			if exit != tc.exit || !strings.Contains(said, tc.says) || tc.says == "" && said != "" {
				t.Errorf("exit code %d with %q, want %d with %q", exit, said, tc.exit, tc.says)
			}
			if diff := cmp.Diff(tc.calls, a.calls(t)); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.outputs, a.outputs(t)); diff != "" {
				t.Errorf("outputs (-want +got):\n%s", diff)
			}
			if _, err := os.Stat(filepath.Join(a.dir, "pwned")); err == nil {
				t.Error("an input was run as code")
			}
		})
	}
}

const noToken = "token=none"

// TestActionArguments shows what the inputs become, and how the exit codes pass.
func TestActionArguments(t *testing.T) {
	t.Parallel()
	runActionCases(t, map[string]actionCase{
		"validate": {
			env:     []string{"INPUT_COMMAND=validate", "INPUT_FILES=job.yaml"},
			calls:   [][]string{{"validate", "--filename=job.yaml", noToken}},
			outputs: []string{"exitcode=0"},
		},
		"plan with changes passes": {
			env:     []string{"INPUT_COMMAND=plan", "INPUT_FILES=jobs", "INPUT_RECURSIVE=true", "INPUT_MAX_COST=5", "TOOL_EXIT=2"},
			calls:   [][]string{{"plan", "--detailed-exitcode", "--out=TEMP/rescale-apply.plan.json", "--filename=jobs", "--recursive", "--max-cost=5", noToken}},
			outputs: []string{"plan-file=TEMP/rescale-apply.plan.json", "exitcode=2"},
		},
		"a refused plan fails": {
			env:     []string{"INPUT_COMMAND=plan", "INPUT_FILES=jobs", "INPUT_DOWNLOAD=false", "TOOL_EXIT=5"},
			calls:   [][]string{{"plan", "--detailed-exitcode", "--out=TEMP/rescale-apply.plan.json", "--filename=jobs", "--no-download", noToken}},
			exit:    5,
			outputs: []string{"plan-file=TEMP/rescale-apply.plan.json", "exitcode=5"},
		},
		"a plan of another step is not this one's": {
			env:     []string{"INPUT_COMMAND=plan", "INPUT_FILES=jobs", "INPUT_PLAN=old.json", "TOOL_WRITES=nothing", "TOOL_EXIT=4"},
			calls:   [][]string{{"plan", "--detailed-exitcode", "--out=old.json", "--filename=jobs", noToken}},
			exit:    4,
			outputs: []string{"exitcode=4"},
		},
		"apply": {
			env:     []string{"INPUT_COMMAND=apply", "INPUT_FILES=a.yaml\nb.yaml\n", "INPUT_PLAN=plan.json", "INPUT_TIMEOUT=90m"},
			calls:   [][]string{{"apply", "--filename=a.yaml", "--filename=b.yaml", "--plan=plan.json", "--require-clean", "--timeout=90m", noToken}},
			outputs: []string{"exitcode=0"},
		},
		"apply that waits keeps 101": {
			env:     []string{"INPUT_COMMAND=apply", "INPUT_FILES=a.yaml", "INPUT_NO_WAIT=false", "INPUT_REQUIRE_CLEAN=false", "TOOL_EXIT=101"},
			calls:   [][]string{{"apply", "--filename=a.yaml", noToken}},
			exit:    101,
			outputs: []string{"exitcode=101"},
		},
		"apply for which nobody waits passes with 101": {
			env:     []string{"INPUT_COMMAND=apply", "INPUT_FILES=a.yaml", "INPUT_NO_WAIT=true", "TOOL_EXIT=101"},
			calls:   [][]string{{"apply", "--filename=a.yaml", "--require-clean", "--no-wait", noToken}},
			outputs: []string{"exitcode=101"},
		},
		"apply of a job that failed": {
			env:     []string{"INPUT_COMMAND=apply", "INPUT_FILES=a.yaml", "INPUT_NO_WAIT=true", "TOOL_EXIT=100"},
			calls:   [][]string{{"apply", "--filename=a.yaml", "--require-clean", "--no-wait", noToken}},
			exit:    100,
			outputs: []string{"exitcode=100"},
		},
		"collect": {
			env:     []string{"INPUT_COMMAND=collect", "INPUT_FILES=a.yaml", "INPUT_PLAN=p", "INPUT_MAX_COST=5", "TOOL_EXIT=101"},
			calls:   [][]string{{"apply", "--filename=a.yaml", "--max-cost=5", "--plan=p", "--require-clean", "--collect", "--no-wait", noToken}},
			outputs: []string{"exitcode=101"},
		},
		"status": {
			env:     []string{"INPUT_COMMAND=status", "INPUT_FILES=a.yaml", "INPUT_DOWNLOAD=false", "TOOL_EXIT=101"},
			calls:   [][]string{{"status", "--filename=a.yaml", "--no-download", "--exit-status", noToken}},
			outputs: []string{"exitcode=101"},
		},
	})
}

// TestActionForks shows that a pull request without a key is validated, and that no event
// gives a key to strangers.
func TestActionForks(t *testing.T) {
	t.Parallel()
	validated := [][]string{{"validate", "--filename=a.yaml", "--contained", noToken}}
	planned := [][]string{{"plan", "--detailed-exitcode", "--out=TEMP/rescale-apply.plan.json", "--filename=a.yaml", noToken}}
	pull := []string{"INPUT_COMMAND=plan", "INPUT_FILES=a.yaml", "GITHUB_EVENT_NAME=pull_request", "GITHUB_REPOSITORY=acme/sims"}
	with := func(env ...string) []string { return append(append([]string(nil), pull...), env...) }
	runActionCases(t, map[string]actionCase{
		"a fork": {
			env: with("HEAD_REPOSITORY=eve/sims"), calls: validated, outputs: []string{"exitcode=0"},
			says: "::notice title=rescale-apply::this pull request is given no key",
		},
		"a fork with a mistake": {
			env: with("HEAD_REPOSITORY=eve/sims", "TOOL_EXIT=3"), calls: validated, exit: 3, outputs: []string{"exitcode=3"},
			says: "no key",
		},
		"a fork that was deleted": {
			env: with("HEAD_REPOSITORY="), calls: validated, outputs: []string{"exitcode=0"},
			says: "no key",
		},
		"a bot": {
			env: with("HEAD_REPOSITORY=acme/sims", "GITHUB_ACTOR=dependabot[bot]"), calls: validated, outputs: []string{"exitcode=0"},
			says: "no key",
		},
		"a fork that was given a key": {
			env: with("HEAD_REPOSITORY=eve/sims", "RESCALE_API_KEY=secret"), calls: validated, outputs: []string{"exitcode=0"},
			says: "no key",
		},
		"a review of a fork": {
			env: with("GITHUB_EVENT_NAME=pull_request_review", "HEAD_REPOSITORY=eve/sims", "RESCALE_API_KEY=secret"), calls: validated, outputs: []string{"exitcode=0"},
			says: "this pull request review is given no key",
		},
		"a review of its own": {
			env:     with("GITHUB_EVENT_NAME=pull_request_review", "HEAD_REPOSITORY=acme/sims", "RESCALE_API_KEY=secret"),
			calls:   planned,
			outputs: []string{"plan-file=TEMP/rescale-apply.plan.json", "exitcode=0"},
		},
		"a workflow of a fork": {
			env: with("GITHUB_EVENT_NAME=workflow_run", "HEAD_REPOSITORY=eve/sims", "RESCALE_API_KEY=secret"), calls: validated, outputs: []string{"exitcode=0"},
			says: "no key",
		},
		"a comment, on whatever": {
			env: with("GITHUB_EVENT_NAME=issue_comment", "HEAD_REPOSITORY=", "RESCALE_API_KEY=secret"), calls: validated, outputs: []string{"exitcode=0"},
			says: "no key",
		},
		"a comment, where the own repository is not known": {
			env: with("GITHUB_EVENT_NAME=issue_comment", "HEAD_REPOSITORY=", "GITHUB_REPOSITORY=", "RESCALE_API_KEY=secret"), calls: validated, outputs: []string{"exitcode=0"},
			says: "no key",
		},
		"a push": {
			env:     with("GITHUB_EVENT_NAME=push", "HEAD_REPOSITORY=", "RESCALE_API_KEY=secret"),
			calls:   planned,
			outputs: []string{"plan-file=TEMP/rescale-apply.plan.json", "exitcode=0"},
		},
		"a branch without the secret": {
			env:     with("HEAD_REPOSITORY=acme/sims", "TOOL_EXIT=4"),
			calls:   planned,
			exit:    4,
			outputs: []string{"plan-file=TEMP/rescale-apply.plan.json", "exitcode=4"},
		},
		"a target": {
			env:  with("GITHUB_EVENT_NAME=pull_request_target", "HEAD_REPOSITORY=eve/sims", "RESCALE_API_KEY=secret"),
			exit: 3, says: "::error title=rescale-apply::pull_request_target gives the key to files of a stranger",
		},
	})
}

// TestActionComment shows when a plan is written into the pull request, and that no other
// call has the token for it.
func TestActionComment(t *testing.T) {
	t.Parallel()
	plan := []string{
		"plan", "--detailed-exitcode", "--out=TEMP/rescale-apply.plan.json", "--filename=a.yaml",
		"--report=md=TEMP/rescale-apply.plan.md", "--report=github", noToken,
	}
	comment := []string{"report", "comment", "TEMP/rescale-apply.plan.md", "token=of the workflow"}
	input := func(env ...string) []string {
		return append(env, "INPUT_COMMAND=plan", "INPUT_FILES=a.yaml", "INPUT_COMMENT=true")
	}
	file := "plan-file=TEMP/rescale-apply.plan.json"
	runActionCases(t, map[string]actionCase{
		"of a pull request": {
			env: input("PULL_REQUEST=7", "TOOL_EXIT=2"), calls: [][]string{plan, comment}, outputs: []string{file, "exitcode=2"},
		},
		"of a push": {
			env: input("PULL_REQUEST=", "TOOL_EXIT=2"), calls: [][]string{plan}, outputs: []string{file, "exitcode=2"},
		},
		"that fails": {
			env: input("PULL_REQUEST=7", "REPORT_EXIT=1"), calls: [][]string{plan, comment}, exit: 1, outputs: []string{file, "exitcode=1"},
		},
		"of a plan that fails": {
			env: input("PULL_REQUEST=7", "TOOL_EXIT=5"), calls: [][]string{plan, comment}, exit: 5, outputs: []string{file, "exitcode=5"},
		},
	})
}

// TestActionHostile shows that text of an input is an argument, or refused, and never code.
func TestActionHostile(t *testing.T) {
	t.Parallel()
	hostile := "a b'\"`touch pwned`$(touch pwned);touch pwned|&*?[x]\\~{a,b}%"
	runActionCases(t, map[string]actionCase{
		"files": {
			env:     []string{"INPUT_COMMAND=validate", "INPUT_FILES=" + hostile + "\n--no-color\n\n-\n"},
			calls:   [][]string{{"validate", "--filename=" + hostile, "--filename=--no-color", "--filename=-", noToken}},
			outputs: []string{"exitcode=0"},
		},
		"values": {
			env: []string{"INPUT_COMMAND=apply", "INPUT_FILES=a", "INPUT_MAX_COST=" + hostile, "INPUT_TIMEOUT=" + hostile, "INPUT_PLAN=" + hostile},
			calls: [][]string{{
				"apply", "--filename=a", "--max-cost=" + hostile, "--plan=" + hostile, "--require-clean", "--timeout=" + hostile, noToken,
			}},
			outputs: []string{"exitcode=0"},
		},
		"a second output": {
			env:  []string{"INPUT_COMMAND=plan", "INPUT_FILES=a", "INPUT_PLAN=p\nexitcode=0"},
			exit: 3, says: `the input "plan" holds a line break`,
		},
		"another command": {
			env:  []string{"INPUT_COMMAND=delete\n::add-mask::%", "INPUT_FILES=a"},
			exit: 3, says: `::error title=rescale-apply::command is "delete%0A::add-mask::%25", and must be`,
		},
		"neither true nor false": {
			env:  []string{"INPUT_COMMAND=apply", "INPUT_FILES=a", "INPUT_NO_WAIT=yes"},
			exit: 3, says: `the input "no-wait" is "yes", and must be true or false`,
		},
		"no files": {
			env:  []string{"INPUT_COMMAND=apply", "INPUT_FILES=\n"},
			exit: 3, says: `the input "files" is empty`,
		},
	})
}
