package files

import (
	"archive/zip"
	"fmt"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/content/pack"
	"github.com/rescale-apply/rescale-apply/spec"
	"github.com/rescale-apply/rescale-apply/spec/landing"
)

// The platform puts inputs into one folder, under the names of their uploads, and unpacks
// archives there (rescale-api.md §10). So an archive brings a file into a folder. Nobody
// has confirmed in which order archives are unpacked, so no two of a job that are packed
// here hold the same path: what a job replaces is left out of the archive of the rest,
// which thereby stays the same for all points of a sweep.

// Load is what an archive brings that people did not ask for as such.
type Load string

// The loads.
const (
	Itself    Load = ""          // no such archive
	OneFile   Load = "as"        // one file with a path of its own
	Templates Load = "templates" // the rendered files of a packed folder
)

// Sent names what is uploaded, as people know it: by the name of the upload, unless that
// is of an archive that they did not ask for.
func (in Input) Sent() string {
	if in.Load == OneFile {
		return in.Called()
	}
	return in.Name
}

// Bytes returns the size of what lands in the job; of an archive that people asked for,
// the size of the archive.
func (in Input) Bytes() int64 {
	if in.Load == OneFile {
		return in.Archive.Files[0].Size
	}
	return in.Size
}

// Text is one rendered file, under its path in the job.
type Text struct {
	Name string
	*Rendering
}

// Texts returns what an input has of rendered files.
func (in Input) Texts() []Text {
	if in.Rendering != nil {
		return []Text{{in.Name, in.Rendering}}
	}
	var list []Text
	for _, f := range in.made() {
		if r, rendered := f.Made.(*Rendering); rendered {
			list = append(list, Text{f.Name, r})
		}
	}
	return list
}

// made returns the files of an archive that are not on this disk as they are packed.
func (in Input) made() []*pack.File {
	var list []*pack.File
	if in.Archive == nil {
		return nil
	}
	for i := range in.Archive.Files {
		if in.Archive.Files[i].Made != nil {
			list = append(list, &in.Archive.Files[i])
		}
	}
	return list
}

// carry returns the input that brings a single file to a path with folders.
func carry(in Input, to string) Input {
	file := pack.File{
		Name: to, Path: in.Path, Size: in.Size, ModTime: in.ModTime,
		Executable: true, // as inputs are that come by themselves
	}
	if in.Rendering != nil {
		file.Made = in.Rendering
	}
	in.Archive = &pack.Archive{Format: pack.TarGzip, Files: []pack.File{file}}
	in.Name, in.Load, in.Rendering = landing.Archive(to), OneFile, nil
	return in
}

// replace leaves packed files out whose place another entry of the job takes by name, and
// puts archives that bring files into folders behind all others.
func (f finder) replace(inputs []Input, named map[string]string) []Input {
	var kept, carried []Input
	for _, in := range inputs {
		if in.Archive != nil && in.Load != OneFile && in.Decompress {
			in.Archive = f.without(in, named)
			if in.Archive == nil {
				continue
			}
		}
		if in.Load == Itself {
			kept = append(kept, in)
		} else {
			carried = append(carried, in)
		}
	}
	return append(kept, carried...)
}

// without returns the archive of an input without the files that others replace; nil when
// none is left.
func (f finder) without(in Input, named map[string]string) *pack.Archive {
	var gone []string
	for _, file := range in.Archive.Files {
		if by := named[file.Name]; by != "" {
			gone = append(gone, file.Name)
			f.notice(Notice{Kind: Replaced, Message: fmt.Sprintf("%s takes the place of %s in %s", by, file.Name, in.Rel)})
		}
	}
	if in.Load == Templates {
		return except(in.Archive, gone)
	}
	return f.disk.part(in.Archive, gone)
}

// parting is an archive, and what is left out of it.
type parting struct {
	of      *pack.Archive
	without string
}

// part returns an archive without some of its files, the same one each time: the points of
// a sweep share it, and so its digest.
func (d *disk) part(of *pack.Archive, without []string) *pack.Archive {
	key := parting{of, fmt.Sprintf("%q", without)}
	part, known := d.parts[key]
	if !known {
		part = except(of, without)
		d.parts[key] = part
	}
	return part
}

func except(of *pack.Archive, without []string) *pack.Archive {
	if len(without) == 0 {
		return of
	}
	return of.Only(func(name string) bool { return !slices.Contains(without, name) })
}

// destinations returns the paths in the job that entries name themselves, and what comes
// there.
func destinations(inputs []spec.Input) map[string]string {
	named := make(map[string]string)
	for _, in := range inputs {
		if in.As.Written() && in.Path.Written() {
			named[in.As.V] = in.Path.V
		}
	}
	return named
}

// unordered tells of archives that were packed elsewhere and hold, or may hold, a file that
// another input brings. What a job packs itself never does. The inputs are in the order in
// which they are sent; that the platform unpacks them so, and keeps the later file, nobody
// has confirmed.
func (f finder) unordered(inputs []Input) {
	var brought []string
	for _, in := range inputs {
		if in.Load != Itself {
			for _, file := range in.Archive.Files {
				brought = append(brought, file.Name)
			}
		}
	}
	for _, in := range inputs {
		if len(brought) == 0 || in.Archive != nil || in.Path == "" || !in.Decompress {
			continue
		}
		if name, verb := holds(in, brought); name != "" {
			f.notice(Notice{Kind: Unordered, Message: fmt.Sprintf(
				"%s %s %s, too: it is sent first, but which of the two the platform keeps is not known; pack the folder here to be sure", in.Rel, verb, name)})
		}
	}
}

// holds returns one of the names that a file holds, if it is an archive. Only a zip lists
// its files where they can be read at once.
func holds(in Input, names []string) (name, verb string) {
	format, known := pack.FormatOf(strings.ToLower(in.Name))
	switch {
	case !known && !strings.HasSuffix(in.Name, ".tar.bz2"):
		return "", ""
	case format != pack.Zip:
		return names[0], "may hold"
	}
	archive, err := zip.OpenReader(in.Path)
	if err != nil {
		return "", "" // the platform will tell
	}
	defer archive.Close()
	for _, member := range archive.File {
		if at := slices.Index(names, member.Name); at >= 0 {
			return names[at], "holds"
		}
	}
	return "", ""
}
