//go:build unix

package emulator_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

// A tree whose leaf left the process group and ignores SIGTERM.
const stubborn = `trap '' TERM
(trap '' TERM; setsid sh -c 'trap "" TERM; echo $$ > "$DIR/leaf.tmp"; mv "$DIR/leaf.tmp" "$DIR/leaf"; while :; do sleep 0.05; done') &
while :; do sleep 0.05; done`

// leafOf waits for the number of the process that the stubborn command started.
func leafOf(t *testing.T, dir string) (pid int) {
	t.Helper()
	eventually(t, "the command starts its child", func() bool {
		text, err := os.ReadFile(filepath.Join(dir, "leaf"))
		if err != nil {
			return false
		}
		pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
		return err == nil
	})
	return pid
}

func wantGone(t *testing.T, pid int) {
	t.Helper()
	eventually(t, "the process ends", func() bool { return syscall.Kill(pid, 0) != nil || zombie(pid) })
}

func zombie(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && strings.Contains(string(stat), ") Z ")
}

func needLinux(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("processes that leave their group are found on Linux only")
	}
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip("no setsid")
	}
}

func TestStopEndsTheWholeTree(t *testing.T) {
	t.Parallel()
	needLinux(t)
	for name, path := range map[string]string{"stop": "/stop/", "force": "/force_stop/"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, config(t))
			dir := t.TempDir()
			id := p.start(job{Command: "echo partial > partial.txt\n" + stubborn, Env: map[string]string{"DIR": dir}})
			leaf := leafOf(t, dir)
			p.want(202, "POST", "/api/v2/jobs/"+id+path, "")
			p.await(id, completed)
			wantGone(t, leaf)
			if got := p.outputs(id)["partial.txt"]; got != "partial\n" {
				t.Errorf("files of a stopped job are kept; got %q", got)
			}
			p.want(202, "POST", "/api/v2/jobs/"+id+path, "")
			want := []string{"Pending", "Queued", "Started", "Validated", "Executing", "Stopping: User Terminated", "Completed: User Terminated"}
			if name == "force" {
				want[5] = "Force Stop: User Terminated"
			}
			if diff := cmp.Diff(want, p.history(id)); diff != "" {
				t.Errorf("statuses (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLeftOverProcessesEndWithTheScript(t *testing.T) {
	t.Parallel()
	needLinux(t)
	p := open(t, config(t))
	dir := t.TempDir()
	id := p.run(job{Command: "setsid sh -c 'echo $$ > $DIR/leaf.tmp; mv $DIR/leaf.tmp $DIR/leaf; sleep 60' &\nwhile [ ! -e $DIR/leaf ]; do sleep 0.01; done", Env: map[string]string{"DIR": dir}})
	wantGone(t, leafOf(t, dir))
	if got := p.history(id); got[len(got)-1] != "Completed: Completed successfully" {
		t.Errorf("%v", got)
	}
}

func TestWalltime(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Speed = 3600 * 5 // an hour takes 200 ms
	p := open(t, cfg)
	id := p.run(job{Command: "while :; do sleep 0.01; done"})
	want := []string{"Pending", "Queued", "Started", "Validated", "Executing", "Stopping: Walltime exceeded", "Completed: Walltime exceeded"}
	if diff := cmp.Diff(want, p.history(id)); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
}

func TestStopBeforeValidated(t *testing.T) {
	t.Parallel()
	for name, stuck := range map[string]bool{"ends": false, "stuck": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			cfg.Speed = 0.01
			cfg.Switches.StuckStop = stuck
			p := open(t, cfg)
			id := p.start(job{Command: "true"})
			p.want(202, "POST", "/api/v2/jobs/"+id+"/stop/", "")
			want := []string{"Pending"}
			if !stuck {
				p.await(id, completed)
				want = append(want, "Stopping: User Terminated", "Completed: User Terminated")
			}
			if diff := cmp.Diff(want, p.history(id)); diff != "" {
				t.Errorf("statuses (-want +got):\n%s", diff)
			}
			p.want(204, "DELETE", "/api/v2/jobs/"+id+"/", "")
		})
	}
}

func TestClusterHoldsUpDelete(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Speed = 200
	p := open(t, cfg)
	id := p.start(job{Command: "true"})
	p.want(404, "GET", "/api/v2/jobs/"+id+"/cluster_statuses/", "")
	p.await(id, completed)
	p.want(400, "DELETE", "/api/v2/jobs/"+id+"/", "")
	err := p.server.Await(t.Context(), func([]emulator.JobInfo) bool {
		return p.results("/api/v2/jobs/" + id + "/cluster_statuses/")[0]["status"] == "Stopped"
	})
	if err != nil {
		t.Fatal(err)
	}
	p.want(204, "DELETE", "/api/v2/jobs/"+id+"/", "")
}
