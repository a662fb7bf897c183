package files

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
)

// nameProblems refuses inputs whose names would not arrive in the job unchanged, and
// two inputs under one name: the platform puts all of them into one folder, where one
// would hide the other.
func nameProblems(inputs []Input) diag.List {
	names := landing{taken: make(map[string]string), folders: make(map[string]string)}
	for _, in := range inputs {
		if why := spec.NameProblem(in.Name); in.Name != "" && why != "" {
			names.problems.Add(in.Pos, diag.BadInputName, "rename the file, or give it another name with as:",
				"the name %q cannot be that of an input: %s", in.Name, why)
		}
	}
	for _, in := range inputs {
		if in.Lands() && len(inputs) > 1 {
			names.input(in)
		}
	}
	return names.problems
}

// landing is the work folder of a job while its inputs come in.
type landing struct {
	taken    map[string]string // files, and what they come from
	folders  map[string]string // folders, and a file that they come from
	problems diag.List
}

// input adds an input, and what is unpacked from it up to the first problem.
func (l *landing) input(in Input) {
	if !l.file(in, in.Called(), in.Rel) || in.Archive == nil || !in.Decompress {
		return
	}
	for _, f := range in.Archive.Files {
		if !l.file(in, f.Name, f.Name+" in "+in.Name) {
			return
		}
	}
}

// file adds one file, and reports whether its name was free.
func (l *landing) file(in Input, name, from string) bool {
	other, taken := l.taken[name]
	if !taken {
		other, taken = l.folders[name]
	}
	for folder := path.Dir(name); folder != "." && !taken; folder = path.Dir(folder) {
		if other, taken = l.taken[folder]; !taken {
			l.folders[folder] = from
		}
	}
	if !taken {
		l.taken[name] = from
		return true
	}
	hint := "exclude one of them, list it alone and rename it with as:, or keep folders apart with pack:"
	switch {
	case in.Use == spec.ForEach:
		hint = "exclude the other file, or write another to: for the template"
	case other == from:
		hint = "the file is an input already, and all analyses share one folder: delete it here"
	case in.Archive != nil:
		hint = "exclude one of them, or pack a folder together with its name, as path: FOLDER"
	}
	l.problems.Add(in.Pos, diag.DuplicateInputName, hint, "two inputs would be named %q in the job: %s and %s", name, other, from)
	return false
}

// memberProblem returns why a path cannot be in an archive that is unpacked on another
// system.
func memberProblem(name string) string {
	switch {
	case !utf8.ValidString(name):
		return "it is not valid UTF-8"
	case strings.ContainsFunc(name, unicode.IsControl):
		return "it has a control character"
	case strings.Contains(name, `\`):
		return "it has a backslash"
	}
	return ""
}
