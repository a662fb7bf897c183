package files

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/pack"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
	"github.com/rescale-apply/rescale-apply/spec/expr"
	"github.com/rescale-apply/rescale-apply/spec/landing"
)

// Find finds the files of every job without reading them; see [Reading.Find].
func Find(jobs []spec.Job) ([][]Input, diag.List) {
	inputs, problems, err := Reading{}.Find(context.Background(), jobs)
	if err != nil {
		problems.Add(diag.Position{}, diag.UnreadableInput, "", "%v", err)
	}
	return inputs, problems
}

// Find finds the files of every job. It reads only those whose content decides whether
// they are inputs: results that may have been changed. Jobs with the same entry share
// what is found: a sweep looks into its folder once. The error is for a disk that fails.
func (r Reading) Find(ctx context.Context, jobs []spec.Job) ([][]Input, diag.List, error) {
	var problems diag.Gathering
	inputs := make([][]Input, len(jobs))
	disk := r.disk()
	problems.Add(disk.folderProblems(ctx, jobs, r.tell))
	for i, job := range jobs {
		var mine diag.List
		f := finder{dir: job.Dir, texts: own(job), values: job.Values, disk: disk, problems: &mine, notice: r.about(job.Name.V)}
		for _, in := range job.Inputs {
			list, err := f.match(ctx, in)
			if err != nil {
				return inputs, problems.List(), err
			}
			inputs[i] = append(inputs[i], list...)
		}
		inputs[i] = f.replace(inputs[i], destinations(job.Inputs))
		f.unordered(inputs[i])
		mine = append(mine, nameProblems(inputs[i])...)
		problems.Add(append(mine, sizeProblems(inputs[i])...))
	}
	return inputs, problems.List().Sort(), nil
}

// finder looks for the input files of one job.
type finder struct {
	dir      string     // of the manifest
	texts    []string   // the job's own files, which no pattern means
	own      known      // those of them that are there
	values   expr.Scope // for templates
	disk     *disk
	problems *diag.List
	notice   func(Notice)
}

// match returns the inputs that one entry stands for. A file on the platform passes
// through: the catalog knows it.
func (f finder) match(ctx context.Context, in spec.Input) ([]Input, error) {
	if in.From.Written() {
		return nil, nil // nobody knows them before the other job has run
	}
	if in.ID.Written() {
		return []Input{{Pos: in.ID.Pos, ID: in.ID.V, Decompress: in.Decompress.V, Tile: in.Tile, Use: in.Use}}, nil
	}
	meant, err := f.meant(ctx, in)
	if err != nil {
		return nil, err
	}
	for _, problem := range meant.problems {
		problem.Pos = in.Path.Pos
		if in.Use != spec.ForCommand && problem.Rule == diag.UnreadableInput {
			problem.Hint = "a script is one file that can be read"
			if in.Use == spec.ForRuns || in.Use == spec.ForEach {
				problem.Hint = "a table or a template of doe is one file that can be read"
			}
		}
		*f.problems = append(*f.problems, problem)
	}
	for _, notice := range meant.notices {
		f.notice(notice.at(in))
	}
	var inputs []Input
	for _, one := range meant.inputs {
		one.Pos, one.Tile, one.Use, one.To = in.Path.Pos, in.Tile, in.Use, in.To.V
		if in.Template.V {
			one.Rendering = f.render(one)
		}
		inputs = append(inputs, f.apart(in, one)...)
	}
	return inputs, nil
}

// meant looks for what an entry means, unless another job has said the same.
func (f finder) meant(ctx context.Context, in spec.Input) (found, error) {
	said := fmt.Sprintf("%q %q %q %q %q %q %v %v", f.dir, f.texts, in.Path.V, spec.Texts(in.Exclude), in.As.V, in.Pack.V, in.Decompress.V, in.Template.V)
	meant, known := f.disk.known[said]
	if known {
		return meant, nil
	}
	look := finder{dir: f.dir, disk: f.disk, problems: &meant.problems, notice: func(n Notice) { meant.notices = append(meant.notices, n) }}
	for _, text := range f.texts {
		look.own = append(look.own, know([]Given{{Path: text}})...)
	}
	var err error
	if in.Pack.Written() {
		meant.inputs, err = look.packed(ctx, in)
	} else {
		meant.inputs, err = look.single(ctx, in)
	}
	if err == nil {
		f.disk.known[said] = meant
	}
	return meant, err
}

// single returns every file on its own.
func (f finder) single(ctx context.Context, in spec.Input) ([]Input, error) {
	var list []Input
	files, err := f.files(ctx, in)
	for _, file := range files {
		name := path.Base(file.Rel)
		if in.As.Written() && !landing.InFolder(in.As.V) {
			name = in.As.V
		}
		one := Input{
			Name: name, Path: file.Path, Rel: file.Rel, Size: file.Size, ModTime: file.ModTime, Decompress: in.Decompress.V,
		}
		if landing.InFolder(in.As.V) && !in.Template.V {
			one = carry(one, in.As.V) // here, so that jobs share it
		}
		list = append(list, one)
	}
	return list, err
}

// packed returns the one input that all files of an entry form.
func (f finder) packed(ctx context.Context, in spec.Input) ([]Input, error) {
	files, err := f.files(ctx, in)
	if len(files) == 0 {
		return nil, err // or a problem already
	}
	format, _ := pack.FormatOf(in.Pack.V)
	archive, err := pack.New(format, files)
	if err != nil {
		*f.problems = append(*f.problems, f.problem(in.Path, err))
		return nil, nil
	}
	for _, member := range archive.Files {
		if why := memberProblem(member.Name); why != "" {
			f.problems.Add(in.Path.Pos, diag.BadInputName, "rename it, or exclude it", "the name %q cannot be in an archive: %s", member.Name, why)
		}
	}
	return []Input{{
		Name: in.Pack.V, Path: f.begin(in.Path.V), Rel: in.Path.V, Archive: archive, Decompress: in.Decompress.V,
	}}, nil
}

// files returns the local files that one entry means.
func (f finder) files(ctx context.Context, in spec.Input) ([]content.File, error) {
	found, err := content.Search{
		Dir: f.dir, Pattern: in.Path.V, Exclude: spec.Texts(in.Exclude), Avoid: f.avoid(in), Tree: in.Pack.Written(),
		Reach: f.disk.reach(f.dir),
	}.Find()
	if err != nil {
		*f.problems = append(*f.problems, f.problem(in.Path, err))
		return nil, nil
	}
	for _, idle := range found.Idle {
		f.notice(Notice{Kind: IdleExclude, Message: idle})
	}
	if len(found.Files) == 1 && isPath(in.Path.V, found.Files[0]) {
		f.keepSecret(in, found.Files[0])
		return found.Files, nil
	}
	files, err := f.reduce(ctx, pattern{in.Path, f.begin(in.Path.V)}, found.Files)
	if len(files) == 0 && err == nil && len(*f.problems) == 0 {
		f.problems.Add(in.Path.Pos, diag.EmptyGlob, "a pattern that begins with the folder of results means them, and a path means its file",
			"%q matches only files that no pattern means: what rescale-apply wrote, or the job's own manifest, table and scripts", in.Path.V)
	}
	return files, err
}

// begin returns the folder that a path or pattern begins with.
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
		if base := content.Begin(at.V); !isDir(below(f.dir, base)) {
			d.Hint = f.disk.nearby(f.dir, base)
		}
		if empty.Ignored {
			d.Hint = "change the .rescaleignore, or write the path of one file: that is always taken"
		}
	}
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) && hinted.Hint() != "" {
		d.Hint = hinted.Hint()
	}
	if errors.As(err, &folder) {
		d.Hint += "; to keep its folders, pack it: {path: " + at.V + ", pack: NAME.tar.gz}"
	}
	return d
}
