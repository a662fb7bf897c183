package sim_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/attach"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/shelf"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// line is a process's way to the platform: what the client is to an apply. Like the
// client, it can be interrupted while it reads, and never after it has sent a change.
type line struct {
	*apply
	unasked
}

// unasked is what no story asks.
type unasked struct {
	attach.Writer
	shelf.Folders
}

// What can go wrong with an event: a request or a write.
const (
	none       = ""
	diesBefore = "the process dies before"
	diesAfter  = "the process dies after"
	diesAmid   = "the process dies in the middle of"
	lost       = "the request is lost, of"
	unheard    = "the answer is lost, of"
	late       = "the request arrives minutes late, of"
	doubled    = "the request arrives twice, of"
	slow       = "a slow line, for"
	asleep     = "the machine sleeps for a while before"
	down       = "the platform is down, for"
	stale      = "an old list, for"
	ancient    = "a very old list, for"
	full       = "the disk is full, for"
	fullAmid   = "the disk is full in the middle of"
	broken     = "the disk reports an error after"
)

var (
	writes  = []string{diesBefore, diesAfter, diesAmid, full, fullAmid, broken}
	reads   = []string{diesBefore, down, slow, slow, asleep}
	lists   = []string{stale, ancient, stale, ancient, stale, down, slow}
	changes = []string{diesBefore, diesAfter, lost, unheard, doubled, late, slow, down, asleep}
)

// errTimeout is what the client says of a change without an answer.
var errTimeout = errors.New("no answer within 1m0s")

// read asks for something.
func read[T any](ctx context.Context, a *apply, name string, kinds []string, do func(*apply, time.Time) (T, error)) (out T, err error) {
	if ctx.Err() != nil {
		return out, context.Cause(ctx)
	}
	what, luck := a.event(name, kinds)
	if err := patience.Sleep(ctx, pause(what, luck)); err != nil {
		return out, err
	}
	a.world.mu.Lock()
	defer a.world.mu.Unlock()
	a.world.trace(a, name, what)
	at := a.world.platform.now()
	switch {
	case a.dead:
		return out, errGone
	case what == diesBefore:
		a.die()
		return out, errGone
	case what == down:
		return out, &rescale.OutageError{Tries: 8, Waited: 5 * time.Minute, Err: refused(http.MethodGet, name, http.StatusServiceUnavailable)}
	case what == stale:
		at = at.Add(-time.Duration(luck.of("age").share() * float64(20*time.Second)))
	case what == ancient:
		at = at.Add(-time.Duration(luck.of("age").share() * float64(time.Hour)))
	}
	return do(a, at)
}

// pause is how long a request takes until it has its effect. No two are the same, so
// that at most one thing happens at a time.
func pause(what string, luck chance) time.Duration {
	d := time.Duration(luck.of("pause").share() * float64(400*time.Millisecond))
	if what == slow {
		d += time.Duration(luck.of("slow").share() * float64(50*time.Second))
	}
	if what == down {
		d += time.Minute
	}
	if what == asleep {
		d += time.Duration((1 + luck.of("asleep").share()) * float64(15*time.Minute))
	}
	return d
}

// change sends something.
func change[T any](ctx context.Context, a *apply, name string, do func() (T, error)) (out T, err error) {
	if ctx.Err() != nil {
		return out, context.Cause(ctx)
	}
	what, luck := a.event(name, changes)
	time.Sleep(pause(what, luck))
	w := a.world
	w.mu.Lock()
	w.trace(a, name, what)
	if a.dead && luck.of("on its way").one(2) {
		what = diesBefore // it had not been sent
	}
	unknown := &rescale.OutcomeUnknownError{Act: name, Err: errTimeout}
	switch what {
	case diesBefore:
		a.die()
		err = errGone
	case lost:
		err = unknown
	case down:
		err = &rescale.OutcomeUnknownError{Act: name, Err: refused(http.MethodPost, name, http.StatusServiceUnavailable)}
	case late:
		err = unknown
		w.later(time.Duration(luck.of("late").share()*float64(8*time.Minute)), func() { _, _ = do() })
	case doubled:
		_, _ = do()
		out, err = do()
	case unheard:
		_, _ = do()
		err = unknown
	case diesAfter:
		_, _ = do()
		a.die()
		err = errGone
	default:
		out, err = do()
	}
	if a.dead {
		err = errGone
	}
	w.mu.Unlock()
	if errors.Is(err, unknown) {
		time.Sleep(time.Minute)
	}
	return out, err
}

type void struct{}

// Jobs lists the jobs.
func (l line) Jobs(ctx context.Context, query rescale.JobQuery, yield func(rescale.JobItem) bool) (rescale.Listing, error) {
	name := "list jobs " + query.State
	items, err := read(ctx, l.apply, strings.TrimSpace(name), lists, func(a *apply, at time.Time) ([]rescale.JobItem, error) {
		return a.world.platform.list(at, query.State == rescale.StateNotCompleted), nil
	})
	if err != nil {
		return rescale.Listing{}, err
	}
	for _, item := range items {
		if !yield(item) {
			break
		}
	}
	return rescale.Listing{At: l.world.platform.now(), Count: len(items), Pages: 1, Stable: true}, nil
}

// Job reads a job.
func (l line) Job(ctx context.Context, id string) (rescale.Job, error) {
	return read(ctx, l.apply, "job "+id, reads, func(a *apply, _ time.Time) (rescale.Job, error) { return a.world.platform.show(id) })
}

// Statuses reads what became of a job.
func (l line) Statuses(ctx context.Context, id string) ([]rescale.Status, error) {
	return read(ctx, l.apply, "statuses "+id, reads, func(a *apply, at time.Time) ([]rescale.Status, error) {
		j, err := a.world.platform.find(id)
		if err != nil {
			return nil, err
		}
		return j.history(at), nil
	})
}

// ClusterStatuses reads what became of its cluster, which lives as long as it does.
func (l line) ClusterStatuses(ctx context.Context, id string) ([]rescale.Status, error) {
	return read(ctx, l.apply, "cluster "+id, reads, func(a *apply, at time.Time) ([]rescale.Status, error) {
		j, err := a.world.platform.find(id)
		if err != nil || j.submitted.IsZero() {
			return nil, nil //nolint:nilerr // for the client, a 404 means that there is no cluster
		}
		if j.overAt(at) {
			return []rescale.Status{{ID: id, Status: "Stopped", Date: at}}, nil
		}
		return []rescale.Status{{ID: id, Status: "Started", Date: j.submitted}}, nil
	})
}

// JobFiles lists what a run left.
func (l line) JobFiles(ctx context.Context, id, _ string) ([]rescale.File, error) {
	return read(ctx, l.apply, "outputs "+id, reads, func(a *apply, _ time.Time) ([]rescale.File, error) { return a.world.platform.left(id) })
}

// Download returns the content of a file.
func (l line) Download(ctx context.Context, id string, _ rescale.Span) (io.ReadCloser, error) {
	return read(ctx, l.apply, "download "+id, reads, func(a *apply, _ time.Time) (io.ReadCloser, error) {
		if f := a.world.platform.file(id); f != nil {
			return io.NopCloser(bytes.NewReader(f.content)), nil
		}
		return nil, refused(http.MethodGet, "/api/v2/files/"+id+"/contents/", http.StatusNotFound)
	})
}

// File returns what is known about a file.
func (l line) File(ctx context.Context, id string) (rescale.File, error) {
	return read(ctx, l.apply, "file "+id, reads, func(a *apply, _ time.Time) (rescale.File, error) {
		if f := a.world.platform.file(id); f != nil {
			return f.File, nil
		}
		return rescale.File{}, refused(http.MethodGet, "/api/v2/files/"+id+"/", http.StatusNotFound)
	})
}

// Files finds files, newest first.
func (l line) Files(ctx context.Context, search string, yield func(rescale.File) bool) error {
	found, err := read(ctx, l.apply, "files "+search, reads, func(a *apply, _ time.Time) (found []rescale.File, err error) {
		for _, f := range slices.Backward(a.world.platform.files) {
			if strings.Contains(f.Name, search) {
				found = append(found, f.File)
			}
		}
		return found, nil
	})
	for _, f := range found {
		if !yield(f) {
			break
		}
	}
	return err
}

// Upload stores a file. The client repeats it until an answer comes.
func (l line) Upload(ctx context.Context, u rescale.Upload) (rescale.File, error) {
	body, err := u.Open()
	if err != nil {
		return rescale.File{}, err
	}
	defer body.Close()
	content, err := io.ReadAll(body)
	if err != nil {
		return rescale.File{}, err
	}
	kind := u.Type
	if kind == 0 {
		kind = rescale.InputFile
	}
	for {
		f, err := change(ctx, l.apply, "upload "+u.Name, func() (rescale.File, error) {
			return l.world.platform.store(u.Name, kind, content).File, nil
		})
		var unknown *rescale.OutcomeUnknownError
		if !errors.As(err, &unknown) {
			return f, err
		}
	}
}

// CreateJob saves a draft.
func (l line) CreateJob(ctx context.Context, body rescale.JobRequest) (rescale.Job, error) {
	return change(ctx, l.apply, "create "+body.Name, func() (rescale.Job, error) {
		made := l.world.platform.create(body)
		made.maker, made.content = l.apply, l.apply.contents[nameOf(body)]
		return l.world.platform.show(made.id)
	})
}

// UpdateJob makes a draft what the body says.
func (l line) UpdateJob(ctx context.Context, id string, body rescale.JobRequest) error {
	_, err := change(ctx, l.apply, "update "+id, func() (void, error) { return void{}, l.world.platform.update(id, body) })
	return err
}

// SubmitJob spends money.
func (l line) SubmitJob(ctx context.Context, id string) error {
	_, err := change(ctx, l.apply, "submit "+id, func() (void, error) {
		err := l.world.platform.submit(id)
		l.world.spent(l.apply, id)
		return void{}, err
	})
	if patience.NotFound(err) && l.counts["submit "+id] == 1 { // of an earlier one nobody knows whether it came
		l.missed = append(l.missed, id)
	}
	return err
}

// StopJob stops a run.
func (l line) StopJob(ctx context.Context, id string) error {
	_, err := change(ctx, l.apply, "stop "+id, func() (void, error) { return void{}, l.world.platform.stop(id) })
	return err
}

// DeleteJob deletes a draft.
func (l line) DeleteJob(ctx context.Context, id string) error {
	sent := l.world.platform.now()
	_, err := change(ctx, l.apply, "delete "+id, func() (void, error) {
		l.world.deletes(l.apply, id, sent)
		return void{}, l.world.platform.remove(id)
	})
	return err
}

// Tags lists the tags of a job.
func (l line) Tags(ctx context.Context, id string) ([]rescale.Tag, error) {
	return read(ctx, l.apply, "tags "+id, reads, func(a *apply, _ time.Time) (tags []rescale.Tag, err error) {
		j, err := a.world.platform.find(id)
		if err != nil {
			return nil, err
		}
		for _, t := range j.tags {
			tags = append(tags, rescale.Tag{Name: t, NormalizedName: t})
		}
		return tags, nil
	})
}

// AddTag labels a job.
func (l line) AddTag(ctx context.Context, id, tag string) error {
	_, err := change(ctx, l.apply, "tag "+id+" "+tag, func() (void, error) {
		j, err := l.world.platform.find(id)
		if err == nil && !slices.Contains(j.tags, tag) {
			j.tags = append(j.tags, tag)
		}
		return void{}, err
	})
	return err
}

// RemoveTag takes a label away.
func (l line) RemoveTag(ctx context.Context, id, tag string) error {
	_, err := change(ctx, l.apply, "untag "+id+" "+tag, func() (void, error) {
		if j, err := l.world.platform.find(id); err == nil { // for the client, what is not there is removed already
			j.tags = slices.DeleteFunc(j.tags, func(t string) bool { return t == tag })
		}
		return void{}, nil
	})
	return err
}

// AssignProject is for what no story has.
func (line) AssignProject(ctx context.Context, _, _, _ string) error {
	return errors.Join(errors.ErrUnsupported, ctx.Err())
}

// CustomFields is for what no story has.
func (line) CustomFields(ctx context.Context, _ string) (map[string]any, error) {
	return nil, errors.Join(errors.ErrUnsupported, ctx.Err())
}

// SetCustomFields is for what no story has.
func (line) SetCustomFields(ctx context.Context, _ string, _ map[string]any) error {
	return errors.Join(errors.ErrUnsupported, ctx.Err())
}
