// Package files finds the inputs of jobs on this disk, fills in templates and hashes
// the files. It only reads, and asks no platform.
package files

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/pack"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Input is one file of a job: on this disk (Path, SHA512, Size), made of files
// on this disk (Archive as well), or already on the platform (ID).
type Input struct {
	Pos        diag.Position
	Name       string        // the name in the job's work folder
	Path       string        // absolute, empty for a file on the platform; of an archive the folder of its files
	Rel        string        // Path as the manifest would say it, with slashes; of an archive its pattern
	ID         string        // empty until uploaded
	SHA512     string        // hex
	Size       int64         // bytes
	ModTime    time.Time     // before it was hashed; zero for an archive and a file on the platform
	Archive    *pack.Archive // of an input that is packed, else nil
	Load       Load          // what an archive brings that the manifest does not name
	Decompress bool          // archives are unpacked before the command runs
	Tile       int           // which of the job's tiles it is for, from 0
	Use        spec.Use
	To         string // of a template of a sweep: where the platform puts it, filled in

	// Rendering is the content of an input that is made from the template at
	// Path; nil for a file that is uploaded as it is.
	Rendering *Rendering
}

// Called returns what the manifest calls an input: by its place in the job, where its file
// has a name of its own.
func (in Input) Called() string {
	switch {
	case in.Use == spec.ForEach:
		return in.To
	case in.Load == OneFile:
		return in.Archive.Files[0].Name
	}
	return in.Name
}

// Lands reports whether a file lies in the work folder under Called.
func (in Input) Lands() bool { return in.Use != spec.ForRuns && in.Called() != "" }

// Identity returns what counts of an input for the digest: of an archive the tree, so
// that another way to pack it buys no second run. decompress is the platform's default,
// so only its absence is mentioned.
func (in Input) Identity() string {
	id := "sha512:" + in.SHA512
	switch {
	case in.Path == "":
		id = "id:" + in.ID
	case in.Load == OneFile:
		id = "sha512:" + in.Archive.Files[0].SHA512
	case in.Archive != nil:
		id = "sha256:" + in.Archive.Tree()
	}
	if !in.Decompress {
		id += " packed"
	}
	return id
}

// Open returns the Size bytes to upload, each time it is called. Unchanged detects a
// file that differs from what was hashed; an archive detects it itself, while it is
// read.
func (in Input) Open() (io.ReadCloser, error) {
	switch {
	case in.Archive != nil:
		return in.Archive.Open(), nil
	case in.Rendering != nil:
		return in.Rendering.Open()
	}
	return os.Open(in.Path)
}

// Unchanged compares the files of an input with what they were when they were found.
// The error is a *[content.ChangedError], or why a file cannot be examined.
func (in Input) Unchanged() error {
	switch {
	case in.Archive != nil:
		return in.Archive.Unchanged()
	case in.Rendering != nil:
		return nil // it is in memory
	}
	return content.Unchanged(in.Path, in.Size, in.ModTime)
}

// Files returns the local files that an input is made of.
func (in Input) Files() []string {
	switch {
	case in.Path == "":
		return nil
	case in.Archive == nil:
		return []string{in.Path}
	}
	var paths []string
	for _, f := range in.Archive.Files {
		paths = append(paths, f.Path)
	}
	return paths
}

// Reading is how local files are read. The zero Reading reads all of them.
type Reading struct {
	Memory Memory                 // of earlier commands; nil is fine
	Tell   func(content.Progress) // called for one piece at a time; nil is fine
	Given  []Given                // files that only the command line names

	Environ   []string     // of the git program, which tells what it tracks; without PATH there is none
	Contained bool         // nothing outside the repository of a manifest is read
	Notice    func(Notice) // called for one notice at a time; nil is fine
}

// Memory knows digests of files and archives.
type Memory interface {
	content.Memory
	// Archive returns the digest of an archive by its key.
	Archive(key string) (content.Digest, bool)
	// RememberArchive stores it.
	RememberArchive(key string, d content.Digest)
}

// Read finds and hashes the files of every job, each file once. A missing or unreadable
// file and a pattern without a match are problems of the manifest; the error is for a
// disk that fails while it is read.
func Read(ctx context.Context, jobs []spec.Job, reading Reading) ([][]Input, diag.List, error) {
	inputs, problems, err := reading.Find(ctx, jobs)
	if len(problems) > 0 || err != nil {
		return inputs, problems, err
	}
	err = hashRenderings(ctx, inputs)
	if err == nil {
		err = reading.hash(ctx, inputs)
	}
	if err == nil {
		err = reading.measure(ctx, inputs)
	}
	var large diag.Gathering
	for _, list := range inputs {
		large.Add(sizeProblems(list))
	}
	return inputs, large.List().Sort(), err
}

// hash gives every file its digest.
func (r Reading) hash(ctx context.Context, inputs [][]Input) error {
	var paths []string
	var take []func(content.Digest) // what to do with the digest of each path
	archives := make(map[*pack.Archive]bool)
	for _, list := range inputs {
		for i := range list {
			in := &list[i]
			switch {
			case in.Path == "" || in.Rendering != nil || archives[in.Archive]:
				continue
			case in.Archive == nil:
				take = append(take, func(d content.Digest) { in.SHA512, in.Size = d.SHA512, d.Size })
			default: // jobs can share it
				archives[in.Archive] = true
				for k := range in.Archive.Files {
					file := &in.Archive.Files[k]
					if file.Made != nil {
						continue // hashed already
					}
					take = append(take, func(d content.Digest) { file.SHA512, file.Size = d.SHA512, d.Size })
					paths = append(paths, file.Path)
				}
				continue
			}
			paths = append(paths, in.Path)
		}
	}
	hasher := content.Hasher{Tell: r.Tell}
	if r.Memory != nil {
		hasher.Memory = r.Memory
	}
	digests, err := hasher.All(ctx, paths)
	for i, d := range digests {
		take[i](d)
	}
	return err
}

// measure gives every archive the digest of its bytes, each archive once. One after the
// other: all processors compress each.
func (r Reading) measure(ctx context.Context, inputs [][]Input) error {
	known := make(map[*pack.Archive]content.Digest)
	for _, list := range inputs {
		for i := range list {
			in := &list[i]
			if in.Archive == nil {
				continue
			}
			digest, ok := known[in.Archive]
			if !ok {
				var err error
				if digest, err = r.digest(ctx, *in); err != nil {
					return err
				}
				known[in.Archive] = digest
			}
			in.SHA512, in.Size = digest.SHA512, digest.Size
		}
	}
	return nil
}

// quick is how many bytes are packed sooner than they are remembered: the many small
// archives of a sweep must not push the large ones out of the memory.
const quick = 1 << 20

func (r Reading) digest(ctx context.Context, in Input) (content.Digest, error) {
	key := in.Archive.Key()
	if in.Load != Itself && in.Archive.Size() < quick {
		return in.Archive.Measure(ctx, in.Name, nil)
	}
	if r.Memory != nil {
		if known, ok := r.Memory.Archive(key); ok {
			return known, nil
		}
	}
	digest, err := in.Archive.Measure(ctx, in.Name, r.Tell)
	if err == nil && r.Memory != nil {
		r.Memory.RememberArchive(key, digest)
	}
	return digest, err
}
