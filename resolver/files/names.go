package files

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
	"github.com/rescale-apply/rescale-apply/spec/landing"
)

// nameProblems refuses inputs whose names would not arrive in the job unchanged, and
// two inputs under one name: the platform puts all of them into one folder, where one
// would hide the other.
func nameProblems(inputs []Input) diag.List {
	var names places
	for _, in := range inputs {
		if why := spec.NameProblem(in.Name); in.Name != "" && why != "" {
			names.problems.Add(in.Pos, diag.BadInputName, "rename the file, or give it another name with as:",
				"the name %q cannot be that of an input: %s", in.Name, why)
		}
	}
	for _, last := range []bool{false, true} { // of two, the template of a sweep is easier to put elsewhere
		for _, in := range inputs {
			if in.Lands() && len(inputs) > 1 && (in.Use == spec.ForEach) == last {
				names.input(in)
			}
		}
	}
	return names.problems
}

// places is the work folder of a job while its inputs come in.
type places struct {
	taken    landing.Paths[string] // what files come from
	problems diag.List
}

// input adds an input, and what is unpacked from it up to the first problem.
func (p *places) input(in Input) {
	if !p.file(in, in.Called(), in.source()) || in.Archive == nil || !in.Decompress || in.Load == OneFile {
		return
	}
	for _, f := range in.Archive.Files {
		from := f.Name + " in " + in.Name
		if in.Load != Itself {
			from = in.source()
		}
		if !p.file(in, f.Name, from) {
			return
		}
	}
}

// source names the files of an input as the manifest does.
func (in Input) source() string {
	if in.Load == Templates {
		return "templates of " + in.Rel
	}
	return in.Rel
}

// file adds one file, and reports whether its name was free.
func (p *places) file(in Input, name, from string) bool {
	other, clash := p.taken.Take(name, from)
	hint := "exclude one of them, list it alone and rename it with as:, or keep folders apart with pack:"
	switch {
	case clash == landing.Free:
		return true
	case in.Use == spec.ForEach:
		hint = "exclude the other file, or write another to: for the template"
	case other == from:
		hint = "the file is an input already, and all analyses share one folder: delete it here"
	case in.Load == OneFile:
		hint = "give one of them another path with as:"
	case in.Archive != nil:
		hint = "exclude one of them, or pack a folder together with its name, as path: FOLDER"
	}
	if clash == landing.FileFolder {
		p.problems.Add(in.Pos, diag.DuplicateInputName, hint, "%q would be a file and a folder in the job: %s and %s", name, other, from)
		return false
	}
	p.problems.Add(in.Pos, diag.DuplicateInputName, hint, "two inputs would be named %q in the job: %s and %s", name, other, from)
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
