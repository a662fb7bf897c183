package cluster

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
	"github.com/rescale-apply/rescale-apply/internal/emulator/runner"
	"github.com/rescale-apply/rescale-apply/internal/emulator/workdir"
)

// LogName is the file that receives what the commands print.
const LogName = "process_output.log"

var errWalltime = errors.New("walltime exceeded")

// run is one execution of a job's commands.
type run struct {
	c    *Cluster
	life *life
	job  *disk.Job
	dir  string // holds the log and the scripts
	home string
	work string
	log  *os.File
	key  string // job-scoped API key

	staged workdir.Snapshot
	exit   int
}

// execute runs the job's commands and registers what they wrote. Its only errors are errClosed and errStopped.
func (c *Cluster) execute(l *life) (ending, error) {
	if l.ctx.Err() != nil {
		return ending{}, context.Cause(l.ctx)
	}
	r, err := c.newRun(l)
	if err != nil {
		c.note(err)
		return brokenOff(runFailed), nil
	}
	cause := r.commands()
	if errors.Is(cause, errClosed) {
		c.note(errors.Join(r.log.Close(), os.RemoveAll(r.dir)))
		return ending{}, errClosed
	}
	c.note(errors.Join(r.log.Close(), r.register()))
	switch {
	case errors.Is(cause, errStopped):
		return ending{}, errStopped
	case errors.Is(cause, errWalltime):
		return brokenOff(walltimeExceeded), nil
	case cause != nil || r.exit != 0:
		return brokenOff(runFailed), nil //nolint:nilerr // what kept the command from running fails the job, not the platform
	}
	return ending{final: succeeded}, nil
}

func (c *Cluster) newRun(l *life) (*run, error) {
	job, ok := c.cfg.Store.Job(l.id)
	if !ok {
		return nil, disk.ErrNotFound
	}
	dir := c.cfg.Store.RunDir(job)
	r := &run{c: c, life: l, dir: dir, home: filepath.Join(dir, "home"), work: filepath.Join(dir, "home", "work"), key: newKey()}
	if err := os.RemoveAll(dir); err != nil { // left by a former process
		return nil, fmt.Errorf("clearing run folder: %w", err)
	}
	if err := os.MkdirAll(r.work, 0o700); err != nil {
		return nil, fmt.Errorf("creating run folder: %w", err)
	}
	if err := os.WriteFile(filepath.Join(r.home, "machinefile"), []byte("localhost\n"), 0o600); err != nil {
		return nil, fmt.Errorf("creating run folder: %w", err)
	}
	log, err := os.OpenFile(filepath.Join(dir, LogName), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("creating run folder: %w", err)
	}
	r.log = log
	r.job, err = r.begin()
	return r, errors.Join(err, closeOn(err, log))
}

func closeOn(err error, f *os.File) error {
	if err == nil {
		return nil
	}
	return f.Close()
}

func newKey() string {
	key := make([]byte, 20)
	_, _ = rand.Read(key) // never fails: crypto/rand
	return hex.EncodeToString(key)
}

// begin brings the job's own API key to life.
func (r *run) begin() (*disk.Job, error) {
	sum := hashKey(r.key)
	r.c.mu.Lock()
	r.c.keys[sum] = r.life.id
	r.c.mu.Unlock()
	return r.c.cfg.Store.UpdateJob(r.life.id, func(j *disk.Job) error {
		j.Keys = append(j.Keys, sum)
		j.Started, j.Ended, j.ExitCode = r.c.cfg.Store.Now(), time.Time{}, nil
		return nil
	})
}

// commands stages the inputs and runs the tiles in order, up to the first that fails. It returns why they were broken
// off.
func (r *run) commands() error {
	staged, err := workdir.Stage(r.work, r.inputs())
	if err != nil {
		r.complain(err)
		return err
	}
	r.staged = staged
	// Commands may look at their own log. Where that cannot be, because an input has the name or the file system has
	// no hard links, they do without: the log itself lies outside of their folder.
	_ = os.Link(filepath.Join(r.dir, LogName), filepath.Join(r.work, LogName))
	for i := range r.job.Spec.Tiles {
		if err := r.tile(&r.job.Spec.Tiles[i]); err != nil || r.exit != 0 {
			return err
		}
	}
	return nil
}

// complain tells the user through the log, the only place where a job can.
func (r *run) complain(err error) {
	_, writeErr := fmt.Fprintf(r.log, "rescale emulator: %v\n", err)
	r.c.note(writeErr)
}

func (r *run) inputs() []workdir.Input {
	var out []workdir.Input
	for _, tile := range r.job.Spec.Tiles {
		for _, input := range tile.Inputs {
			out = append(out, r.input(input.ID, input.Decompress))
		}
		for _, script := range []string{tile.PreScript, tile.PostScript} {
			if script != "" {
				out = append(out, r.input(script, false))
			}
		}
	}
	return out
}

func (r *run) input(id string, unpack bool) workdir.Input {
	file, ok := r.c.cfg.Store.File(id)
	if !ok {
		return workdir.Input{Name: id} // staging tells that there is no content
	}
	return workdir.Input{Name: file.Name, Content: r.c.cfg.Store.Content(file), ModTime: file.Uploaded, Unpack: unpack}
}

// tile runs the commands of one analysis within its walltime.
func (r *run) tile(t *disk.Tile) error {
	ctx := r.life.ctx
	if t.Walltime != nil {
		var cancel context.CancelFunc
		limit := r.c.real(time.Duration(*t.Walltime) * time.Hour)
		ctx, cancel = context.WithTimeoutCause(ctx, limit, errWalltime)
		defer cancel()
	}
	for _, command := range []string{t.PreCommand, t.Command, t.PostCommand} {
		if command == "" {
			continue
		}
		if err := r.command(ctx, command, t); err != nil || r.exit != 0 {
			return err
		}
	}
	return nil
}

func (r *run) command(ctx context.Context, text string, t *disk.Tile) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	script := filepath.Join(r.dir, "command.sh")
	if err := os.WriteFile(script, []byte(text+"\n"), 0o600); err != nil {
		r.complain(err)
		return err
	}
	exit, err := runner.Run(ctx, runner.Command{
		Shell: r.c.cfg.Shell, Script: script, Dir: r.work, Env: r.environment(t), Output: r.log, Token: newKey(),
		Grace: r.c.cfg.Grace, Kill: r.life.kill, Started: r.remember,
	})
	r.exit = exit
	switch {
	case errors.Is(err, runner.ErrKilled):
		return context.Cause(r.life.ctx) // whoever kills ends the context first
	case err != nil && ctx.Err() == nil:
		r.complain(err)
	}
	return err
}

// remember writes down the process tree, so that the next process can end it if this one dies.
func (r *run) remember(m runner.Mark) {
	process := disk.Process(m)
	r.c.update(r.life.id, func(j *disk.Job) { j.Process = &process })
}
