// Package shelf tidies inputs that an apply has uploaded: it moves them into a folder of the
// account's library and tags them. What is used is known of one client only, and nothing
// depends on it, so that trouble is a warning, ends the tidying, and holds up no run for
// longer than a moment. It knows neither plans nor the journal.
package shelf

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/patience"
)

// Folders is a library: folders, and files with tags.
type Folders interface {
	Library(ctx context.Context) (id string, err error)
	Subfolder(ctx context.Context, parent, name string) (id string, err error)
	CreateFolder(ctx context.Context, parent, name string) (id string, err error)
	MoveFile(ctx context.Context, id, folder string) error
	TagFile(ctx context.Context, id, tag string) error
}

// Shelf tidies for all jobs of one apply.
type Shelf struct {
	Platform Folders
	// Warn is called once when files cannot be moved, and once when they cannot be tagged.
	Warn func(job, message string)

	one     sync.Mutex // held while files are tidied
	folders map[string]string
	moved   map[string]bool    // by id
	tagged  map[[2]string]bool // by id and tag
	gaveUp  map[string]bool    // acts that failed once
}

// Wish is where a job wants its inputs.
type Wish struct {
	Job    string
	Folder string // names with / between, from the top of the library; empty leaves files where they are
	Tags   []string
}

// callTime bounds each request. The client is far more patient where more depends on it.
const callTime = 30 * time.Second

// Tidy moves and tags files by their ids. A file that several jobs use is in the folder of
// one of them, and has the tags of all.
func (s *Shelf) Tidy(ctx context.Context, w Wish, ids []string) {
	if len(ids) == 0 || w.Folder == "" && len(w.Tags) == 0 {
		return
	}
	s.one.Lock()
	defer s.one.Unlock()
	if s.gaveUp == nil {
		s.folders, s.moved, s.tagged, s.gaveUp = map[string]string{}, map[string]bool{}, map[[2]string]bool{}, map[string]bool{}
	}
	s.try(ctx, w.Job, "moving inputs into their folder", func() error { return s.move(ctx, w, ids) })
	s.try(ctx, w.Job, "tagging inputs", func() error { return s.tag(ctx, w, ids) })
}

// try does one act, unless it has failed before.
func (s *Shelf) try(ctx context.Context, job, act string, do func() error) {
	if s.gaveUp[act] || ctx.Err() != nil {
		return
	}
	err := do()
	if err == nil || ctx.Err() != nil {
		return
	}
	s.gaveUp[act] = true
	s.Warn(job, act+": "+err.Error()+"; the job runs all the same, and this apply does not try it again")
}

func (s *Shelf) move(ctx context.Context, w Wish, ids []string) error {
	for _, id := range ids {
		if w.Folder == "" || s.moved[id] {
			continue
		}
		folder, err := s.folder(ctx, w.Folder)
		if err == nil {
			err = settled(ctx, func(ctx context.Context) error { return s.Platform.MoveFile(ctx, id, folder) })
		}
		if err != nil {
			return err
		}
		s.moved[id] = true
	}
	return nil
}

func (s *Shelf) tag(ctx context.Context, w Wish, ids []string) error {
	for _, id := range ids {
		for _, tag := range w.Tags {
			if s.tagged[[2]string{id, tag}] {
				continue
			}
			if err := settled(ctx, func(ctx context.Context) error { return s.Platform.TagFile(ctx, id, tag) }); err != nil {
				return err
			}
			s.tagged[[2]string{id, tag}] = true
		}
	}
	return nil
}

// folder finds a folder from the top of the library on, and makes what is missing.
func (s *Shelf) folder(ctx context.Context, path string) (id string, err error) {
	if id = s.folders[path]; id != "" {
		return id, nil
	}
	err = bounded(ctx, func(ctx context.Context) error { id, err = s.Platform.Library(ctx); return err })
	for name := range strings.SplitSeq(path, "/") {
		if err != nil {
			return "", err
		}
		parent := id
		err = bounded(ctx, func(ctx context.Context) error { id, err = s.below(ctx, parent, name); return err })
	}
	if err == nil {
		s.folders[path] = id
	}
	return id, err
}

// below finds a folder in another, or makes it. Whether a create that failed has made it,
// or somebody else has, is seen on the platform.
func (s *Shelf) below(ctx context.Context, parent, name string) (string, error) {
	id, err := s.Platform.Subfolder(ctx, parent, name)
	if err != nil || id != "" {
		return id, err
	}
	err = patience.Throttled(ctx, func() error { id, err = s.Platform.CreateFolder(ctx, parent, name); return err })
	if err == nil {
		return id, nil
	}
	if id, _ = s.Platform.Subfolder(ctx, parent, name); id != "" {
		return id, nil
	}
	return "", fmt.Errorf("making folder %q: %w", name, err)
}

// settled repeats a harmless change until its outcome is known.
func settled(ctx context.Context, change func(context.Context) error) error {
	return bounded(ctx, func(ctx context.Context) error {
		return patience.Settle(ctx, func() error { return change(ctx) })
	})
}

// TimeError reports that the platform took too long.
type TimeError struct{ Err error }

// Error says how long it was.
func (e *TimeError) Error() string { return fmt.Sprintf("no success within %v: %v", callTime, e.Err) }

// Unwrap returns the cause.
func (e *TimeError) Unwrap() error { return e.Err }

func bounded(ctx context.Context, call func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	err := call(limited)
	if err != nil && errors.Is(limited.Err(), context.DeadlineExceeded) && ctx.Err() == nil {
		return &TimeError{err}
	}
	return err
}
