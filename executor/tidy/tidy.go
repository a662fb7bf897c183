// Package tidy deletes jobs and drafts that somebody named, and keeps those that are still
// of use: what runs, what is protected, what others build on, and the newest runs of a name,
// without which the next apply pays again. Input files are never deleted. It knows no
// journal and no command line.
package tidy

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/overrun"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/stop"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Finder is what a look needs of the platform. It sends GETs only.
type Finder interface {
	once.Reader
	ClusterStatuses(ctx context.Context, id string) ([]rescale.Status, error)
	JobFiles(ctx context.Context, id, search string) ([]rescale.File, error)
	Tags(ctx context.Context, id string) ([]rescale.Tag, error)
}

// Job is a job or draft that somebody wants to delete, as it is now.
type Job struct {
	once.Found                 // the key is empty when the job is not ours
	There      bool            // the platform has it
	Own        bool            // it is of the account that asks
	Ours       bool            // this tool made it: it carries a key, and is no clone
	Size       Size            // of its results
	results    map[string]bool // ids of its files
	cluster    history         // of its cluster
	tagged     bool            // a stop has found that it is over, though it shows no end
}

type history = []rescale.Status

// Size is what the results of a job take.
type Size struct {
	Files int
	Bytes int64
}

// Price is what is known of the cost of running a job once more.
type Price struct {
	Cores    int           // of its largest tile
	CoreType string        // code of that tile's
	Economy  bool          // the run was of the lower priority, which costs less
	Walltime int           // hours that it was allowed; 0 when the platform does not say
	Ran      time.Duration // of its command; 0 when it never ran, or has not ended
}

// Price is what the run can cost if it has to be made again.
func (j Job) Price() Price {
	p := Price{Economy: j.Stored.IsLowPriority}
	hours := make([]int, len(j.Stored.Tiles))
	for i, tile := range j.Stored.Tiles {
		if cores := tile.CoresPerSlot * max(1, tile.Slots); cores > p.Cores {
			p.Cores, p.CoreType = cores, tile.CoreType
		}
		hours[i] = tile.Walltime
	}
	p.Walltime = overrun.Together(hours)
	if judged, over := j.Verdict(); over && !judged.Started.IsZero() {
		p.Ran = judged.Ended.Sub(judged.Started)
	}
	return p
}

// Title is the name of the job in its manifest, or, when it is not ours, on the platform.
func (j Job) Title() string {
	if j.Ours {
		return j.Key.Name
	}
	return j.Stored.Name
}

// Survey is what deleting goes by.
type Survey struct {
	Jobs   []Job        // those that were asked for, in their order
	around []once.Found // runs of the same names, and the newest of all others
}

// lookParallel bounds the jobs that are read at once.
const lookParallel = 8

// Look reads the jobs with the ids, and what has to be known of the others of the account
// owner. It reads the whole job list. Errors: *[once.MovingError], and those of the platform.
func Look(ctx context.Context, p Finder, owner string, ids []string) (Survey, error) {
	around, err := once.Around(ctx, p, owner, ids)
	if err != nil {
		return Survey{}, err
	}
	known := make(map[string]once.Found, len(around))
	for _, f := range around {
		known[f.ID] = f
	}
	survey := Survey{Jobs: make([]Job, len(ids)), around: around}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(lookParallel)
	for i, id := range ids {
		found, ours := known[id]
		if !ours {
			found.ID = id
		}
		survey.Jobs[i] = Job{Found: found, Ours: ours}
		group.Go(func() error { return survey.Jobs[i].read(ctx, p, owner) })
	}
	return survey, group.Wait()
}

// read completes what is known of a job. One that vanishes meanwhile is not there.
func (j *Job) read(ctx context.Context, p Finder, owner string) error {
	err := j.complete(ctx, p)
	if patience.NotFound(err) {
		return nil
	}
	j.There, j.Own = err == nil, strings.EqualFold(j.Stored.Owner, owner)
	return err
}

func (j *Job) complete(ctx context.Context, p Finder) (err error) {
	if !j.Ours {
		if err := j.foreign(ctx, p); err != nil {
			return err
		}
	}
	if !j.Submitted() {
		return nil
	}
	files, err := p.JobFiles(ctx, j.ID, "")
	if err != nil {
		return err
	}
	j.count(files)
	if !j.Active() || verdict.Ran(j.History) {
		return nil
	}
	return j.readEarly(ctx, p)
}

// count takes in the results. Inputs can be listed among them (rescale-api.md §9), and stay.
func (j *Job) count(files []rescale.File) {
	j.results = make(map[string]bool, len(files))
	for _, f := range files {
		given := slices.ContainsFunc(j.Stored.Tiles, func(t rescale.Tile) bool { return slices.Contains(t.Inputs, f.ID) })
		if f.Deleted || given {
			continue
		}
		j.results[f.ID] = true
		j.Size.Files++
		j.Size.Bytes += f.Size
	}
}

// foreign reads a job that the list does not show as ours.
func (j *Job) foreign(ctx context.Context, p Finder) (err error) {
	if j.Stored, err = p.Job(ctx, j.ID); err != nil {
		return err
	}
	j.Inserted = j.Stored.DateInserted
	j.History, err = p.Statuses(ctx, j.ID)
	return err
}

// readEarly reads what shows that a run which never ran is over.
func (j *Job) readEarly(ctx context.Context, p Finder) (err error) {
	if j.cluster, err = p.ClusterStatuses(ctx, j.ID); err != nil {
		return err
	}
	tags, err := p.Tags(ctx, j.ID)
	for _, tag := range tags {
		j.tagged = j.tagged || strings.EqualFold(tag.Name, stop.EarlyTag)
	}
	return err
}
