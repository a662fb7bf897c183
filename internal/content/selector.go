package content

import (
	"errors"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/rescale-apply/rescale-apply/internal/glob"
)

// Selector returns a function that reports whether a file is wanted: it matches one of
// include and none of exclude. rel is its path with slashes. A pattern with a "/"
// matches the whole path ("./*.csv" means: only at the top); a pattern without one
// matches the base name in any folder. An exclude pattern that matches a folder leaves
// out everything in it. Without include nothing is wanted; "**" wants everything.
// Errors: *[BadPatternError].
func Selector(include, exclude []string) (func(rel string) bool, error) {
	want, err := compile(include)
	if err != nil {
		return nil, err
	}
	avoid, err := compile(exclude)
	if err != nil {
		return nil, err
	}
	return func(rel string) bool { return want.match(rel) && !avoid.exclude(rel) }, nil
}

// Idle returns the exclude patterns that leave out none of the files: there may be a
// slip in them. Errors: *[BadPatternError].
func Idle(exclude, files []string) ([]string, error) {
	avoid, err := compile(exclude)
	if err != nil {
		return nil, err
	}
	var idle []string
	for _, p := range avoid {
		if !slices.ContainsFunc(files, p.excludes) {
			idle = append(idle, p.given)
		}
	}
	return idle, nil
}

// patterns is a list of valid patterns.
type patterns []pattern

type pattern struct {
	given    string
	text     string // without a leading "./"
	baseOnly bool   // match the last element only
}

func compile(texts []string) (patterns, error) {
	var list patterns
	for _, text := range texts {
		if err := checkPattern(text); err != nil {
			return nil, &BadPatternError{Pattern: text, Err: err}
		}
		list = append(list, pattern{
			given:    text,
			text:     strings.TrimPrefix(text, "./"),
			baseOnly: !strings.Contains(text, "/"),
		})
	}
	return list, nil
}

func checkPattern(text string) error {
	switch {
	case text == "":
		return errors.New("it is empty")
	case strings.HasPrefix(text, "/"):
		return errors.New("it begins with /, and paths here are relative")
	case strings.HasSuffix(text, "/"):
		return errors.New("it ends with / and so matches no file; for all files in a folder write FOLDER/**")
	case !doublestar.ValidatePattern(text):
		return errors.New("a bracket or brace is not closed, or a range or escape is wrong")
	}
	return glob.Check(text)
}

func (p pattern) match(rel string) bool {
	if p.baseOnly {
		rel = rel[strings.LastIndexByte(rel, '/')+1:]
	}
	return doublestar.MatchUnvalidated(p.text, rel)
}

// excludes reports whether a pattern matches a path, or a folder that it is in.
func (p pattern) excludes(rel string) bool {
	for i := range len(rel) {
		if rel[i] == '/' && p.match(rel[:i]) {
			return true
		}
	}
	return p.match(rel)
}

func (l patterns) match(rel string) bool {
	return slices.ContainsFunc(l, func(p pattern) bool { return p.match(rel) })
}

func (l patterns) exclude(rel string) bool {
	return slices.ContainsFunc(l, func(p pattern) bool { return p.excludes(rel) })
}

// exclusion is patterns that leave files out, and which of them did.
type exclusion struct {
	patterns
	people int // how many of them a person wrote; they come first
	used   []bool
}

func newExclusion(people, more []string) (*exclusion, error) {
	list, err := compile(append(slices.Clone(people), more...))
	return &exclusion{patterns: list, people: len(people), used: make([]bool, len(list))}, err
}

// leavesOut reports whether a file or folder is left out.
func (e *exclusion) leavesOut(rel string) bool {
	out := false
	for i, p := range e.patterns {
		if p.excludes(rel) {
			e.used[i], out = true, true
		}
	}
	return out
}

// given returns what a person wrote, when any of it left something out.
func (e *exclusion) given() []string {
	if !slices.Contains(e.used[:e.people], true) {
		return nil
	}
	return e.texts(func(int) bool { return true })
}

// idle returns what a person wrote that left nothing out.
func (e *exclusion) idle() []string { return e.texts(func(i int) bool { return !e.used[i] }) }

func (e *exclusion) texts(wanted func(i int) bool) []string {
	var texts []string
	for i, p := range e.patterns[:e.people] {
		if wanted(i) {
			texts = append(texts, p.given)
		}
	}
	return texts
}
