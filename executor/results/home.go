package results

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/reach"
	"github.com/rescale-apply/rescale-apply/internal/content/written"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// home is the folder of results on this disk while those of one run come in. Nothing
// there is overwritten: a file in the way is another job's, and stays, or moves to
// .previous.
type home struct {
	folder string
	owner  written.Owner
	mark   string       // of the patterns that its files come by
	runs   []string     // known runs of the same job
	before written.List // what the list said before this run was in it

	mu    sync.Mutex
	moved map[string]int // files moved now, by the run that they are of
}

// owner is whose the results of a run are.
func (w Wish) owner(run string) written.Owner {
	owner := written.Owner{Run: run}
	if w.Job == "" {
		return owner
	}
	manifest := filepath.Join(content.RealPath(filepath.Dir(w.Manifest)), filepath.Base(w.Manifest))
	owner.Job, owner.Manifest = w.Job, filepath.ToSlash(manifest)
	from, top := content.RealPath(w.Folder()), reach.Repository(filepath.Dir(manifest))
	if top != "" && !reach.Inside(top, from) {
		from = top // every clone of the repository writes to a folder outside of it as the same job
	}
	if rel, err := filepath.Rel(from, manifest); err == nil {
		owner.Manifest = filepath.ToSlash(rel)
	}
	return owner
}

func (d Download) home() *home {
	return &home{folder: d.Wish.Folder(), owner: d.Wish.owner(d.ID), mark: d.Wish.mark(), runs: d.Wish.Runs, moved: make(map[string]int)}
}

// announce lists what is about to be written: whenever this process dies, its files do
// not pass for somebody else's. It refuses what must not be written.
func (d Download) announce(ctx context.Context, list []Result) (*home, []Result, error) {
	h := d.home()
	var err error
	if h.before, err = written.Read(h.folder); err != nil {
		return nil, nil, err
	}
	list = slices.Clone(list)
	wanted := false
	for i := range list {
		if r := &list[i]; r.Refused == nil {
			r.Refused = h.admit(ctx, *r)
			wanted = wanted || r.Refused == nil
		}
		if list[i].Refused != nil {
			h.mark = "" // what is listed is not all that is asked for
		}
	}
	if !wanted {
		return h, list, nil
	}
	return h, list, written.Update(ctx, h.folder, func(l *written.List) error {
		h.before = l.Clone()
		for _, r := range list {
			if r.Refused == nil {
				l.Put(written.File{Path: r.Path, Size: r.File.Size, SHA512: r.File.SHA512, Wanted: h.mark, Owner: h.owner})
			}
		}
		return nil
	})
}

// admit returns why a result must not be written. One that is here is not written.
func (h *home) admit(ctx context.Context, r Result) error {
	name := filepath.Join(h.folder, filepath.FromSlash(r.Path))
	err := h.permit(ctx, r.Path, name)
	if err != nil && isHere(ctx, name, r.File) {
		return nil
	}
	return err
}

// stranger reports whether a file belongs to another job, as far as anybody knows.
func (h *home) stranger(f written.File) bool {
	return f.Run != "" && !f.SameRun(h.owner) && !h.former(f)
}

// former reports whether a file is of another run of the same job. The journal knows a
// run that was fetched by its id.
func (h *home) former(f written.File) bool {
	return !f.SameRun(h.owner) && (f.SameJob(h.owner) || f.Job == "" && slices.Contains(h.runs, f.Run))
}

// listed returns the entries of a file: in the list of the folder, else in that of a
// folder above or below it, which is another manifest's.
func (h *home) listed(rel, name string) []written.File {
	if entries := left(h.before.Of(rel)); len(entries) > 0 {
		return entries
	}
	return left(written.NewTree().Trace(name).Files)
}

// left returns the entries that runs left. Others belong to no job, and are in nobody's
// way.
func left(entries []written.File) []written.File {
	return slices.DeleteFunc(slices.Clone(entries), func(f written.File) bool { return f.Run == "" })
}

// permit refuses to replace a file that another job's run wrote, or that a person
// changed after an earlier run of this job wrote it.
func (h *home) permit(ctx context.Context, rel, name string) error {
	if _, err := os.Lstat(name); err != nil {
		return nil //nolint:nilerr // what is not there is in nobody's way
	}
	entries := h.listed(rel, name)
	if len(entries) == 0 {
		return nil
	}
	now, same, err := written.Match(ctx, content.Hasher{}, name, entries)
	switch {
	case err != nil:
		return err
	case same && h.stranger(now):
		return &TakenError{Path: name, Owner: now.Owner}
	case same:
		return nil
	}
	for _, f := range entries {
		if h.stranger(f) {
			return &TakenError{Path: name, Owner: f.Owner}
		}
	}
	if !slices.ContainsFunc(entries, func(f written.File) bool { return f.SameRun(h.owner) }) {
		return &EditedError{Path: name, Run: entries[0].Run}
	}
	return nil
}

// settle lists the files that have arrived as they are now on the disk. When they are
// all that the run has, it moves the results of the job's former runs.
func (h *home) settle(ctx context.Context, arrived []state.Output, whole bool) ([]Notice, error) {
	if len(arrived) == 0 && len(h.before.All()) == 0 {
		return nil, nil
	}
	var kept []string
	err := written.Update(ctx, h.folder, func(l *written.List) (err error) {
		for _, o := range arrived {
			if err := h.enter(ctx, l, o); err != nil {
				return err
			}
		}
		if whole {
			kept, err = h.clear(ctx, l)
		}
		return err
	})
	return h.notices(kept), err
}

// enter lists a file that has arrived, in place of what this job's runs had there.
func (h *home) enter(ctx context.Context, l *written.List, o state.Output) error {
	for _, f := range slices.Clone(l.Of(o.Path)) {
		if !h.stranger(f) {
			l.Drop(f)
		}
	}
	name := filepath.Join(h.folder, filepath.FromSlash(o.Path))
	if o.SHA512 == "" { // the platform has not told
		digests, err := content.HashAll(ctx, []string{name})
		if err != nil {
			return err
		}
		o.SHA512 = digests[0].SHA512
	}
	l.Put(written.File{Path: o.Path, Size: o.Size, SHA512: o.SHA512, Wanted: h.mark, Owner: h.owner, Stamp: written.StampOf(name)})
	return nil
}
