package files

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/pack"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
	"github.com/rescale-apply/rescale-apply/spec/expr"
)

// Find finds the files of every job without reading them. Jobs that say the
// same of an input share what is found: a sweep looks into its folder once.
func Find(jobs []spec.Job) ([][]Input, diag.List) {
	var problems diag.Gathering
	inputs := make([][]Input, len(jobs))
	disk := newDisk(jobs)
	for i, job := range jobs {
		var own diag.List
		f := finder{dir: job.Dir, values: job.Values, disk: disk, problems: &own}
		for _, in := range job.Inputs {
			inputs[i] = append(inputs[i], f.match(in)...)
		}
		own = append(own, nameProblems(inputs[i])...)
		problems.Add(append(own, sizeProblems(inputs[i])...))
	}
	return inputs, problems.List().Sort()
}

// finder looks for the input files of one job.
type finder struct {
	dir      string     // of the manifest
	values   expr.Scope // for templates
	disk     *disk
	problems *diag.List
}

// match gives the inputs that one entry stands for. A file on the platform
// passes through: the catalog knows it.
func (f finder) match(in spec.Input) []Input {
	if in.From.Written() {
		return nil // nobody knows them before the other job has run
	}
	if in.ID.Written() {
		return []Input{{Pos: in.ID.Pos, ID: in.ID.V, Decompress: in.Decompress.V, Tile: in.Tile, Use: in.Use}}
	}
	said := fmt.Sprintf("%q %q %q %q %q %v", f.dir, in.Path.V, spec.Texts(in.Exclude), in.As.V, in.Pack.V, in.Decompress.V)
	meant, known := f.disk.known[said]
	if !known {
		look := finder{dir: f.dir, disk: f.disk, problems: &meant.problems}
		if in.Pack.Written() {
			meant.inputs = look.packed(in)
		} else {
			meant.inputs = look.single(in)
		}
		f.disk.known[said] = meant
	}
	for _, problem := range meant.problems {
		problem.Pos = in.Path.Pos
		if in.Use != spec.ForCommand && problem.Rule == diag.UnreadableInput {
			problem.Hint = "a script is one file that can be read"
		}
		*f.problems = append(*f.problems, problem)
	}
	inputs := slices.Clone(meant.inputs)
	for i := range inputs {
		inputs[i].Pos, inputs[i].Tile, inputs[i].Use = in.Path.Pos, in.Tile, in.Use
		if in.Template.V {
			inputs[i].Rendering = f.render(inputs[i])
		}
	}
	return inputs
}

// single is every file on its own.
func (f finder) single(in spec.Input) []Input {
	var list []Input
	for _, file := range f.files(in) {
		name := path.Base(file.Rel)
		if in.As.Written() {
			name = in.As.V
		}
		list = append(list, Input{
			Name: name, Path: file.Path, Rel: file.Rel, Size: file.Size, ModTime: file.ModTime, Decompress: in.Decompress.V,
		})
	}
	return list
}

// packed is the one input that all files of an entry make.
func (f finder) packed(in spec.Input) []Input {
	files := f.files(in)
	if len(files) == 0 {
		return nil // a problem already
	}
	format, _ := pack.FormatOf(in.Pack.V)
	archive, err := pack.New(format, files)
	if err != nil {
		*f.problems = append(*f.problems, f.problem(in.Path, err))
		return nil
	}
	for _, member := range archive.Files {
		if why := memberProblem(member.Name); why != "" {
			f.problems.Add(in.Path.Pos, diag.BadInputName, "rename it, or exclude it", "the name %q can not be in an archive: %s", member.Name, why)
		}
	}
	return []Input{{
		Name: in.Pack.V, Path: f.begin(in.Path.V), Rel: in.Path.V, Archive: archive, Decompress: in.Decompress.V,
	}}
}

// files are the local files that one entry means, without what this tool wrote.
func (f finder) files(in spec.Input) []content.File {
	exclude := spec.Texts(in.Exclude)
	match := content.Match
	if in.Pack.Written() {
		match = content.MatchTree
	}
	files, err := match(f.dir, in.Path.V, append([]string{ownFolder}, exclude...))
	var empty *content.NoMatchError
	if errors.As(err, &empty) && len(empty.Exclude) > 0 {
		empty.Exclude = exclude // what the user wrote
	}
	if err != nil {
		*f.problems = append(*f.problems, f.problem(in.Path, err))
		return nil
	}
	found, begin := len(files), f.begin(in.Path.V)
	files = slices.DeleteFunc(files, func(file content.File) bool {
		return file.Rel != path.Clean(filepath.ToSlash(in.Path.V)) && f.disk.written(f.dir, begin, file)
	})
	if len(files) == 0 && found > 0 {
		f.problems.Add(in.Path.Pos, diag.EmptyGlob, "results of a job are inputs only if the pattern begins with their folder",
			"%q matches only files that rescale-apply wrote itself", in.Path.V)
	}
	return files
}

// begin is the folder that a path or pattern begins with.
func (f finder) begin(pattern string) string {
	whole, begin := filepath.FromSlash(pattern), content.Begin(pattern)
	if !filepath.IsAbs(whole) {
		whole, begin = filepath.Join(f.dir, whole), filepath.Join(f.dir, begin)
	}
	if info, err := os.Stat(whole); err == nil && info.IsDir() {
		return absolute(whole)
	}
	return absolute(begin)
}

func (f finder) problem(at spec.Value[string], err error) diag.Diagnostic {
	d := diag.Diagnostic{Pos: at.Pos, Rule: diag.UnreadableInput, Message: err.Error()}
	var missing *content.NotFoundError
	var empty *content.NoMatchError
	var folder *content.DirectoryError
	switch {
	case errors.As(err, &missing):
		d.Rule, d.Hint = diag.MissingInput, f.disk.nearby(f.dir, at.V)
	case errors.As(err, &empty):
		d.Rule, d.Hint = diag.EmptyGlob, "a pattern starts at the folder of the manifest; **/ goes into the folders below"
		if empty.Ignored {
			d.Hint = "change the .rescaleignore, or write the path of one file: that is always taken"
		}
	}
	var advised interface{ Hint() string }
	if errors.As(err, &advised) && advised.Hint() != "" {
		d.Hint = advised.Hint()
	}
	if errors.As(err, &folder) {
		d.Hint += "; to keep its folders, pack it: {path: " + at.V + ", pack: NAME.tar.gz}"
	}
	return d
}
