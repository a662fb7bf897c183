package results

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/outputs"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/partial"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Result is one file that a run left, and where it goes below the folder.
type Result struct {
	Path    string
	Called  string // in errors; empty means by its path
	File    rescale.File
	Refused error // why it must not be written there; the others may
}

// List returns the files that Run would fetch, and those that it would refuse.
func (d Download) List(ctx context.Context) ([]Result, error) {
	choice, err := d.Wish.choice()
	if err != nil {
		return nil, err
	}
	reading, err := d.read(ctx, choice)
	if err != nil {
		return nil, err
	}
	d.warn(reading, choice)
	d.sayIdle(reading)
	several := d.Wish.Count > 0 || len(reading.Runs()) > 1
	var list []Result
	for _, f := range reading.Matching(choice.wanted) {
		if f.Deleted || f.Arriving() && !d.Over {
			continue
		}
		r := Result{Path: f.RelativePath, File: f.File}
		if several {
			r.Path = f.Run + "/" + r.Path
		}
		r.Refused = d.refusal(f, r.Path)
		list = append(list, r)
	}
	return list, nil
}

// read looks at what the run left: once, or, when the run is over, until all wanted files
// are there, or for a while.
func (d Download) read(ctx context.Context, c choice) (outputs.Reading, error) {
	if !d.Over {
		return outputs.Look(ctx, d.Platform, d.ID)
	}
	return outputs.Settle(ctx, d.Platform, d.ID, c.gap)
}

// refusal returns why a file must not be written under a path; nil when it may.
func (d Download) refusal(f outputs.File, path string) error {
	switch {
	case f.Unclear:
		return &content.UnsafePathError{Rel: path, Why: "other results have the same name, as far as it is UTF-8"}
	case f.Arriving():
		return &PartialError{f.RelativePath}
	}
	_, err := d.Wish.place(path)
	return err
}

// PartialError reports that the platform does not have all of a file.
type PartialError struct{ Path string }

// Error names the file.
func (e *PartialError) Error() string { return "the platform has not stored all of " + e.Path }

// Hint says what to do next.
func (*PartialError) Hint() string { return "run again in a moment, or exclude the file" }

// oneFileEach refuses all but the first of files whose names differ only in case, when the
// disk of the folder takes such names for one.
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

// alike finds results whose names differ only in case from an earlier one: by index, the
// name of that one.
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

// caseBlind asks the disk itself whether it distinguishes a from A: that depends on the
// file system, not on the operating system.
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

// SpaceError reports that the results do not fit on the disk. Nothing was fetched.
type SpaceError struct {
	Folder string
	Need   int64 // bytes
	Free   int64
}

// Error returns both sizes.
func (e *SpaceError) Error() string {
	const gb = 1e9
	return fmt.Sprintf("the disk of folder %q has %.1f GB left, and the results take %.1f GB more", e.Folder, float64(e.Free)/gb, float64(e.Need)/gb)
}

// Hint says what to do.
func (*SpaceError) Hint() string {
	return "make room, choose a folder on another disk, or fetch fewer files"
}

// worthAsking is the size from which the disk is asked for its free space: for less,
// writing shows whether it fits.
const worthAsking = 100_000_000

// roomFor refuses what certainly does not fit. The partial file of an earlier download
// counts as room; a file that is replaced is moved, and takes as much as before.
func roomFor(folder string, list []Result) error {
	var need int64
	for _, r := range list {
		if r.Refused != nil {
			continue
		}
		path := filepath.Join(folder, filepath.FromSlash(r.Path))
		if sizeOf(path) != r.File.Size {
			need += max(0, r.File.Size-sizeOf(partial.Path(path)))
		}
	}
	if need < worthAsking {
		return nil
	}
	if free, known := partial.Free(standing(folder)); known && free < need {
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

// standing returns the folder, or the first one above it that exists.
func standing(folder string) string {
	_, err := os.Stat(folder)
	up := filepath.Dir(folder)
	if !errors.Is(err, fs.ErrNotExist) || up == folder {
		return folder
	}
	return standing(up)
}
