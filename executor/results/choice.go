package results

import (
	"fmt"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/outputs"
	"github.com/rescale-apply/rescale-apply/internal/content"
)

// choice is the parsed patterns of a wish.
type choice struct {
	runs     int // of a sweep; else 0
	wanted   func(path string) bool
	patterns []pattern
}

// pattern is one that includes files.
type pattern struct {
	text    string
	wanted  func(path string) bool
	matches func(path string) bool // whatever is excluded
}

// choice parses the patterns. Errors: *[content.BadPatternError].
func (w Wish) choice() (c choice, err error) {
	c.runs = w.Count
	if c.wanted, err = content.Selector(w.Include, w.Exclude); err != nil {
		return c, err
	}
	for _, text := range w.Include {
		p := pattern{text: text}
		if p.wanted, err = content.Selector([]string{text}, w.Exclude); err != nil {
			return c, err
		}
		if p.matches, err = content.Selector([]string{text}, nil); err != nil {
			return c, err
		}
		c.patterns = append(c.patterns, p)
	}
	return c, nil
}

// gap returns what a reading lacks: each pattern should match something, in each run of a
// sweep.
func (c choice) gap(r outputs.Reading) outputs.Gap {
	gap := outputs.None
	parts := c.parts(r)
	for _, p := range c.patterns {
		for _, part := range parts {
			gap = gap.And(outputs.GapOf(part.Matching(p.wanted)))
		}
	}
	return gap
}

// parts splits a reading by the runs of a sweep.
func (c choice) parts(r outputs.Reading) []outputs.Reading {
	if c.runs == 0 {
		return []outputs.Reading{r}
	}
	return r.Split(c.runs)
}

// lacking returns the runs of a sweep that have nothing for a pattern; none when no run
// has.
func (c choice) lacking(r outputs.Reading, p pattern) (names []string) {
	parts := c.parts(r)
	for i, part := range parts {
		if len(part.Matching(p.wanted)) == 0 {
			names = append(names, outputs.RunName(i+1))
		}
	}
	if len(names) == len(parts) {
		return nil
	}
	return names
}

// warn reports wanted files that do not come, though nothing is wrong with those that
// do. When nothing comes at all, the caller says so.
func (d Download) warn(r outputs.Reading, c choice) {
	wanted := r.Matching(c.wanted)
	if d.Warn == nil {
		return
	}
	if d.Over && !r.Printed() {
		d.Warn("the platform may not list all results yet: what the command printed is not among them")
	}
	var deleted []string
	for _, f := range wanted {
		if f.Deleted {
			deleted = append(deleted, f.RelativePath)
		}
	}
	if len(deleted) > 0 {
		d.Warn("deleted on the platform: " + few(deleted))
	}
	for _, p := range c.patterns {
		if names := c.lacking(r, p); len(names) > 0 {
			d.Warn(fmt.Sprintf("pattern %q matches no result of %s", p.text, few(names)))
		}
		switch {
		case len(wanted) == 0 || len(r.Matching(p.wanted)) > 0:
		case len(r.Matching(p.matches)) > 0:
			d.Warn(fmt.Sprintf("pattern %q matches only results that are excluded", p.text))
		default:
			d.Warn(fmt.Sprintf("pattern %q matches no result", p.text))
		}
	}
}

// few names the first of many.
func few(names []string) string {
	named := names[:min(mostNamed, len(names))]
	if more := len(names) - len(named); more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(named, ", "), more)
	}
	return strings.Join(named, ", ")
}
