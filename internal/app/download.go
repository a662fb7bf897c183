package app

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/cmdline"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

func (t *tool) downloadCommand() *cli.Command {
	flags := []cli.Flag{
		&cli.StringFlag{Name: "to", DefaultText: "outputs.to of the manifest, or results/NAME", Usage: "`FOLDER` to write to; with several jobs, one folder for each in it"},
		&cli.BoolFlag{Name: "list", Usage: "only show what would be downloaded"},
		&cli.BoolFlag{Name: "all", Usage: "every file, not only those of outputs.download"},
		&cli.StringSliceFlag{Name: "include", Usage: "files that match `PATTERN`, not those of outputs.download; may be repeated"},
		&cli.StringSliceFlag{Name: "exclude", Usage: "leave out files that match `PATTERN`; may be repeated"},
		&cli.IntFlag{Name: "parallel", Value: 4, Usage: "transfers at once: `N`"},
	}
	return &cli.Command{
		Name:      "download",
		Usage:     "fetch the result files of jobs, of a manifest or of any id",
		ArgsUsage: "[NAME | ID ...]",
		UsageText: "rescale-apply download -f job.yaml\n   rescale-apply download -f job.yaml heat --to /tmp/heat --include '*.csv'\n" +
			"   rescale-apply download -f job.yaml --list\n   rescale-apply download QwErTy --to /tmp/heat --all",
		Flags:  join(manifestFlags(), flags, platformFlags(), outputFlags("text", "json")),
		Action: t.download,
	}
}

func (t *tool) download(c *cli.Context) error {
	output, err := format(c, "text", "json")
	if err == nil {
		err = positive(c, "parallel")
	}
	if err == nil && c.Bool("all") && c.IsSet("include") {
		err = cmdline.Usage("--all and --include contradict each other", "leave one of them out")
	}
	if err != nil {
		return err
	}
	if len(c.StringSlice("filename")) > 0 {
		return t.session(c, func(s *session) error {
			orders, err := t.ofManifest(c, s)
			return errors.Join(t.deliver(c, s, orders, output), err)
		})
	}
	orders, err := ofIDs(c)
	if err != nil {
		return err
	}
	return t.visit(c, func(s *session) error { return t.deliver(c, s, orders, output) })
}

// visit connects with the platform without a manifest and does the work of a verb.
func (t *tool) visit(c *cli.Context, work func(*session) error) (err error) {
	s := &session{notices: &notices{showing: t.plainly()}}
	if err := t.connect(c, s); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	return work(s)
}

// order is one job whose results are asked for.
type order struct {
	name   string // in the manifest; its id without one
	id     string
	wish   results.Wish
	run    state.Run      // as far as it is known
	checks success.Checks // of the manifest, for a run that nobody has judged by them
}

// ofIDs takes the arguments for ids of jobs on the platform.
func ofIDs(c *cli.Context) ([]order, error) {
	ids := c.Args().Slice()
	if len(ids) == 0 {
		return nil, cmdline.Usage("neither a manifest nor the id of a job is given", "rescale-apply download -f job.yaml, or rescale-apply download ID --to FOLDER")
	}
	if c.IsSet("target") {
		return nil, cmdline.Usage("--target chooses from a manifest, and none is given", "rescale-apply download -f job.yaml --target NAME")
	}
	var orders []order
	for _, id := range ids {
		if strings.HasSuffix(id, ".yaml") || strings.HasSuffix(id, ".yml") {
			return nil, cmdline.Usage(fmt.Sprintf("%q is not the id of a job", id), "rescale-apply download -f "+id)
		}
		wish := results.Wish{Include: []string{"**"}, To: "results/" + id, Dir: "."}
		if to := c.String("to"); to != "" {
			wish.To = to
			if len(ids) > 1 {
				wish.To = filepath.Join(to, id)
			}
		}
		orders = append(orders, order{name: id, id: id, wish: asFlagged(c, wish)})
	}
	return orders, nil
}

// ofManifest takes the arguments for names of the manifest's jobs. What it cannot
// order is in the error; the rest is ordered.
func (t *tool) ofManifest(c *cli.Context, s *session) ([]order, error) {
	jobs, err := chosen(s.jobs, c.Args().Slice())
	if err != nil {
		return nil, err
	}
	_, snapshot, err := s.recall(c.Context)
	if err != nil {
		return nil, err
	}
	var orders []order
	for _, job := range jobs {
		run, ok := snapshot.Last(job.Name.V)
		if !ok || run.ID == "" {
			err = errors.Join(err, cmdline.Usage(fmt.Sprintf("job %q has not run yet", job.Name.V), "apply it first"))
			continue
		}
		wish := wishOf(job)
		wish.Whole = run.Stage == state.StageFinished
		for _, earlier := range snapshot.Runs[job.Name.V] {
			wish.Runs = append(wish.Runs, earlier.ID)
		}
		if to := c.String("to"); to != "" {
			wish.To, wish.Dir = to, "."
			if s.written > 1 {
				wish.To = filepath.Join(to, job.FolderName())
			}
		}
		orders = append(orders, order{
			name: job.Name.V, id: run.ID, wish: asFlagged(c, wish), run: run, checks: success.Of(job.Success),
		})
	}
	return orders, err
}

// chosen keeps the jobs that are named; without names, all.
func chosen(jobs []spec.Job, names []string) ([]spec.Job, error) {
	if len(names) == 0 {
		return jobs, nil
	}
	for _, name := range names {
		called := slices.ContainsFunc(jobs, func(j spec.Job) bool { return j.Called(name) })
		if !called && len(diag.Nearest(name, jobNames(jobs))) == 0 {
			return nil, cmdline.Usage(fmt.Sprintf("the manifest has no job %q", name), "for a job by its id, leave the manifest out: rescale-apply download "+name)
		}
	}
	wanted, err := called(jobs, names, "")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(jobs), func(j spec.Job) bool { return !wanted[j.Name.V] }), nil
}

// wishOf is what the manifest wants of a job; everything when it does not say.
func wishOf(job spec.Job) results.Wish {
	// Inputs that are not there now cannot be written over.
	inputs, _ := files.Find([]spec.Job{job})
	wish := results.Of(resolver.Job{
		Name: job.Name.V, Dir: job.Dir, Manifest: filepath.Join(job.Dir, filepath.Base(job.File)), Table: job.Table,
		Inputs: inputs[0], Outputs: job.Outputs, Results: job.ResultsFolder(),
	})
	if len(wish.Include) == 0 {
		wish.Include = []string{"**"}
	}
	return wish
}

// asFlagged is the wish as the flags change it.
func asFlagged(c *cli.Context, wish results.Wish) results.Wish {
	if c.Bool("all") {
		wish.Include, wish.Exclude, wish.Whole = []string{"**"}, nil, false
	}
	if include := c.StringSlice("include"); len(include) > 0 {
		wish.Include, wish.Exclude, wish.Whole = include, nil, false
	}
	if exclude := c.StringSlice("exclude"); len(exclude) > 0 {
		wish.Exclude, wish.Whole = slices.Concat(wish.Exclude, exclude), false
	}
	return wish
}

// selects tells a wish for some files only.
func selects(wish results.Wish) bool {
	return len(wish.Exclude) > 0 || slices.ContainsFunc(wish.Include, func(pattern string) bool { return pattern != "**" })
}

// deliver fetches or lists what was ordered, one job after the other, and goes on
// with the next one whatever happens to one.
func (t *tool) deliver(c *cli.Context, s *session, orders []order, output string) error {
	var failures []error
	var done []show.Delivery
	for _, o := range orders {
		delivery, err := t.fetch(c, s, o)
		if output == "text" && (err == nil || len(delivery.Files) > 0) {
			t.style(c).Delivery(t.Stdout, delivery)
		}
		if output == "text" && err == nil && len(delivery.Files) == 0 && selects(o.wish) {
			fmt.Fprintf(t.Stderr, "hint: no result of %s matches; download --list --all shows what there is\n", o.name)
		}
		for _, e := range unsaid(o.explained(c, s.refused(err))) {
			delivery.Failures = append(delivery.Failures, e)
			failures = append(failures, fmt.Errorf("job %s: %w", o.name, e))
		}
		done = append(done, delivery)
		if c.Context.Err() != nil {
			break
		}
	}
	if output == "json" {
		failures = append(failures, show.WriteDeliveries(t.Stdout, done))
	}
	return errors.Join(failures...)
}

func (t *tool) fetch(c *cli.Context, s *session, o order) (show.Delivery, error) {
	delivery := show.Delivery{Job: o.name, ID: o.id, To: o.wish.Folder(), Listed: c.Bool("list")}
	over, err := t.judged(c, s, o)
	if err != nil {
		return delivery, err
	}
	d := results.Download{
		Platform: s.platform, ID: o.id, Wish: o.wish, Over: over, Parallel: c.Int("parallel"),
		Warn: func(message string) { t.warn("job " + o.name + ": " + message) },
	}
	if delivery.Listed {
		d.Say = func(n results.Notice) { t.warn(o.name + ": " + n.Text) }
		listed, err := d.List(c.Context)
		for _, r := range listed {
			delivery.Files = append(delivery.Files, show.DeliveredFile{Path: r.Path, Size: r.File.Size, SHA512: r.File.SHA512, Refused: r.Refused})
		}
		return delivery, err
	}
	watcher := t.watcher(c, "text", planner.Plan{})
	tell := executor.Paced(0, watcher.Event)
	s.notices.through(showing{func(message string) { tell(executor.Event{Type: executor.EventWarning, Message: message}) }, watcher.Print})
	defer t.suspend(watcher)() //nolint:revive // it begins now, and ends then
	d.Tell = func(transfer results.Transfer) { tell(executor.Downloading(o.name, o.id, transfer)) }
	d.Say = func(n results.Notice) { tell(executor.Noticed(o.name, o.id, n)) }
	outputs, err := d.Run(c.Context)
	s.notices.through(t.plainly())
	watcher.Close()
	for _, file := range outputs {
		delivery.Files = append(delivery.Files, show.DeliveredFile{Path: file.Path, Size: file.Size, SHA512: file.SHA512})
	}
	return delivery, err
}

// judged tells whether a run is over, and says so when it did not succeed: an apply that
// did not wait has not seen the end.
func (t *tool) judged(c *cli.Context, s *session, o order) (over bool, err error) {
	if o.run.Stage == state.StageFinished && o.checks.Judged(o.run) {
		t.ended(o, verdict.Judgement{Verdict: verdict.Verdict(o.run.Verdict), Reason: o.run.Reason})
		return true, nil
	}
	history, err := s.platform.Statuses(c.Context, o.id)
	if err != nil {
		return false, err
	}
	judged, over := verdict.Judge(history)
	if !over {
		if !c.Bool("list") {
			t.warn("job " + o.name + " is not finished; these are the files so far")
		}
		return false, nil
	}
	judged, err = success.Examiner{Platform: s.platform}.Judge(c.Context, o.id, judged, o.checks)
	var unknown *success.UnknownError
	switch {
	case errors.As(err, &unknown):
		t.warn("job " + o.name + ": its success is not known yet: " + unknown.Err.Error())
	case err != nil:
		return true, err
	default:
		t.ended(o, judged)
	}
	return true, nil
}

// ended warns of the results of a run that did not succeed.
func (t *tool) ended(o order, j verdict.Judgement) {
	if j.Verdict != verdict.Succeeded {
		t.warn(fmt.Sprintf("job %s: run %s %s: %s", o.name, o.id, j.Verdict, j.Reason))
	}
}

// explained tells what is wrong with an id that the platform does not know.
func (o order) explained(c *cli.Context, err error) error {
	var bad *rescale.BadIDError
	if len(c.StringSlice("filename")) > 0 || !errors.As(err, &bad) && !patience.NotFound(err) {
		return err
	}
	return cmdline.Usage(fmt.Sprintf("the platform has no job %q", o.id),
		"without -f, jobs are named by their ids, such as QwErTy; those of a manifest by: rescale-apply download -f job.yaml "+o.id)
}
