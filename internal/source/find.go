package source

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Finder finds sources.
type Finder struct {
	Getenv  func(string) string // of the pipeline
	Environ []string            // for git
}

// Made is what one job is made of.
type Made struct {
	Manifest string   // its absolute path; its folder is free of links
	Vars     []string // names of variables with values from the command line, which no commit has
	Files    []string // absolute paths of what else it is made of: inputs, tables, files of variables

	// Shared are lists of further files that several jobs may have in common, such as the
	// files of one archive: a list that is the same in memory is looked at once.
	Shared [][]string
}

// Found is what was found.
type Found struct {
	Sources []Source // one for each that was asked for, in their order
	Unknown []error  // why something is not known, each once
}

// Find finds the sources of jobs. It asks git about each repository a few times, however
// many files there are. What a pipeline says counts for the commit that it has checked out;
// where another one is, that one counts. The error is that of the context.
func (f Finder) Find(ctx context.Context, jobs []Made) (Found, error) {
	s := search{Finder: f, pipeline: pipelineOf(f.Getenv), byTop: make(map[string]*checkout)}
	at := make([]*checkout, len(jobs))
	for i, job := range jobs {
		if at[i] = s.checkout(ctx, filepath.Dir(job.Manifest)); at[i] != nil {
			at[i].want(job.Manifest)
			at[i].want(job.Files...)
			at[i].wantShared(job.Shared)
		}
		if ctx.Err() != nil {
			return Found{}, ctx.Err()
		}
	}
	for _, c := range s.order {
		if err := c.compare(ctx, s.commitOf(c)); err != nil {
			c.failed = true
			s.unknown = append(s.unknown, err)
		}
	}
	found := Found{Unknown: s.unknown}
	for i, job := range jobs {
		var from Source
		if at[i] == nil {
			from = s.pipeline.source(job)
		} else {
			from = s.sourceOf(at[i], job)
		}
		if !from.IsZero() {
			from.Vars = job.Vars
		}
		found.Sources = append(found.Sources, from)
	}
	return found, ctx.Err()
}

// search is one Find.
type search struct {
	Finder
	pipeline pipeline
	byTop    map[string]*checkout // nil where it cannot be read
	order    []*checkout
	unknown  []error
	bare     bool // somebody was told that a pipeline has no repository
}

// errNoRepository is of a pipeline that has only the files.
var errNoRepository = errors.New("there is no repository here, and the pipeline's commit is taken as it says")

// checkout returns the working tree that a folder is in; nil where none can be read.
func (s *search) checkout(ctx context.Context, dir string) *checkout {
	top := nearest(dir)
	if top == "" {
		if s.pipeline.known() && !s.bare {
			s.bare = true
			s.unknown = append(s.unknown, errNoRepository)
		}
		return nil
	}
	c, known := s.byTop[top]
	if known {
		return c
	}
	c, err := newCheckout(ctx, top, s.Environ)
	if err != nil {
		s.unknown = append(s.unknown, err)
		c = nil
	} else {
		s.order = append(s.order, c)
	}
	s.byTop[top] = c
	return c
}

// nearest returns the folder of the nearest repository at or above a folder; empty where
// there is none.
func nearest(dir string) string {
	for {
		_, err := os.Lstat(filepath.Join(dir, ".git"))
		switch above := filepath.Dir(dir); {
		case err == nil || !errors.Is(err, fs.ErrNotExist):
			return dir
		case above == dir:
			return ""
		default:
			dir = above
		}
	}
}

// commitOf is the commit that a checkout stands for: that of a pull request's author where
// the pipeline has checked out a merge of it.
func (s *search) commitOf(c *checkout) string {
	if c.commit == s.pipeline.checked {
		return s.pipeline.commit
	}
	return c.commit
}

// sourceOf puts together what git and the pipeline say.
func (s *search) sourceOf(c *checkout, job Made) Source {
	p := s.pipeline
	source := Source{Version: version, Repo: c.repo, Commit: s.commitOf(c), Ref: c.ref, Run: p.run, Actor: p.actor, Unchecked: c.failed}
	if c.commit == p.checked {
		source.Ref = p.ref
		if source.Repo == "" {
			source.Repo = p.repo
		}
	}
	source.Path, _ = c.inside(job.Manifest)
	if !c.failed {
		source.Dirty, source.More = c.dirty(job)
	}
	return source
}

// mostNamed is how many files of a job are named, at most.
const mostNamed = 5

// dirty names the files of a job that differ from the commit, and counts the rest.
func (c *checkout) dirty(job Made) (names []string, more int) {
	told := make(map[string]bool)
	tell := func(file string) {
		name, differs := c.differs(file)
		if !differs || told[name] {
			return
		}
		if told[name] = true; len(names) < mostNamed {
			names = append(names, name)
		} else {
			more++
		}
	}
	tell(job.Manifest)
	for _, file := range job.Files {
		tell(file)
	}
	for _, list := range job.Shared {
		for _, file := range c.differing(list) {
			tell(file)
		}
	}
	return names, more
}

// differing are the files of a list that differ from the commit.
func (c *checkout) differing(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	found, known := c.shared[&list[0]]
	if known && found != nil {
		return *found
	}
	var names []string
	for _, file := range list {
		if _, is := c.differs(file); is {
			names = append(names, file)
		}
	}
	c.shared[&list[0]] = &names
	return names
}
