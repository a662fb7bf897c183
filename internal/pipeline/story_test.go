//go:build unix

package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

const accountKey = "1111111111111111111111111111111111111111"

// platform is an emulator behind a gate that kills the runner that passes it.
type platform struct {
	*emulator.Server

	url string

	mu     sync.Mutex
	armed  string // METHOD and end of the path of the request that kills
	effect bool   // whether the platform still does what it asks for
	victim *exec.Cmd
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	server, err := emulator.Open(emulator.Config{
		Dir: t.TempDir(), Env: os.Environ(),
		Accounts: []emulator.Account{{Key: accountKey, Email: "ada@example.com"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	p := &platform{Server: server}
	web := httptest.NewServer(http.HandlerFunc(p.pass))
	p.url = web.URL
	t.Cleanup(func() {
		web.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func (p *platform) pass(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	method, end, _ := strings.Cut(p.armed, " ")
	victim := p.victim
	strikes := victim != nil && r.Method == method && strings.HasSuffix(r.URL.Path, end)
	if strikes {
		p.armed, p.victim = "", nil
	}
	p.mu.Unlock()
	if !strikes {
		p.ServeHTTP(w, r)
		return
	}
	if p.effect {
		p.ServeHTTP(httptest.NewRecorder(), r)
	}
	_ = syscall.Kill(-victim.Process.Pid, syscall.SIGKILL) // the scripts and the program
	panic(http.ErrAbortHandler)
}

// await waits until the newest job whose name begins so has the status.
func (p *platform) await(t *testing.T, name, status string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := p.Await(ctx, func(jobs []emulator.JobInfo) bool {
		for _, job := range slices.Backward(jobs) {
			if strings.HasPrefix(job.Name, name) {
				return job.Status == status
			}
		}
		return false
	})
	if err != nil {
		t.Fatalf("job %s does not come to %s: %v", name, status, p.runs())
	}
}

// runs are the jobs that were submitted, each with how often.
func (p *platform) runs() []string {
	var all []string
	for _, job := range p.Jobs() {
		if job.Submitted > 0 {
			name, _, _ := strings.Cut(job.Name, " ")
			all = append(all, fmt.Sprintf("%s %d", name, job.Submitted))
		}
	}
	slices.Sort(all)
	return all
}

// runner runs an event of GitHub in a clone. It is begun and waited for, so that it can be
// killed, and run beside others.
type runner struct {
	cmd  *exec.Cmd
	said bytes.Buffer
}

func (r *runner) end(t *testing.T) int {
	t.Helper()
	err := r.cmd.Wait()
	if exited := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exited) {
		t.Fatal(err)
	}
	return r.cmd.ProcessState.ExitCode()
}

// story is one change, from its branch to its results.
type story struct {
	*forge
	*platform

	dir string
}

// begin runs the script of the action in a clone, with the inputs that the workflow of
// examples/ci gives it.
func (s *story) begin(t *testing.T, clone, event string, inputs ...string) *runner {
	t.Helper()
	temp := t.TempDir()
	script, err := filepath.Abs("../../.github/action/run.sh")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(temp, "event.json"), `{"pull_request": {"number": 7,
		"head": {"repo": {"full_name": "acme/sims"}}, "base": {"repo": {"full_name": "acme/sims"}}}}`)
	r := &runner{cmd: exec.CommandContext(t.Context(), "bash", script)}
	r.cmd.Dir, r.cmd.Stdout, r.cmd.Stderr = clone, &r.said, &r.said
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	r.cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + temp, "RUNNER_TEMP=" + s.dir,
		"GITHUB_ACTIONS=true", "CI=true", "GITHUB_EVENT_NAME=" + event, "GITHUB_EVENT_PATH=" + filepath.Join(temp, "event.json"), "GITHUB_REPOSITORY=acme/sims", "GITHUB_SERVER_URL=https://github.com",
		"GITHUB_API_URL=" + s.forge.url + "/api", "GITHUB_TOKEN=of the workflow", "GITHUB_RUN_ID=1", "GITHUB_ACTOR=ada",
		"GITHUB_SHA=" + git(t, clone, "rev-parse", "HEAD"), "GITHUB_REF=refs/heads/main",
		"GITHUB_OUTPUT=" + filepath.Join(s.dir, "output"), "GITHUB_STEP_SUMMARY=" + filepath.Join(temp, "summary"),
		"RESCALE_API_URL=" + s.platform.url, "RESCALE_API_KEY=" + accountKey,
		"INPUT_FILES=jobs", "INPUT_RECURSIVE=true", "INPUT_MAX_COST=500",
	}, inputs...)
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return r
}

// run runs an event to its end, and fails the test when it ends in another way.
func (s *story) run(t *testing.T, want int, clone, event string, inputs ...string) string {
	t.Helper()
	r := s.begin(t, clone, event, inputs...)
	if exit := r.end(t); exit != want {
		t.Fatalf("%s %v: exit code %d, want %d\n%s", event, inputs, exit, want, r.said.String())
	}
	return r.said.String()
}

// killed runs an event whose runner is killed by a request.
func (s *story) killed(t *testing.T, request string, effect bool, clone, event string, inputs ...string) {
	t.Helper()
	s.mu().Lock()
	s.armed, s.effect = request, effect
	r := s.begin(t, clone, event, inputs...)
	s.victim = r.cmd
	s.mu().Unlock()
	if exit := r.end(t); exit != -1 {
		t.Fatalf("%s was not killed by %s: exit code %d\n%s", event, request, exit, r.said.String())
	}
}

func (s *story) mu() *sync.Mutex { return &s.platform.mu }

// doubled runs an event twice at the same time.
func (s *story) doubled(t *testing.T, branch, event string, inputs ...string) {
	t.Helper()
	runners := []*runner{
		s.begin(t, s.clone(t, branch), event, inputs...),
		s.begin(t, s.clone(t, branch), event, inputs...),
	}
	for _, r := range runners {
		if exit := r.end(t); exit != 0 {
			t.Errorf("%s, one of two: exit code %d\n%s", event, exit, r.said.String())
		}
	}
}

// checkOutputs looks for outputs of the steps so far.
func (s *story) checkOutputs(t *testing.T, lines ...string) {
	t.Helper()
	outputs := read(t, filepath.Join(s.dir, "output"))
	for _, line := range lines {
		if !strings.Contains(outputs, line+"\n") {
			t.Errorf("no output %s among\n%s", line, outputs)
		}
	}
}

// simulations are three jobs: mesh, which waits for a file, solve, which waits for mesh,
// and plate.
func simulations(gate string) string {
	return strings.ReplaceAll(`kind: defaults
version: 1
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, coresPerSlot: 1, walltime: 1h}
---
name: mesh
command: until test -e GATE; do sleep 0.02; done; echo meshed > mesh.txt
outputs: {download: [mesh.txt]}
---
name: solve
dependsOn: [mesh]
command: echo solved > solve.txt
outputs: {download: [solve.txt]}
---
name: plate
command: echo warm > plate.txt
outputs: {download: [plate.txt]}
`, "GATE", gate)
}

// TestStory follows a change from its branch to its results, with runners that are killed
// and runners that run twice, and each run is paid for once.
func TestStory(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts some 60 processes")
	}
	t.Parallel()
	dir := t.TempDir()
	s := &story{forge: newForge(t, t.TempDir()), platform: newPlatform(t), dir: dir}
	gate, plan := filepath.Join(dir, "gate"), filepath.Join(dir, "plan.json")
	ada := s.first(t)
	s.push(t, ada, "main", map[string]string{"README.md": "sims\n"})

	// A branch: the plan is a comment, which a second commit changes.
	planned := []string{"INPUT_COMMAND=plan", "INPUT_COMMENT=true", "INPUT_PLAN=" + plan, "PULL_REQUEST=7", "HEAD_REPOSITORY=acme/sims", "GITHUB_REF=refs/pull/7/merge"}
	s.push(t, ada, "wing", map[string]string{"jobs/job.yaml": strings.Replace(simulations(gate), "plate", "plane", 3)})
	s.run(t, 0, s.clone(t, "wing"), "pull_request", planned...)
	s.one(t, "plane", "solve")
	s.checkOutputs(t, "exitcode=2", "pending=true", "spends=3", "max-cost=0.48", "plan-file="+plan)
	s.run(t, 0, s.clone(t, "wing"), "pull_request", append(slices.Clone(planned), "RESCALE_API_KEY=", "HEAD_REPOSITORY=eve/sims")...)
	s.push(t, ada, "wing", map[string]string{"jobs/job.yaml": simulations(gate)})
	s.run(t, 0, s.clone(t, "wing"), "pull_request", planned...)
	s.one(t, "plate", "solve")
	if runs := s.runs(); len(runs) > 0 {
		t.Fatalf("a plan started %v", runs)
	}

	// Its merge: two runners are killed, and then two run at once.
	apply := []string{"INPUT_COMMAND=apply", "INPUT_NO_WAIT=true", "INPUT_PLAN=" + plan}
	s.push(t, ada, "main", nil)
	s.killed(t, "POST /jobs/", true, s.clone(t, "main"), "push", apply...)
	s.killed(t, "POST /submit/", true, s.clone(t, "main"), "push", apply...)
	s.doubled(t, "main", "push", apply...)

	// The schedule, while mesh runs, and when it has ended.
	collect := []string{"INPUT_COMMAND=collect", "INPUT_PLAN=" + plan}
	s.platform.await(t, "mesh", "Executing")
	s.run(t, 0, s.clone(t, "main"), "schedule", "INPUT_COMMAND=status")
	s.checkOutputs(t, "exitcode=101")
	s.doubled(t, "main", "schedule", append(slices.Clone(collect), "INPUT_DOWNLOAD=false")...)
	write(t, gate, "")
	s.platform.await(t, "mesh", "Completed")
	s.killed(t, "POST /submit/", true, s.clone(t, "main"), "schedule", collect...)
	s.doubled(t, "main", "schedule", collect...)
	s.platform.await(t, "solve", "Completed")
	s.checkResults(t, collect)
	s.checkUnreviewed(t, ada, apply)
	s.checkAudit(t, git(t, ada, "rev-parse", "HEAD~1"))
}

// first is the first clone, of a repository without a branch.
func (s *story) first(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, "init", "--quiet", "--initial-branch=main")
	git(t, dir, "remote", "add", "origin", s.forge.url+"/acme/sims.git")
	return dir
}

// TestToolsStory is the same change in the workflow of examples/ci, which finds the plan by
// itself, by a merge that makes another commit.
func TestToolsStory(t *testing.T) {
	t.Parallel()
	needs(t, "act")
	s := &story{forge: newForge(t, t.TempDir()), platform: newPlatform(t), dir: t.TempDir()}
	program, err := exec.LookPath("rescale-apply")
	if err != nil {
		t.Fatal(err)
	}
	h := newHosted(t, fmt.Sprintf("#!/bin/sh\nGITHUB_API_URL=%s/api exec %s \"$@\"\n", s.forge.url, program))
	gate, ada := filepath.Join(s.dir, "gate"), s.first(t)
	s.push(t, ada, "main", map[string]string{".github/workflows/rescale.yml": read(t, "../../examples/ci/github.yml")})
	s.push(t, ada, "wing", map[string]string{"jobs/job.yaml": simulations(gate)})
	s.hosted(t, h, "wing", "pull_request", pullRequest("acme/sims"))
	s.one(t, "plate", "solve")
	git(t, ada, "reset", "--quiet", "--soft", "HEAD~1")
	git(t, ada, "commit", "--quiet", "--message=squashed")
	s.push(t, ada, "main", nil)
	s.hosted(t, h, "main", "push", nil)
	s.hosted(t, h, "main", "schedule", nil)
	write(t, gate, "")
	s.platform.await(t, "mesh", "Completed")
	s.hosted(t, h, "main", "schedule", nil)
	s.platform.await(t, "solve", "Completed")
	s.hosted(t, h, "main", "schedule", nil)
	tree := git(t, ada, "rev-parse", "HEAD^{tree}")
	for _, name := range []string{"mesh", "solve", "plate"} {
		if read(t, filepath.Join(h.artifacts, "rescale-results-"+tree, "results", name, name+".txt")) == "" {
			t.Errorf("no result of %s among the artifacts", name)
		}
	}
	if want, got := []string{"mesh 1", "plate 1", "solve 1"}, s.runs(); !slices.Equal(want, got) {
		t.Errorf("runs %v, want %v", got, want)
	}
	s.checkAudit(t, git(t, ada, "rev-parse", "HEAD"))
}

// hosted runs an event of the workflow in a clone of a branch.
func (s *story) hosted(t *testing.T, h hosted, branch, event string, payload map[string]any) {
	t.Helper()
	h.repo = s.clone(t, branch)
	git(t, h.repo, "remote", "set-url", "origin", "https://github.com/acme/sims.git")
	exit, said, _ := h.event(t, event, payload, "RESCALE_API_URL="+s.platform.url, "RESCALE_API_KEY="+accountKey)
	if exit != 0 {
		t.Fatalf("%s: exit code %d\n%s", event, exit, said)
	}
	if strings.Contains(said, accountKey) {
		t.Errorf("%s: the key was printed\n%s", event, said)
	}
}

func (s *story) checkResults(t *testing.T, collect []string) {
	t.Helper()
	clone := s.clone(t, "main")
	s.run(t, 0, clone, "schedule", collect...)
	for _, name := range []string{"mesh", "solve", "plate"} {
		if got := read(t, filepath.Join(clone, "jobs", "results", name, name+".txt")); got == "" {
			t.Errorf("no result of %s", name)
		}
	}
}

// checkUnreviewed pushes a change that nobody reviewed.
func (s *story) checkUnreviewed(t *testing.T, ada string, apply []string) {
	t.Helper()
	text := strings.Replace(read(t, filepath.Join(ada, "jobs", "job.yaml")), "echo warm", "echo hot", 1)
	s.push(t, ada, "main", map[string]string{"jobs/job.yaml": text})
	if said := s.run(t, 6, s.clone(t, "main"), "push", apply...); !strings.Contains(said, "plate") {
		t.Errorf("what was not reviewed is not named:\n%s", said)
	}
	if want, got := []string{"mesh 1", "plate 1", "solve 1"}, s.runs(); !slices.Equal(want, got) {
		t.Errorf("runs %v, want %v", got, want)
	}
}

// checkAudit balances the account, and finds the commit of each run.
func (s *story) checkAudit(t *testing.T, hash string) {
	t.Helper()
	env := []string{"RESCALE_API_URL=" + s.platform.url, "RESCALE_API_KEY=" + accountKey, "HOME=" + s.dir}
	exit, said := command(t, s.dir, env, "rescale-apply", "audit", "-o", "csv")
	if exit != 0 || strings.Count(said, hash) != 3 {
		t.Errorf("audit: exit code %d, want 0 and three runs of commit %s\n%s", exit, hash, said)
	}
}
