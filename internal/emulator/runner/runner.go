// Package runner runs one shell script as a process tree and ends the whole tree: when the script is done, when it is
// asked to, and when a server that died has left one behind. It knows nothing of jobs.
package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// Mark identifies a process tree across the death of the process that started it.
type Mark struct {
	PID     int
	Started string // when the system started PID, in a form only this package reads; empty when unknown
	Token   string // entry NAME=VALUE of the environment that only this tree has
}

// Command is a script to run.
type Command struct {
	Shell  string // name or path of the shell, such as bash
	Script string // path of the script file
	Dir    string
	Env    []string // the whole environment
	Output *os.File // receives standard output and error; may be shared by commands that run one after the other
	Token  string   // entry of Env that no other tree has

	// Grace is the time between the polite request to end and the kill, when the context ends.
	Grace time.Duration
	// Kill ends the tree at once when it is closed. May be nil.
	Kill <-chan struct{}
	// Started is called once, with the tree's mark, as soon as the script runs. May be nil.
	Started func(Mark)
}

// Run runs the script to its end and returns its exit code; a script that a signal ended has 128 + the signal's
// number, as in a shell. When the context ends or Kill is closed, the tree is ended and the context's cause or
// ErrKilled is returned with the exit code. Processes that the script left running are ended in every case.
func Run(ctx context.Context, c Command) (exitCode int, err error) {
	// A context would kill only the first process of the tree, and at once.
	cmd := exec.Command(c.Shell, c.Script) //nolint:noctx // the tree is ended below
	cmd.Dir = c.Dir
	cmd.Env = c.Env
	cmd.Stdout, cmd.Stderr = c.Output, c.Output
	tree, err := start(cmd)
	if err != nil {
		return 0, fmt.Errorf("starting %s: %w", c.Shell, err)
	}
	mark := Mark{PID: cmd.Process.Pid, Started: startTime(cmd.Process.Pid), Token: c.Token}
	if c.Started != nil {
		c.Started(mark)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = cmd.Wait() // the state tells all
	}()
	err = c.attend(ctx, tree, done)
	tree.kill(mark)
	return exitStatus(cmd.ProcessState), err
}

// ErrKilled is returned by Run when Kill was closed before the script ended.
var ErrKilled = errors.New("killed")

// attend waits for the script's end, and brings it about when asked. It returns why it had to.
func (c Command) attend(ctx context.Context, tree tree, done <-chan struct{}) error {
	var cause error
	select {
	case <-done:
		return nil
	case <-c.Kill:
		cause = ErrKilled
	case <-ctx.Done():
		cause = context.Cause(ctx)
		tree.terminate()
		grace := time.NewTimer(c.Grace)
		defer grace.Stop()
		select {
		case <-done:
			return cause
		case <-c.Kill:
		case <-grace.C:
		}
	}
	tree.kill(Mark{})
	<-done
	return cause
}
