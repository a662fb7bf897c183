package resolver

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
)

// FindInputs finds the files of every job without reading them. Jobs that say the
// same of an input share what is found: a sweep looks into its folder once.
func FindInputs(jobs []spec.Job) ([][]Input, diag.List) {
	var problems diag.List
	inputs := make([][]Input, len(jobs))
	f := finder{known: make(map[string][]Input), problems: &problems}
	for _, job := range jobs {
		if len(job.Outputs.Download) > 0 {
			f.results = append(f.results, absolute(job.ResultsPath()))
		}
	}
	for i, job := range jobs {
		f.dir = job.Dir
		for _, in := range job.Inputs {
			inputs[i] = append(inputs[i], f.match(in)...)
		}
		problems = append(problems, nameProblems(inputs[i])...)
	}
	return inputs, problems.Sort()
}

// finder looks for the input files of one job after the other.
type finder struct {
	dir      string             // of the manifest
	results  []string           // folders of results, of the whole apply
	known    map[string][]Input // by what an entry says
	problems *diag.List
}

// match gives the inputs that one entry stands for. A file on the platform
// passes through: the catalog knows it.
func (f finder) match(in spec.Input) []Input {
	if in.ID.Written() {
		return []Input{{Pos: in.ID.Pos, ID: in.ID.V, Decompress: in.Decompress.V}}
	}
	said := fmt.Sprintf("%q %q %q %q %q %v", f.dir, in.Path.V, texts(in.Exclude), in.As.V, in.Pack.V, in.Decompress.V)
	list, known := f.known[said]
	if !known {
		if in.Pack.Written() {
			list = f.packed(in)
		} else {
			list = f.single(in)
		}
		if len(list) > 0 {
			f.known[said] = list
		}
	}
	list = slices.Clone(list)
	for i := range list {
		list[i].Pos = in.Path.Pos
	}
	return list
}

func texts(values []spec.Value[string]) []string {
	var list []string
	for _, v := range values {
		list = append(list, v.V)
	}
	return list
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
		*f.problems = append(*f.problems, inputProblem(f.dir, in.Path, err))
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
	exclude := texts(in.Exclude)
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
		*f.problems = append(*f.problems, inputProblem(f.dir, in.Path, err))
		return nil
	}
	found, begin := len(files), f.begin(in.Path.V)
	files = slices.DeleteFunc(files, func(file content.File) bool {
		return file.Rel != path.Clean(filepath.ToSlash(in.Path.V)) && f.written(begin, file)
	})
	if len(files) == 0 && found > 0 {
		f.problems.Add(in.Path.Pos, diag.EmptyGlob, "results of a job are inputs only if the pattern begins with their folder",
			"%q matches only files that rescale-apply wrote itself", in.Path.V)
	}
	return files
}

// ownFolder is state and the local platform, which may be writing there now. It
// is not even looked into.
const ownFolder = "**/.rescale/**"

// written tells that a file is a result of one of the jobs. A pattern does not
// mean those, or a job would change by being run; unless it begins with the
// folder of the results, or names the file as it is.
func (f finder) written(begin string, file content.File) bool {
	return slices.ContainsFunc(f.results, func(folder string) bool {
		return within(folder, file.Path) && !within(folder, begin) && folder != absolute(f.dir)
	})
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
	var folder *content.DirectoryError
	switch {
	case errors.As(err, &missing):
		d.Rule, d.Hint = diag.MissingInput, nearbyFile(dir, at.V)
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
