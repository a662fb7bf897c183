//go:build unix

package runner

import (
	"os"
	"os/exec"
	"syscall"
)

// tree is a process group, and on Linux also whatever carries its token.
type tree struct{ group int }

func start(cmd *exec.Cmd) (tree, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return tree{}, err
	}
	return tree{group: cmd.Process.Pid}, nil
}

func (t tree) terminate() { _ = syscall.Kill(-t.group, syscall.SIGTERM) }

// kill ends the group. With a mark it also ends processes that left the group; the group is empty or gone then, or
// holds only what the script left running: its number cannot have been given to others before its last member ended.
func (t tree) kill(mark Mark) {
	_ = syscall.Kill(-t.group, syscall.SIGKILL)
	if mark.Token != "" {
		killMarked(mark.Token)
	}
}

func exitStatus(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}

// Reap ends what is left of the tree that a former process of this program started, if it provably is that tree.
func Reap(mark Mark) {
	if mark.Token != "" {
		killMarked(mark.Token)
	}
	if mark.PID > 1 && mark.Started != "" && startTime(mark.PID) == mark.Started {
		_ = syscall.Kill(-mark.PID, syscall.SIGKILL)
	}
}
