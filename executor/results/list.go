package results

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/incoming"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Result is one file that a run left, and where it goes below the folder.
type Result struct {
	Path    string
	File    rescale.File
	Refused error // why it must not be written there; the others may
}

// List gives the files that Run would fetch, and those that it would refuse.
func (d Download) List(ctx context.Context) ([]Result, error) {
	wanted, err := content.Selector(d.Wish.Include, d.Wish.Exclude)
	if err != nil {
		return nil, err
	}
	files, err := d.Platform.JobFiles(ctx, d.ID, "")
	if err != nil {
		return nil, err
	}
	d.sayIdle(files)
	several := severalRuns(files)
	var list []Result
	known := make(map[string]int) // index in list, by path
	for _, f := range files {
		if f.Deleted || !f.Complete || !wanted(f.RelativePath) {
			continue
		}
		r := Result{Path: f.RelativePath, File: f}
		if several {
			r.Path = RunOf(f) + "/" + r.Path
		}
		if i, again := known[r.Path]; again {
			if replaces(f, list[i].File) {
				list[i] = r
			}
			continue
		}
		known[r.Path] = len(list)
		list = append(list, r)
	}
	for i := range list {
		_, list[i].Refused = d.Wish.place(list[i].Path)
	}
	return list, nil
}

// RunOf finds the run in a storage path such as
// user/user_X/output/job_Y/run1/a.csv (rescale-api.md §3.2).
func RunOf(f rescale.File) string {
	if m := runFolder().FindStringSubmatch(f.Path); m != nil {
		return m[1]
	}
	return "run1"
}

var runFolder = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`/(run\d+)/`) })

// severalRuns tells that files of more than one run are there: two runs may hold
// the same relative path.
func severalRuns(files []rescale.File) bool {
	return slices.ContainsFunc(files, func(f rescale.File) bool { return RunOf(f) != RunOf(files[0]) })
}

// oneFileEach refuses files whose names differ in case only, but for the first, when
// the disk of the folder takes such names for one.
func oneFileEach(folder string, list []Result) ([]Result, error) {
	twins := alike(list)
	if len(twins) == 0 {
		return list, nil
	}
	blind, err := caseBlind(folder)
	if err != nil || !blind {
		return list, err
	}
	return refuseAlike(list, twins), nil
}

// alike finds results whose names differ in case only from one before: what that one is
// called, by index.
func alike(list []Result) map[int]string {
	first := make(map[string]string) // by name in lower case
	twins := make(map[int]string)
	for i, r := range list {
		key := strings.ToLower(r.Path)
		if name, taken := first[key]; taken {
			twins[i] = name
		} else if r.Refused == nil {
			first[key] = r.Path
		}
	}
	return twins
}

func refuseAlike(list []Result, twins map[int]string) []Result {
	list = slices.Clone(list)
	for i, other := range twins {
		list[i].Refused = &content.UnsafePathError{Rel: list[i].Path, Why: fmt.Sprintf("this disk takes it for the same file as %q", other)}
	}
	return list
}

// caseBlind asks the disk itself whether it tells a from A: that depends on the file
// system, not on the operating system.
func caseBlind(folder string) (bool, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return false, err
	}
	f, err := os.CreateTemp(folder, ".Rescale-Case-*")
	if err != nil {
		return false, err
	}
	defer func() { _ = os.Remove(f.Name()) }() // an empty file that stays does no harm
	if err := f.Close(); err != nil {
		return false, err
	}
	_, err = os.Lstat(filepath.Join(folder, strings.ToLower(filepath.Base(f.Name()))))
	return err == nil, nil
}

// SpaceError tells that the results do not fit on the disk. Nothing was fetched.
type SpaceError struct {
	Folder string
	Need   int64 // bytes
	Free   int64
}

// Error gives both sizes.
func (e *SpaceError) Error() string {
	const gb = 1e9
	return fmt.Sprintf("the disk of folder %q has %.1f GB left, and the results take %.1f GB more", e.Folder, float64(e.Free)/gb, float64(e.Need)/gb)
}

// Hint says what to do.
func (*SpaceError) Hint() string {
	return "make room, choose a folder on another disk, or fetch fewer files"
}

// worthAsking is how much must come before the disk is asked for its room: what is
// less is found out by writing.
const worthAsking = 100_000_000

// roomFor refuses what certainly does not fit. What an earlier download has left of a file
// counts as room; a file that it takes the place of is moved, and takes as much as before.
func roomFor(folder string, list []Result) error {
	var need int64
	for _, r := range list {
		if r.Refused != nil {
			continue
		}
		path := filepath.Join(folder, filepath.FromSlash(r.Path))
		if sizeOf(path) != r.File.Size {
			need += max(0, r.File.Size-sizeOf(incoming.Partial(path)))
		}
	}
	if need < worthAsking {
		return nil
	}
	if free, known := incoming.Free(standing(folder)); known && free < need {
		return &SpaceError{Folder: folder, Need: need, Free: free}
	}
	return nil
}

func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// standing is the folder, or the first above it that is there.
func standing(folder string) string {
	_, err := os.Stat(folder)
	up := filepath.Dir(folder)
	if !errors.Is(err, fs.ErrNotExist) || up == folder {
		return folder
	}
	return standing(up)
}
