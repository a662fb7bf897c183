package sim_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// platformCalls is all that a story asks of a platform.
type platformCalls interface {
	executor.Platform
	planner.Observer
}

// TestThePlatformIsTheEmulators sends the same calls, as chance has it, to the platform
// of the stories and through the client to the emulator, and compares the answers as far
// as they do not depend on ids and dates.
func TestThePlatformIsTheEmulators(t *testing.T) {
	setting := newSetting(t)
	for seed := range 20 {
		synctest.Test(t, func(t *testing.T) {
			server, client := openEmulator(t)
			defer server.Close()
			w := setting.world(Story{Seed: uint64(seed)}) //nolint:gosec // it is small
			w.platform.fate = func(*job) fate { return fate{ends: succeeded, boot: time.Second, takes: time.Second} }
			a := w.process(0, w.machines[0])
			a.quiet, a.luck, a.cancel = true, w.chance, func(error) {}
			a.machine.disk.text = []byte("{}\n")
			model, emulated := newDialog(t, line{apply: a}), newDialog(t, client)
			c := chance(seed).of("dialog") //nolint:gosec // it is small
			for n := range 60 {
				at := c.of(n)
				was, is := model.say(at), emulated.say(at)
				if diff := cmp.Diff(is, was); diff != "" {
					t.Fatalf("seed %d, call %d (-emulator +model):\n%s", seed, n, diff)
				}
			}
		})
	}
}

// dialog is with one platform. It calls jobs by numbers.
type dialog struct {
	t    *testing.T
	p    platformCalls
	jobs []string
}

func newDialog(t *testing.T, p platformCalls) *dialog {
	t.Helper()
	return &dialog{t: t, p: p}
}

// say sends one call and gives the answer in words.
func (d *dialog) say(c chance) (answer string) {
	d.t.Helper()
	time.Sleep(5 * time.Second) // what was submitted has come to its end
	if len(d.jobs) == 0 || c.of("create").one(5) {
		return d.create(c)
	}
	ctx, id := d.t.Context(), pick(c.of("job"), d.jobs)
	var err error
	what := c.of("what").upTo(12)
	defer func() { answer = fmt.Sprintf("call %d of %d: %s", what, d.number(id), answer) }()
	switch what {
	case 0, 1:
		return d.list(c.of("state").one(2))
	case 2:
		err = d.p.SubmitJob(ctx, id)
		time.Sleep(10 * time.Second)
	case 3:
		err = d.p.DeleteJob(ctx, id)
	case 4:
		err = d.p.UpdateJob(ctx, id, d.body(c))
	case 5:
		err = d.p.StopJob(ctx, id)
	case 6:
		return d.statuses(id)
	case 7:
		err = d.p.AddTag(ctx, id, fmt.Sprint("tag ", c.of("tag").upTo(3)))
	case 8:
		err = d.p.RemoveTag(ctx, id, fmt.Sprint("tag ", c.of("tag").upTo(3)))
	case 9:
		tags, err := d.p.Tags(ctx, id)
		return fmt.Sprintln(tags, class(err))
	case 10:
		return d.outputs(id)
	case 11:
		return d.show(id)
	}
	return class(err)
}

// class is what an error means to the tool.
func class(err error) string {
	var refused *rescale.Error
	if errors.As(err, &refused) {
		return fmt.Sprint("status ", refused.Status)
	}
	return fmt.Sprint(err)
}

func (d *dialog) body(c chance) rescale.JobRequest {
	key := once.Key{Digest: "d", Name: string(rune('a' + c.of("name").upTo(3))), Generation: 1, Attempt: 1 + c.of("attempt").upTo(2)}
	return key.Sign(rescale.JobRequest{Name: key.Name, JobAnalyses: []rescale.JobAnalysis{{
		Analysis: rescale.AnalysisRef{Code: "user_included", Version: "0"}, Command: fmt.Sprint("true ", c.of("command").upTo(3)),
		Hardware: rescale.Hardware{CoreType: "emerald", CoresPerSlot: 1},
	}}}, "")
}

func (d *dialog) create(c chance) string {
	made, err := d.p.CreateJob(d.t.Context(), d.body(c))
	if err == nil {
		d.jobs = append(d.jobs, made.ID)
	}
	return fmt.Sprintln("created", made.Name, class(err))
}

// number is what a job is called.
func (d *dialog) number(id string) int { return slices.Index(d.jobs, id) }

func (d *dialog) list(unfinished bool) string {
	query := rescale.JobQuery{}
	if unfinished {
		query.State = rescale.StateNotCompleted
	}
	var lines []string
	listing, err := d.p.Jobs(d.t.Context(), query, func(i rescale.JobItem) bool {
		lines = append(lines, fmt.Sprint(d.number(i.ID), i.Name, i.Owner, i.Status))
		return true
	})
	return fmt.Sprint(strings.Join(lines, "\n"), listing.Count, listing.Stable, class(err))
}

func (d *dialog) statuses(id string) string {
	history, err := d.p.Statuses(d.t.Context(), id)
	var words []string
	for _, s := range history {
		words = append(words, s.Status+" "+s.Reason)
	}
	return fmt.Sprint(words, class(err))
}

func (d *dialog) show(id string) string {
	j, err := d.p.Job(d.t.Context(), id)
	text := fmt.Sprint(d.number(j.ID), j.Name, j.Owner, j.ClonedFrom, j.Tags, class(err))
	for _, tile := range j.Tiles {
		text += fmt.Sprintf("\n%s %s %q %v %s %d %d %d %v", tile.AnalysisCode, tile.VersionCode, tile.Command, tile.EnvVars, tile.CoreType, tile.CoresPerSlot, tile.Slots, tile.Walltime, tile.Inputs)
	}
	return text
}

// outputs reports whether what was printed is there.
func (d *dialog) outputs(id string) string {
	found, err := d.p.JobFiles(d.t.Context(), id, "")
	i := slices.IndexFunc(found, func(f rescale.File) bool { return f.RelativePath == printed })
	if i < 0 {
		return class(err)
	}
	f := found[i]
	named := strings.HasSuffix(f.Path, "job_"+id+"/run1/"+printed)
	return fmt.Sprintln(f.RelativePath, f.Type, f.Owner, f.Complete, f.Deleted, len(f.SHA512), named, class(err))
}
