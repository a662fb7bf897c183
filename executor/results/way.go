package results

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/rescale-apply/rescale-apply/executor/outputs"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/partial"
	"github.com/rescale-apply/rescale-apply/internal/content/written"
)

// makeWay moves the file that a result is about to replace.
func (h *home) makeWay(ctx context.Context, rel, name string) error {
	if err := h.permit(ctx, rel, name); err != nil {
		return err
	}
	info, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir() {
		return nil // a folder stays, and the renaming tells that it is in the way
	}
	if err != nil {
		return err
	}
	run := unlisted
	if entries := left(h.before.Of(rel)); len(entries) > 0 {
		run = entries[0].Run
		now, same, err := written.Match(ctx, content.Hasher{}, name, entries)
		if err != nil {
			return err
		}
		if same {
			run = now.Run
		}
	}
	return h.moveAway(rel, run)
}

// unlisted is where files move that no list names, instead of the name of a run.
const unlisted = "local"

// moveAway moves a file to .previous/RUN.
func (h *home) moveAway(rel, run string) error {
	former := filepath.Join(h.folder, written.Previous)
	if err := written.Hide(former); err != nil {
		return err
	}
	from, err := content.LocalPath(h.folder, rel)
	if err != nil {
		return err
	}
	to, err := content.LocalPath(former, path.Join(run, rel))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if err := partial.Move(from, free(to)); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.moved[run]++
	return nil
}

// free returns a path that is not taken: the wanted one, or one with a number.
func free(wanted string) string {
	name := wanted
	for i := 1; ; i++ {
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			return name
		}
		name = wanted + "." + strconv.Itoa(i)
	}
}

// clear moves the unchanged results of former runs of the job, and names the rest.
func (h *home) clear(ctx context.Context, l *written.List) (kept []string, err error) {
	for _, f := range l.All() {
		name, unsafe := content.LocalPath(h.folder, f.Path)
		if unsafe != nil || !h.former(f) {
			continue
		}
		if _, err := os.Lstat(name); err != nil {
			l.Drop(f)
			continue
		}
		now, same, err := written.Match(ctx, content.Hasher{}, name, l.Of(f.Path))
		switch {
		case err != nil:
			return kept, err
		case !same:
			kept = append(kept, f.Path)
		case now.SameRun(f.Owner) && !slices.ContainsFunc(l.Of(f.Path), h.stranger):
			if err := h.moveAway(f.Path, f.Run); err != nil {
				return kept, err
			}
			l.Drop(f)
			h.tidy(path.Dir(f.Path))
		}
	}
	return slices.Compact(kept), nil
}

// tidy removes folders that moving left empty.
func (h *home) tidy(rel string) {
	for ; rel != "."; rel = path.Dir(rel) {
		if os.Remove(filepath.Join(h.folder, filepath.FromSlash(rel))) != nil {
			return
		}
	}
}

// Retire moves the results of former runs of the job, because a failed run without
// files takes their place. What a person changed stays and is named.
func (d Download) Retire(ctx context.Context) error {
	h := d.home()
	err := d.Wish.lands(h.folder)
	if err != nil {
		return err
	}
	if h.before, err = written.Read(h.folder); err == nil {
		err = d.settled(h.settle(ctx, nil, true))
	}
	if err != nil {
		return fmt.Errorf("moving the results of earlier runs: %w", err)
	}
	return nil
}

// settled reports what was moved and what was kept.
func (d Download) settled(notices []Notice, err error) error {
	for _, n := range notices {
		if d.Say != nil {
			d.Say(n)
		}
	}
	return err
}

// sayIdle warns about exclude patterns that leave out none of the wanted files.
func (d Download) sayIdle(reading outputs.Reading) {
	asked, err := content.Selector(d.Wish.Include, nil)
	if err != nil || d.Say == nil {
		return // a bad pattern is an error of its own
	}
	var names []string
	for _, f := range reading.Matching(asked) {
		names = append(names, f.RelativePath)
	}
	idle, err := content.Idle(d.Wish.Exclude, names)
	if err != nil {
		return
	}
	for _, pattern := range idle {
		d.Say(Notice{Text: fmt.Sprintf("exclude %q leaves out no file of run %s", pattern, d.ID)})
	}
}

// Notice is what became of files that were here before.
type Notice struct {
	Text   string
	Folder string // where the files were moved to; empty when they stay
}

// notices says what was moved, and what was not.
func (h *home) notices(kept []string) (list []Notice) {
	for _, run := range slices.Sorted(maps.Keys(h.moved)) {
		text := "1 file"
		if n := h.moved[run]; n > 1 {
			text = fmt.Sprintf("%d files", n)
		}
		if run != unlisted {
			text += " of run " + run
		}
		list = append(list, Notice{Text: "moved " + text, Folder: filepath.Join(h.folder, written.Previous, run)})
	}
	if len(kept) > 0 {
		list = append(list, Notice{Text: "kept what was changed here since an earlier run wrote it: " + few(kept)})
	}
	return list
}

// TakenError reports that a result would replace another job's.
type TakenError struct {
	Path  string
	Owner written.Owner
}

// Error names the file and its owner.
func (e *TakenError) Error() string {
	if e.Owner.Job == "" {
		return fmt.Sprintf("it would replace %s, which run %s left", e.Path, e.Owner.Run)
	}
	return fmt.Sprintf("it would replace %s, which job %s (%s) got from run %s", e.Path, e.Owner.Job, e.Owner.Manifest, e.Owner.Run)
}

// Hint says what to do next.
func (*TakenError) Hint() string {
	return "give outputs.to a folder of its own, or exclude the file; for download: --to FOLDER"
}

// EditedError reports that a result would replace an earlier one that a person changed.
type EditedError struct {
	Path string
	Run  string // the earlier one
}

// Error names the file and the run.
func (e *EditedError) Error() string {
	return fmt.Sprintf("it would replace %s, which was changed here since run %s left it", e.Path, e.Run)
}

// Hint says what to do next.
func (*EditedError) Hint() string {
	return "rename or remove the file and apply again: that fetches the result, and runs nothing"
}
