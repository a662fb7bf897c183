// Package carry hands results of runs to another job under other names. The platform names
// an input after its upload, puts all inputs of a job into one folder, and cannot rename a
// stored file for one job alone: a new name is the file's name for everybody who sees it
// (rescale-api.md §3.2, §6.2). So a carried file is downloaded, compared with its SHA-512,
// and uploaded once more. The package knows no plan and no manifest.
package carry

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/rescale-apply/rescale-apply/executor/inputs"
	"github.com/rescale-apply/rescale-apply/executor/outputs"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/pack"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

// Item is one result and its name in the job.
type Item struct {
	File outputs.File
	Run  string // id of the run that left it
	Name string // in the work folder; a path with slashes in an archive

	Decompress bool // the platform unpacks it, if it is an archive
}

// Carrier brings results from one place of the platform to another.
type Carrier struct {
	Platform results.Reader
	Store    *inputs.Store
	Parallel int                          // transfers at once
	Tell     func(Item, results.Transfer) // called whenever bytes of a result came; nil is fine
}

// Files returns inputs that are one result each. A file that an earlier apply carried under
// the same name is not carried again, whether or not this machine remembers.
func (c Carrier) Files(ctx context.Context, items []Item) ([]rescale.InputRef, error) {
	refs, wanted := make([]rescale.InputRef, len(items)), make([]files.Input, len(items))
	for i, item := range items {
		wanted[i] = files.Input{Name: item.Name, SHA512: item.File.SHA512, Size: item.File.Size}
	}
	if err := c.Store.Seek(ctx, wanted); err != nil {
		return nil, err
	}
	var left []int
	for i, in := range wanted {
		id, err := c.stored(ctx, in)
		if err != nil {
			return nil, err
		}
		refs[i] = rescale.InputRef{ID: id, Decompress: &items[i].Decompress}
		if id == "" {
			left = append(left, i)
		}
	}
	chosen := make([]Item, len(left))
	for n, i := range left {
		chosen[n] = items[i]
	}
	return refs, c.through(ctx, chosen, func(here []files.Input) error {
		sent, err := c.send(ctx, here)
		for n, i := range left {
			if err == nil {
				refs[i].ID = sent[n].ID
			}
		}
		return err
	})
}

// send uploads what the platform does not have.
func (c Carrier) send(ctx context.Context, list []files.Input) ([]rescale.InputRef, error) {
	if err := c.Store.Seek(ctx, list); err != nil {
		return nil, err
	}
	return c.Store.IDs(ctx, list)
}

// stored finds what can be recognized without its bytes.
func (c Carrier) stored(ctx context.Context, in files.Input) (string, error) {
	if in.SHA512 == "" {
		return "", nil
	}
	return c.Store.Stored(ctx, in)
}

// Archive returns one input that the platform unpacks into the results, with their folders.
// An archive that is there is not uploaded again, though it is made again: the platform
// knows the bytes of an archive, and not what is in it. name ends in an extension of package
// pack.
func (c Carrier) Archive(ctx context.Context, name string, items []Item) (ref rescale.InputRef, err error) {
	err = c.through(ctx, items, func(here []files.Input) error {
		format, _ := pack.FormatOf(name)
		archive := &pack.Archive{Format: format}
		for _, in := range here {
			archive.Files = append(archive.Files, pack.File{
				Name: in.Name, Path: in.Path, Size: in.Size, ModTime: in.ModTime, SHA512: in.SHA512,
				Executable: true, // as inputs are that come by themselves
			})
		}
		slices.SortFunc(archive.Files, func(a, b pack.File) int { return cmp.Compare(a.Name, b.Name) })
		digest, err := archive.Measure(ctx, name, nil)
		if err != nil {
			return err
		}
		refs, err := c.send(ctx, []files.Input{{
			Name: name, Path: filepath.Dir(here[0].Path), Archive: archive, SHA512: digest.SHA512, Size: digest.Size, Decompress: true,
		}})
		if err == nil {
			ref = refs[0]
		}
		return err
	})
	return ref, err
}

// through calls do while the items are on this disk, in a folder that it removes afterwards.
func (c Carrier) through(ctx context.Context, items []Item, do func([]files.Input) error) error {
	if len(items) == 0 {
		return nil
	}
	folder, err := os.MkdirTemp("", "rescale-apply-")
	if err != nil {
		return fmt.Errorf("making a folder for results on their way: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }() // the system removes what stays
	here, err := c.fetch(ctx, folder, items)
	if err != nil {
		return err
	}
	return do(here)
}

// fetch downloads the items under their numbers: their names may not be valid on this
// system.
func (c Carrier) fetch(ctx context.Context, folder string, items []Item) ([]files.Input, error) {
	list := make([]results.Result, len(items))
	for i, item := range items {
		list[i] = results.Result{Path: strconv.Itoa(i), Called: item.File.RelativePath + " of run " + item.Run, File: item.File.File}
	}
	download := results.Download{Platform: c.Platform, Wish: results.Wish{To: folder}, Parallel: c.Parallel, Tell: c.tell(items)}
	if _, err := download.Bring(ctx, list); err != nil {
		return nil, err
	}
	paths := make([]string, len(items))
	for i := range items {
		paths[i] = filepath.Join(folder, strconv.Itoa(i))
	}
	digests, err := content.HashAll(ctx, paths)
	if err != nil {
		return nil, err
	}
	here := make([]files.Input, len(items))
	for i, item := range items {
		info, err := os.Stat(paths[i])
		if err != nil {
			return nil, err
		}
		here[i] = files.Input{
			Name: item.Name, Path: paths[i], Rel: item.File.RelativePath, SHA512: digests[i].SHA512, Size: digests[i].Size, ModTime: info.ModTime(),
		}
	}
	return here, nil
}

func (c Carrier) tell(items []Item) func(results.Transfer) {
	return func(t results.Transfer) {
		if i, err := strconv.Atoi(t.Path); err == nil && c.Tell != nil {
			t.Path = items[i].Name
			c.Tell(items[i], t)
		}
	}
}
