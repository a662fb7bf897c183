package resolver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Input is one file of a job: on this disk (Path, SHA512, Size) or already on
// the platform (ID).
type Input struct {
	Pos        diag.Position
	Name       string    // the name in the job's work folder
	Path       string    // absolute, empty for a file on the platform
	Rel        string    // Path as the manifest would say it, with slashes
	ID         string    // empty until uploaded
	SHA512     string    // hex
	Size       int64     // bytes
	ModTime    time.Time // before it was hashed; zero for a file on the platform
	Decompress bool      // archives are unpacked before the command runs
}

// identity is what of an input counts for the digest. Decompress is the
// platform's default, so only its absence is said.
func (in Input) identity() string {
	id := "sha512:" + in.SHA512
	if in.Path == "" {
		id = "id:" + in.ID
	}
	if !in.Decompress {
		id += " packed"
	}
	return id
}

// LocalInputs finds and hashes the files of every job, each file once. Files
// that are missing, unreadable or matched by no pattern are problems of the
// manifest; the error is for a disk that fails while it is read.
func LocalInputs(ctx context.Context, jobs []spec.Job) ([][]Input, diag.List, error) {
	inputs, problems := FindInputs(jobs)
	if len(problems) > 0 {
		return inputs, problems, nil
	}
	return inputs, nil, hash(ctx, inputs)
}

// FindInputs finds the files of every job without reading them.
func FindInputs(jobs []spec.Job) ([][]Input, diag.List) {
	var problems diag.List
	inputs := make([][]Input, len(jobs))
	for i, job := range jobs {
		f := finder{dir: job.Dir, jobs: jobs, problems: &problems}
		for _, in := range job.Inputs {
			inputs[i] = append(inputs[i], f.match(in)...)
		}
		checkNames(inputs[i], &problems)
		checkSizes(inputs[i], &problems)
	}
	return inputs, problems.Sort()
}

// finder looks for the input files of one job.
type finder struct {
	dir      string
	jobs     []spec.Job // of the whole apply
	problems *diag.List
}

// match gives the files that one entry of inputs stands for. A file on the
// platform passes through: the catalog knows it.
func (f finder) match(in spec.Input) []Input {
	if in.ID.Written() {
		return []Input{{Pos: in.ID.Pos, ID: in.ID.V, Decompress: in.Decompress.V}}
	}
	var exclude []string
	for _, e := range in.Exclude {
		exclude = append(exclude, e.V)
	}
	files, err := content.Match(f.dir, in.Path.V, append([]string{ownFolder}, exclude...))
	var empty *content.NoMatchError
	if errors.As(err, &empty) && len(empty.Exclude) > 0 {
		empty.Exclude = exclude // what the user wrote
	}
	if err != nil {
		*f.problems = append(*f.problems, inputProblem(f.dir, in.Path, err))
		return nil
	}
	var list []Input
	for _, file := range files {
		if f.written(in.Path.V, file) {
			continue
		}
		name := path.Base(file.Rel)
		if in.As.Written() {
			name = in.As.V
		}
		list = append(list, Input{
			Pos: in.Path.Pos, Name: name, Path: file.Path, Rel: file.Rel, Size: file.Size, ModTime: file.ModTime, Decompress: in.Decompress.V,
		})
	}
	if len(list) == 0 {
		f.problems.Add(in.Path.Pos, diag.EmptyGlob, "results of a job are inputs only if the pattern begins with their folder",
			"%q matches only files that rescale-apply wrote itself", in.Path.V)
	}
	return list
}

// ownFolder is state and the local platform, which may be writing there now. It
// is not even looked into.
const ownFolder = "**/.rescale/**"

// written tells that a file is a result of one of the jobs. A pattern does not
// mean those, or a job would change by being run; unless it begins with the
// folder of the results, or names the file as it is.
func (f finder) written(pattern string, file content.File) bool {
	if file.Rel == path.Clean(filepath.ToSlash(pattern)) {
		return false
	}
	begin := absolute(filepath.Join(f.dir, content.Begin(pattern)))
	for _, job := range f.jobs {
		folder := absolute(job.ResultsPath())
		if len(job.Outputs.Download) > 0 && within(folder, file.Path) && !within(folder, begin) && folder != absolute(f.dir) {
			return true
		}
	}
	return false
}

func absolute(p string) string {
	if whole, err := filepath.Abs(p); err == nil {
		return whole
	}
	return p
}

// within tells that a path is a folder or in it.
func within(folder, p string) bool {
	rel, err := filepath.Rel(folder, p)
	return err == nil && filepath.IsLocal(rel)
}

func inputProblem(dir string, at spec.Value[string], err error) diag.Diagnostic {
	d := diag.Diagnostic{Pos: at.Pos, Rule: diag.UnreadableInput, Message: err.Error()}
	var missing *content.NotFoundError
	var empty *content.NoMatchError
	switch {
	case errors.As(err, &missing):
		d.Rule, d.Hint = diag.MissingInput, nearbyFile(dir, at.V)
	case errors.As(err, &empty):
		d.Rule, d.Hint = diag.EmptyGlob, "a pattern starts at the folder of the manifest; **/ goes into the folders below"
	}
	var advised interface{ Hint() string }
	if errors.As(err, &advised) && advised.Hint() != "" {
		d.Hint = advised.Hint()
	}
	return d
}

// nearbyFile suggests a file of the same folder with almost the same name.
func nearbyFile(dir, wanted string) string {
	folder := path.Dir(filepath.ToSlash(wanted))
	entries, err := os.ReadDir(filepath.Join(dir, filepath.FromSlash(folder)))
	if err != nil {
		return fmt.Sprintf("there is no folder %s either; paths start at the folder of the manifest", folder)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, path.Join(folder, entry.Name()))
	}
	if near := diag.Nearest(wanted, names); len(near) > 0 {
		return "did you mean " + near[0] + "?"
	}
	return "paths start at the folder of the manifest"
}

// checkNames refuses two inputs under one name: the platform puts all of them
// into one folder, and one would hide the other.
func checkNames(inputs []Input, problems *diag.List) {
	first := make(map[string]Input)
	for _, in := range inputs {
		if in.Name == "" {
			continue
		}
		other, taken := first[in.Name]
		if !taken {
			first[in.Name] = in
			continue
		}
		problems.Add(in.Pos, diag.DuplicateInputName, "exclude one of them, or list it alone and rename it with as:",
			"two inputs would be named %q in the job: %s and %s", in.Name, other.Rel, in.Rel)
	}
}

func hash(ctx context.Context, inputs [][]Input) error {
	var paths []string
	for _, list := range inputs {
		for _, in := range list {
			if in.Path != "" {
				paths = append(paths, in.Path)
			}
		}
	}
	digests, err := content.HashAll(ctx, paths)
	if err != nil {
		return err
	}
	next := 0
	for _, list := range inputs {
		for i := range list {
			if list[i].Path != "" {
				list[i].SHA512, list[i].Size = digests[next].SHA512, digests[next].Size
				next++
			}
		}
	}
	return nil
}

// platformInputs completes the inputs that are already on the platform.
func (r *resolution) platformInputs(inputs []Input) []Input {
	for i := range inputs {
		in := &inputs[i]
		if in.ID == "" {
			continue
		}
		file, ok := r.cat.files[in.ID]
		if !ok || file.Deleted || !file.Complete {
			r.problems.Add(in.Pos, diag.UnknownFile, "open the file in the web UI and copy its id, or give a path: instead",
				"the platform has no file with id %q for this account", in.ID)
			continue
		}
		in.Name, in.Size = file.Name, file.Size
	}
	return inputs
}
