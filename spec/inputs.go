package spec

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/glob"
	"github.com/rescale-apply/rescale-apply/spec/doe"
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
		checkInputName("as", in.As, list)
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
	if in.Template.Written() {
		list.Add(in.Template.Pos, diag.BadChoice, "delete template, or give the file as path", "a file that is on the platform already is no template")
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
	if in.Template.V && in.Pack.Written() {
		list.Add(in.Template.Pos, diag.BadChoice, "list the template in an entry of its own", "what is packed cannot be a template")
	}
}

func checkInputName(key string, name Value[string], list *diag.List) {
	if name.V == "." || name.V == ".." {
		list.Add(name.Pos, diag.BadInputName, "write the name of the file in the job, such as deck.k", "%s is a folder, not a file name", key)
	}
	if why := NameProblem(name.V); name.Written() && why != "" {
		list.Add(name.Pos, diag.BadInputName, "write a plain name, such as deck.k or case.tar.gz", "%s cannot be %q: %s", key, diag.Short(name.V), why)
	}
}

// longestName is how many bytes a file name may have on the machines that run jobs.
const longestName = 255

// NameProblem returns why a name would not arrive in a job unchanged, or not at all;
// empty when it would. Names travel in the header of an upload.
func NameProblem(name string) string {
	switch first, _ := utf8.DecodeRuneInString(name); {
	case !utf8.ValidString(name):
		return "it is not valid UTF-8"
	case strings.ContainsFunc(name, unicode.IsControl):
		return "it has a control character"
	case strings.ContainsAny(name, `"\/`):
		return "it has a quote or a slash"
	case unicode.IsSpace(first) || strings.TrimRightFunc(name, unicode.IsSpace) != name:
		return "it begins or ends with a blank"
	case len(name) > longestName:
		return fmt.Sprintf("it has %d bytes, and %d are allowed", len(name), longestName)
	}
	return ""
}

// checkInputNames reports inputs that would land under the same name, as far
// as names are known without reading folders.
func checkInputNames(job *Job, list *diag.List) {
	type place struct {
		diag.Position
		input Input
	}
	first := make(map[string]place)
	for _, in := range job.Inputs {
		name, pos := landing(in)
		if name == "" {
			continue
		}
		if at, seen := first[name]; seen {
			hint := "give one of them another name with as:"
			switch {
			case at.input.Tile == in.Tile && in.Use == ForCommand && same(at.input, in):
				hint = "it is the same file: delete it here"
			case at.input.Tile != in.Tile && at.input.Path.V == in.Path.V && at.input.Use == in.Use:
				hint = "all analyses share one folder: delete it here"
			case in.Pack.Written():
				hint = "give the archive another name"
			case in.Use == ForEach:
				hint = "write another to: for the template, or delete the other input"
			case in.Use != ForCommand:
				hint = "give the script another name; all inputs are in one folder"
			}
			list.Add(pos, diag.DuplicateInputName, hint,
				"two inputs land in the job as %s, the first is %s", diag.Short(name), nearby(at.Position, pos))
			continue
		}
		first[name] = place{pos, in}
	}
}

// same reports whether two inputs are one file, given twice.
func same(a, b Input) bool {
	return a.Use == b.Use && a.Path.V != "" && path.Clean(a.Path.V) == path.Clean(b.Path.V) &&
		a.From.V == b.From.V && a.Pack.V == b.Pack.V && a.Template.V == b.Template.V
}

// landing returns the name of an input in the job and the place that decides it; no
// name for patterns and platform files.
func landing(in Input) (string, diag.Position) {
	switch {
	case in.Pack.Written():
		return in.Pack.V, in.Pack.Pos
	case in.Use == ForEach:
		return in.To.V, in.To.Pos
	case in.From.Written(), in.Use == ForRuns:
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
