package files

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/pack"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
	"github.com/rescale-apply/rescale-apply/spec/landing"
)

// choice is what patterns of templates mean among packed files.
type choice struct {
	names   []string
	by      map[string]int // the pattern that means a file
	idle    []int          // patterns that mean nothing
	refused map[int]error  // patterns that cannot be used
}

// apart returns the inputs that one entry stands for in the end: rendered files travel in
// an archive of their own, so that the rest of a packed folder is the same for all points
// of a sweep, and is packed and sent once.
func (f finder) apart(in spec.Input, one Input) []Input {
	switch {
	case in.Template.V && landing.InFolder(in.As.V):
		return []Input{carry(one, in.As.V)}
	case one.Archive == nil || len(in.Templates) == 0:
		return []Input{one}
	}
	meant := f.templates(in, one)
	made := make([]pack.File, 0, len(meant.names))
	for _, file := range one.Archive.Files {
		if n, chosen := meant.by[file.Name]; chosen {
			made = append(made, f.made(file, in.Templates[n].Pos))
		}
	}
	switch {
	case len(made) == 0:
		return []Input{one}
	case !in.Decompress.V:
		one.Archive = merged(one.Archive, made)
		return []Input{one}
	}
	rendered := one
	rendered.Name, rendered.Load = landing.Templates(in.Pack.V), Templates
	rendered.Archive = &pack.Archive{Format: pack.TarGzip, Files: made}
	if one.Archive = f.disk.part(one.Archive, meant.names); one.Archive == nil {
		return []Input{rendered}
	}
	return []Input{one, rendered}
}

// merged returns an archive in which rendered files stand for their templates.
func merged(of *pack.Archive, made []pack.File) *pack.Archive {
	whole := &pack.Archive{Format: of.Format, Files: slices.Clone(of.Files)}
	for i, file := range whole.Files {
		if n := slices.IndexFunc(made, func(m pack.File) bool { return m.Name == file.Name }); n >= 0 {
			whole.Files[i] = made[n]
		}
	}
	return whole
}

// made returns a packed file with its references replaced.
func (f finder) made(file pack.File, at diag.Position) pack.File {
	rel := file.Path
	if below, err := filepath.Rel(absolute(f.dir), file.Path); err == nil {
		rel = filepath.ToSlash(below)
	}
	file.Made = f.render(Input{Pos: at, Path: file.Path, Rel: rel, Size: file.Size, Load: Templates})
	file.SHA512 = ""
	return file
}

// templates returns what the patterns of an entry mean, and reports those that mean
// nothing.
func (f finder) templates(in spec.Input, one Input) choice {
	texts := spec.Texts(in.Templates)
	key := parting{one.Archive, fmt.Sprintf("%q", texts)}
	meant, known := f.disk.chosen[key]
	if !known {
		meant = choose(one.Archive, packedFolder(in, one.Archive), texts)
		f.disk.chosen[key] = meant
	}
	for i, p := range in.Templates {
		switch err := meant.refused[i]; {
		case err != nil:
			f.problems.Add(p.Pos, diag.BadGlob, "", "%v", err)
		case slices.Contains(meant.idle, i):
			f.problems.Add(p.Pos, diag.EmptyGlob, idleHint(p.V, in, one.Archive), "template %q matches none of the packed files of %s", p.V, in.Path.V)
		}
	}
	return meant
}

// packedFolder returns the folder of the archive in which the patterns of templates start;
// empty for its top.
func packedFolder(in spec.Input, archive *pack.Archive) string {
	folder := path.Base(path.Clean(filepath.ToSlash(in.Path.V))) + "/"
	for _, file := range archive.Files {
		if !strings.HasPrefix(file.Name, folder) {
			return ""
		}
	}
	return folder
}

func choose(archive *pack.Archive, folder string, patterns []string) choice {
	meant := choice{by: make(map[string]int), refused: make(map[int]error)}
	for i, p := range patterns {
		wanted, err := content.Selector([]string{p}, nil)
		if err != nil {
			meant.refused[i] = err
			continue
		}
		idle := true
		for _, file := range archive.Files {
			if !wanted(strings.TrimPrefix(file.Name, folder)) {
				continue
			}
			idle = false
			if _, twice := meant.by[file.Name]; !twice {
				meant.by[file.Name] = i
				meant.names = append(meant.names, file.Name)
			}
		}
		if idle {
			meant.idle = append(meant.idle, i)
		}
	}
	slices.Sort(meant.names)
	return meant
}

// idleHint returns what a pattern may have meant.
func idleHint(p string, in spec.Input, archive *pack.Archive) string {
	folder := packedFolder(in, archive)
	for _, prefix := range []string{path.Clean(filepath.ToSlash(in.Path.V)) + "/", folder} {
		rest, begins := strings.CutPrefix(p, prefix)
		if begins && prefix != "" && len(choose(archive, folder, []string{rest}).names) > 0 {
			return fmt.Sprintf("patterns start in the packed folder: write %s", rest)
		}
	}
	var names []string
	for _, file := range archive.Files {
		names = append(names, strings.TrimPrefix(file.Name, folder))
	}
	if near := diag.Nearest(p, names); len(near) > 0 {
		return diag.DidYouMean(p, near[:1])
	}
	return "patterns start in the packed folder; a pattern without / matches a file of that name in any folder below"
}
