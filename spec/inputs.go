package spec

import (
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/glob"
	"github.com/rescale-apply/rescale-apply/spec/doe"
	"github.com/rescale-apply/rescale-apply/spec/landing"
)

// checkInputForms reports options that do not fit the kind of their input.
func checkInputForms(job *Job, list *diag.List) {
	for i, in := range job.Inputs {
		before := len(*list)
		switch {
		case in.From.Written():
			checkFromForm(in, list)
		case in.ID.Written() && !in.Path.Written():
			checkStoredForm(in, list)
		default:
			checkPathForm(in, list)
		}
		if len(in.Files) > 0 && !in.From.Written() {
			list.Add(in.Files[0].Pos, diag.BadChoice, "write the files as path", "files chooses from the results of another job, with from")
		}
		if !in.From.Written() {
			checkNotTaken(in, list)
		}
		checkInto(in.Into, list)
		checkLanding(in, list)
		checkTemplates(in, list)
		checkInputName("pack", in.Pack, list)
		job.Inputs[i].Wrong = in.Wrong || len(*list) > before
	}
}

// checkStoredForm checks an input that is on the platform already.
func checkStoredForm(in Input, list *diag.List) {
	if in.As.Written() {
		list.Add(in.As.Pos, diag.BadChoice, "delete as, or give the file as path", "as renames a path, a platform file keeps its name")
	}
	if in.Pack.Written() {
		list.Add(in.Pack.Pos, diag.BadChoice, "delete pack, or give the files as path", "pack makes an archive of a path, an input with id is on the platform already")
	}
	if at := in.templating(); !at.IsZero() {
		list.Add(at, diag.BadChoice, "delete template, or give the file as path", "a file that is on the platform already is no template")
	}
	if len(in.Exclude) > 0 {
		list.Add(in.Exclude[0].Pos, diag.BadChoice, "delete exclude", "exclude leaves files out of a path, an input with id is one file")
	}
}

func checkPathForm(in Input, list *diag.List) {
	switch {
	case in.As.Written() && in.Pack.Written():
		list.Add(in.As.Pos, diag.BadChoice, "delete as", "pack names the archive already")
	case in.As.Written() && isPattern(in.Path.V):
		list.Add(in.As.Pos, diag.BadInputName, "delete as, or write path for one file", "as names one file, but path is a pattern: %s", diag.Short(in.Path.V))
	}
	switch {
	case in.Template.V && in.Pack.Written():
		list.Add(in.Template.Pos, diag.BadChoice, `name the templates among the packed files, such as template: ["0/U", "system/*"]`,
			"an archive as a whole is no template")
	case len(in.Templates) > 0 && !in.Pack.Written():
		list.Add(in.Templates[0].Pos, diag.BadChoice, "write template: true for one file, or pack the folder, as pack: case.tar.gz",
			"a list of templates chooses from files that are packed")
	}
}

// checkLanding checks the path of an input in the job.
func checkLanding(in Input, list *diag.List) {
	switch why := landing.PathProblem(in.As.V); {
	case !in.As.Written():
	case in.As.V == "." || in.As.V == "..":
		list.Add(in.As.Pos, diag.BadInputName, "write the name of the file in the job, such as deck.k", "as is a folder, not a file name")
	case why != "":
		list.Add(in.As.Pos, diag.BadInputName, "write a plain path below the work folder, such as deck.k or case/0/U", "as cannot be %q: %s", diag.Short(in.As.V), why)
	case landing.InFolder(in.As.V) && in.Decompress.Written() && !in.Decompress.V && !in.From.Written():
		list.Add(in.Decompress.Pos, diag.BadChoice, "delete decompress; an archive in a folder is left as it is",
			"a file gets into a folder in an archive that is unpacked there, and decompress: false forbids that")
	}
}

// checkTemplates checks the patterns of templates among packed files.
func checkTemplates(in Input, list *diag.List) {
	for _, p := range in.Templates {
		switch {
		case strings.HasPrefix(p.V, "/") || slices.Contains(strings.Split(p.V, "/"), ".."):
			list.Add(p.Pos, diag.BadGlob, "write it relative to the packed folder, such as 0/U", "pattern %q leads out of the packed folder", diag.Short(p.V))
		case strings.HasSuffix(p.V, "/"):
			list.Add(p.Pos, diag.BadGlob, "for all files in the folder write "+diag.Short(p.V)+"**", "pattern %q ends with / and matches no file", diag.Short(p.V))
		default:
			checkPattern(p, list)
		}
	}
}

func checkInputName(key string, name Value[string], list *diag.List) {
	if why := NameProblem(name.V); name.Written() && why != "" {
		list.Add(name.Pos, diag.BadInputName, "write a plain name, such as case.tar.gz", "%s cannot be %q: %s", key, diag.Short(name.V), why)
	}
}

// NameProblem returns why a name would not arrive in a job unchanged, or not at all;
// empty when it would.
func NameProblem(name string) string { return landing.NameProblem(name) }

// checkInputNames reports inputs that would land under the same name, as far
// as names are known without reading folders.
func checkInputNames(job *Job, list *diag.List) {
	type place struct {
		diag.Position
		input Input
	}
	var taken landing.Paths[place]
	for _, in := range job.Inputs {
		name, pos := lands(in)
		if name == "" {
			continue
		}
		switch first, clash := taken.Take(name, place{pos, in}); clash {
		case landing.SameFile:
			list.Add(pos, diag.DuplicateInputName, twiceHint(first.input, in),
				"two inputs land in the job as %s, the first is %s", diag.Short(name), nearby(first.Position, pos))
		case landing.FileFolder:
			if first.input.Use == ForEach && in.Use == ForEach {
				continue // see checkNested
			}
			list.Add(pos, diag.DuplicateInputName, apartHint(in),
				"%s would be a file and a folder in the job, the other one is %s", diag.Short(name), nearby(first.Position, pos))
		case landing.Free:
		}
	}
}

// twiceHint returns how to keep two inputs of one name apart.
func twiceHint(first, in Input) string {
	switch {
	case first.Tile == in.Tile && in.Use == ForCommand && same(first, in):
		return "it is the same file: delete it here"
	case first.Tile != in.Tile && first.Path.V == in.Path.V && first.Use == in.Use:
		return "all analyses share one folder: delete it here"
	case in.Pack.Written():
		return "give the archive another name"
	case in.Use == ForEach:
		return "write another to: for the template, or delete the other input"
	case in.Use != ForCommand:
		return "give the script another name; all inputs are in one folder"
	}
	return "give one of them another name with as:"
}

// apartHint returns how to keep an input out of the way of another's path.
func apartHint(in Input) string {
	if in.Use == ForEach {
		return "write another to: for the template, or delete the other input"
	}
	return "give one of them another path with as:"
}

// same reports whether two inputs are one file, given twice.
func same(a, b Input) bool {
	return a.Use == b.Use && a.Path.V != "" && path.Clean(a.Path.V) == path.Clean(b.Path.V) &&
		a.From.V == b.From.V && a.Pack.V == b.Pack.V && a.Template.V == b.Template.V
}

// templating returns where an input is said to be a template, or to hold some.
func (in Input) templating() diag.Position {
	if len(in.Templates) > 0 {
		return in.Templates[0].Pos
	}
	return in.Template.Pos
}

// lands returns the path of an input in the job and the place that decides it; no
// path for patterns and platform files.
func lands(in Input) (string, diag.Position) {
	switch {
	case in.Pack.Written():
		return in.Pack.V, in.Pack.Pos
	case in.Use == ForEach:
		return in.To.V, in.To.Pos
	case in.From.Written(), in.Use == ForRuns:
	case in.As.Written() && landing.PathProblem(in.As.V) != "":
	case in.As.Written():
		return in.As.V, in.As.Pos
	case in.Path.Written() && !isPattern(in.Path.V):
		return path.Base(in.Path.V), in.Path.Pos
	}
	return "", diag.Position{}
}

// isPattern reports whether a text is a pattern and not the path of one file.
func isPattern(s string) bool { return strings.ContainsAny(s, `*?[{\`) }

func checkPatterns(job *Job, list *diag.List) {
	for _, in := range job.Inputs {
		if in.Path.Written() {
			checkPattern(in.Path, list)
		}
		checkAll(in.Files, list)
		checkAll(in.Exclude, list)
	}
	checkAll(job.Outputs.Download, list)
	checkAll(job.Outputs.Exclude, list)
	checkAll(job.Success.Files, list)
	for _, p := range slices.Concat(job.Outputs.Download, job.Outputs.Exclude, job.Success.Files) {
		checkResult(p, list)
	}
}

// checkResult reports a pattern that no file below the work folder can match: after
// the run it would be too late.
func checkResult(p Value[string], list *diag.List) {
	switch {
	case strings.HasPrefix(p.V, "/"):
		list.Add(p.Pos, diag.BadGlob, "write it relative to the work folder of the job", "pattern %q begins with /", diag.Short(p.V))
	case strings.HasSuffix(p.V, "/"):
		list.Add(p.Pos, diag.BadGlob, "for all files in the folder write "+diag.Short(p.V)+"**", "pattern %q ends with / and matches no file", diag.Short(p.V))
	}
}

func checkAll(patterns []Value[string], list *diag.List) {
	for _, p := range patterns {
		checkPattern(p, list)
	}
}

func checkPattern(p Value[string], list *diag.List) {
	switch {
	case windowsPath(p.V):
		list.Add(p.Pos, diag.BadGlob, "write it with /: "+diag.Short(strings.ReplaceAll(p.V, `\`, "/")), `\ does not separate folders in a manifest`)
	case !doublestar.ValidatePattern(p.V):
		list.Add(p.Pos, diag.BadGlob, `close every [ and {; a real bracket in a file name is written \[`, "pattern %q cannot be read", diag.Short(p.V))
	default:
		if err := glob.Check(p.V); err != nil {
			list.Add(p.Pos, diag.BadGlob, "write it shorter, or as several patterns", "pattern %q: %v", diag.Short(p.V), err)
		}
	}
}

// windowsPath reports whether a backslash cannot quote the character after it, because
// that character has no meaning in a pattern.
func windowsPath(s string) bool {
	for i := range len(s) - 1 {
		if s[i] == '\\' && !strings.ContainsRune(`*?[]{}\,-^!`, rune(s[i+1])) {
			return true
		}
		if s[i] == '\\' && s[i+1] == '\\' && i == 0 {
			return true
		}
	}
	return strings.HasSuffix(s, `\`)
}

// warnOfRun reports a pattern that begins with the folder of a run, as the list of results
// shows it: no run has such a folder itself, unless its command makes one.
func warnOfRun(job *Job, pattern Value[string]) {
	if inner, ok := doe.WithoutRun(pattern.V); ok {
		job.Warnings.Add(pattern.Pos, diag.BadValue, "write "+diag.Short(inner),
			"pattern %q is looked for below the folder of each run", diag.Short(pattern.V))
	}
}
