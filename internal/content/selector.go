package content

import (
	"errors"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Selector gives a function that tells whether a file is wanted: it matches one of
// include and none of exclude. rel is its path with slashes. A pattern with a "/"
// matches the whole path ("./*.csv" is the way to say: only at the top); a pattern
// without one matches the base name in any folder. Without include nothing is wanted;
// "**" wants everything. Errors: *[BadPatternError].
func Selector(include, exclude []string) (func(rel string) bool, error) {
	want, err := compile(include)
	if err != nil {
		return nil, err
	}
	avoid, err := compile(exclude)
	if err != nil {
		return nil, err
	}
	return func(rel string) bool { return want.match(rel) && !avoid.match(rel) }, nil
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
	return nil
}

func (l patterns) match(rel string) bool {
	base := rel[strings.LastIndexByte(rel, '/')+1:]
	for _, p := range l {
		name := rel
		if p.baseOnly {
			name = base
		}
		if doublestar.MatchUnvalidated(p.text, name) {
			return true
		}
	}
	return false
}

// texts is the patterns as they were given.
func (l patterns) texts() []string {
	var texts []string
	for _, p := range l {
		texts = append(texts, p.given)
	}
	return texts
}

// covers tells that a folder and all in it is matched by a pattern like "folder/**", so
// that nobody needs to look into it.
func (l patterns) covers(rel string) bool {
	for _, p := range l {
		if strings.HasSuffix(p.text, "/**") && doublestar.MatchUnvalidated(p.text, rel) || p.text == "**" {
			return true
		}
	}
	return false
}
