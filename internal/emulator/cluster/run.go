package cluster

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
	"github.com/rescale-apply/rescale-apply/internal/emulator/runner"
	"github.com/rescale-apply/rescale-apply/internal/emulator/workdir"
)

// LogName is the file that receives what the commands print.
const LogName = "process_output.log"

// run is one execution of a job's commands.
type run struct {
	*execution
	number int
	dir    string // holds the log and the scripts
	home   string
	work   string
	log    *os.File

	staged workdir.Snapshot
	exit   int
}

// WorkFolder is where the commands of a run work, in the folder of the run. The platform's logs call it ~/work/shared
// and its guide ~/work. So ~/work leads to all that lies in it, and has it as a whole as shared. It is not ~/work
// itself: a command may have a folder "shared" of its own.
func WorkFolder(dir string) string { return filepath.Join(dir, "work") }

func (e *execution) newRun(n int) (*run, error) {
	dir := e.c.cfg.Store.RunDir(e.job, n)
	r := &run{execution: e, number: n, dir: dir, home: filepath.Join(dir, "home"), work: WorkFolder(dir)}
	if err := os.RemoveAll(dir); err != nil { // left by a former process
		return nil, fmt.Errorf("clearing run folder: %w", err)
	}
	for _, folder := range []string{r.work, r.links()} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, fmt.Errorf("creating run folder: %w", err)
		}
	}
	if err := os.WriteFile(filepath.Join(r.home, "machinefile"), []byte("localhost\n"), 0o600); err != nil {
		return nil, fmt.Errorf("creating run folder: %w", err)
	}
	if err := r.attach(); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(dir, LogName), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("creating run folder: %w", err)
	}
	r.log = log
	err = r.record(func(record *disk.Run) { record.Started = e.c.cfg.Store.Now() })
	return r, errors.Join(err, closeOn(err, log))
}

// attach mounts the job's storage where the platform does. Where links cannot be made, it does without.
func (r *run) attach() error {
	for _, id := range r.job.Devices {
		folder := r.c.cfg.Store.DeviceDir(id)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return fmt.Errorf("attaching storage %s: %w", id, err)
		}
		_ = os.Symlink(folder, filepath.Join(r.home, "storage_"+id)) // Windows may not let us
	}
	return nil
}

// leaveOnStorage leaves the work folder where jobs that share its storage look for it.
func (r *run) leaveOnStorage() error {
	for _, id := range r.job.Devices {
		folder := filepath.Join(r.c.cfg.Store.DeviceDir(id), "jobs", r.job.ID, "run", strconv.Itoa(r.number))
		if err := os.RemoveAll(folder); err != nil { // of a former attempt
			return fmt.Errorf("leaving files on storage %s: %w", id, err)
		}
		if err := os.CopyFS(folder, os.DirFS(r.work)); err != nil {
			return fmt.Errorf("leaving files on storage %s: %w", id, err)
		}
	}
	return nil
}

// links is ~/work.
func (r *run) links() string { return filepath.Join(r.home, "work") }

// record changes what is kept of the run.
func (r *run) record(change func(*disk.Run)) error {
	_, err := r.c.cfg.Store.UpdateJob(r.life.id, func(j *disk.Job) error {
		change(&j.Runs[r.number-1])
		return nil
	})
	return err
}

// clear removes the run's folder.
func (r *run) clear() error { return os.RemoveAll(r.dir) }

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

// commands stages the inputs and runs the tiles in order, up to the first that fails. It returns why they were broken
// off.
func (r *run) commands(ctx context.Context) error {
	staged, err := workdir.Stage(r.work, r.inputs())
	if err != nil {
		r.complain(err)
		return err
	}
	r.staged = staged
	// Commands may look at their own log. Where that cannot be, because an input has the name or the file system has
	// no hard links, they do without: the log itself lies outside of their folder.
	_ = os.Link(filepath.Join(r.dir, LogName), filepath.Join(r.work, LogName))
	if err := r.render(); err != nil {
		r.complain(err)
		return err
	}
	if r.job.Spec.RenderOnly {
		return nil
	}
	last := r.lastDesktop()
	for i := range r.job.Spec.Tiles {
		if err := r.tile(ctx, &r.job.Spec.Tiles[i], i == last); err != nil || r.exit != 0 {
			return err
		}
	}
	return nil
}

// lastDesktop returns the tile in which a run waits to be stopped, so that the other desktops of the job are there,
// too; -1 for none.
func (r *run) lastDesktop() int {
	last := -1
	for i := range r.job.Spec.Tiles {
		if r.job.Spec.Tiles[i].Interactive {
			last = i
		}
	}
	return last
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

// tile runs the commands of one analysis within its walltime. One that stays ends only when it is stopped.
func (r *run) tile(ctx context.Context, t *disk.Tile, stays bool) error {
	if t.Walltime != nil {
		var cancel context.CancelFunc
		limit := r.c.real(time.Duration(*t.Walltime) * time.Hour)
		ctx, cancel = context.WithTimeoutCause(ctx, limit, errWalltime)
		defer cancel()
	}
	for _, command := range []string{t.PreCommand, t.Command} {
		if err := r.command(ctx, command, t); err != nil || r.exit != 0 {
			return err
		}
	}
	if err := r.after(ctx, t); err != nil || r.exit != 0 {
		return err
	}
	if stays {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	return nil
}

// after runs the script after the command, and in a design of experiments keeps the values that it prints.
func (r *run) after(ctx context.Context, t *disk.Tile) error {
	from, err := r.printed()
	if err != nil {
		return err
	}
	if err := r.command(ctx, t.PostCommand, t); err != nil || r.exit != 0 || !r.job.Designed() {
		return err
	}
	return r.measure(from)
}

// command runs one command of a tile; the empty one does nothing.
func (r *run) command(ctx context.Context, text string, t *disk.Tile) error {
	if text == "" {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := workdir.Mirror(r.work, r.links()); err != nil {
		r.complain(err)
		return err
	}
	script := filepath.Join(r.dir, "command.sh")
	if err := os.WriteFile(script, []byte(text+"\n"), 0o600); err != nil {
		r.complain(err)
		return err
	}
	exit, err := runner.Run(ctx, runner.Command{
		Shell: r.c.cfg.Shell, Script: script, Dir: r.work, Env: r.environment(t), Output: r.log, Token: r.homeEntry(),
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
	r.c.note(r.record(func(record *disk.Run) { record.Process = &process }))
}
