package detail

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/catalog"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Viewer shows jobs, and what they cost.
type Viewer interface {
	JobReader
	catalog.Pricer
	JobURL(id string) string
	Projects(ctx context.Context) ([]rescale.Project, error)
}

// JobReader reads a job, its histories and its tags.
type JobReader interface {
	Job(ctx context.Context, id string) (rescale.Job, error)
	Statuses(ctx context.Context, id string) ([]rescale.Status, error)
	ClusterStatuses(ctx context.Context, id string) ([]rescale.Status, error)
	Tags(ctx context.Context, id string) ([]rescale.Tag, error)
}

// Collect reads a job, and what is known of its hardware and project. A job that is not
// there is an error, see patience.NotFound; tags, prices and projects that the platform
// refuses are left out.
func Collect(ctx context.Context, p Viewer, id string, now time.Time) (Detail, error) {
	job, err := p.Job(ctx, id)
	if err != nil {
		return Detail{}, fmt.Errorf("reading job %s: %w", id, err)
	}
	found, err := around(ctx, p, job)
	if err != nil {
		return Detail{}, fmt.Errorf("reading what belongs to job %s: %w", id, err)
	}
	d := Detail{
		ID: id, URL: p.JobURL(id), Owner: job.Owner, Created: job.DateInserted, ClonedFrom: job.ClonedFrom,
		Project: rescale.Project{ID: job.ProjectID}, Economy: job.IsLowPriority, Tags: readable(found.tags),
		History: phases(found.history, verdict.Terminal, now), Cluster: phases(found.cluster, stopped, now),
	}
	d.Title, _ = once.Title(job.Name)
	if d.Key, d.Namespace, d.Ours = once.Recognize(job); d.Ours {
		d.Source, _ = once.SourceOf(job)
	}
	if i := slices.IndexFunc(found.projects, func(p rescale.Project) bool { return p.ID == job.ProjectID }); i >= 0 {
		d.Project = found.projects[i]
	}
	if d.Judged, _ = verdict.Judge(found.history); d.Ours {
		d.Judged = d.Judged.Checked(success.Checks{}.ReadTags(found.tags).Failed())
	}
	d.takeTiles(job, found.types)
	d.spend(found.history, now)
	d.Hint = hint(d.History)
	return d, nil
}

// surroundings is what other calls tell of a job.
type surroundings struct {
	history, cluster []rescale.Status
	tags             []string
	types            []catalog.CoreType
	projects         []rescale.Project
}

func around(ctx context.Context, p Viewer, job rescale.Job) (surroundings, error) {
	var s surroundings
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) { s.history, err = p.Statuses(ctx, job.ID); return err })
	group.Go(func() (err error) { s.cluster, err = p.ClusterStatuses(ctx, job.ID); return err })
	group.Go(func() (err error) { s.tags, err = tags(ctx, p, job); return unlessRefused(err) })
	group.Go(func() (err error) { s.types, err = catalog.Hardware(ctx, p); return unlessRefused(err) })
	if job.ProjectID != "" {
		group.Go(func() (err error) { s.projects, err = p.Projects(ctx); return unlessRefused(err) })
	}
	return s, group.Wait()
}

// tags are all tags of a job; bodies have them or do not (rescale-api.md §7.6).
func tags(ctx context.Context, p Viewer, job rescale.Job) ([]string, error) {
	if job.Tags != nil {
		return job.Tags, nil
	}
	found, err := p.Tags(ctx, job.ID)
	var list []string
	for _, tag := range found {
		list = append(list, tag.Name)
	}
	return list, err
}

// readable leaves out the tag that tells other processes how a run was judged.
func readable(tags []string) (list []string) {
	for _, tag := range tags {
		if !strings.HasPrefix(tag, success.TagPrefix) {
			list = append(list, tag)
		}
	}
	return list
}

// unlessRefused passes over a call that the platform does not have, or not for us.
func unlessRefused(err error) error {
	if rescale.IsRefusal(err) {
		return nil
	}
	return err
}

// stopped reports whether nothing comes after a status of a cluster (rescale-api.md §8.3).
func stopped(status string) bool { return status == "Stopped" }

// phases turns a history, newest first, into phases with their lengths.
func phases(history []rescale.Status, last func(string) bool, now time.Time) []Phase {
	var list []Phase
	for i, status := range slices.Backward(history) {
		phase := Phase{Status: status}
		switch {
		case i > 0:
			phase.Lasted = max(0, history[i-1].Date.Sub(status.Date))
		case !last(status.Status):
			phase.Lasted, phase.Open = max(0, now.Sub(status.Date)), true
		}
		list = append(list, phase)
	}
	return list
}

// longQueue is how long a job waits before a person wonders why.
const longQueue = 10 * time.Minute

// hint tells of the one reason to wait that nobody sees: new jobs queue while a budget
// is used up (rescale-api.md §14, A13).
func hint(history []Phase) string {
	if len(history) == 0 {
		return ""
	}
	now := history[len(history)-1]
	if now.Status.Status != "Waiting for Queue" || now.Lasted < longQueue {
		return ""
	}
	return "new jobs wait while the budget of their project or of its members is used up: rescale-apply catalog projects"
}
