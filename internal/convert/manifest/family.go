package manifest

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/rescale-apply/rescale-apply/internal/convert"
)

// family is jobs that become one document: one job, or the points of a matrix.
type family struct {
	jobs    []convert.Job
	trees   []*node
	columns []*column
}

// leaf is a scalar of a document, by its path.
type leaf struct {
	path []string
	at   *node
}

// gather puts jobs together that differ in a few values only, in the order of their first.
func gather(jobs []convert.Job) []*family {
	var families, order []*family
	alike := make(map[string]*family)
	for _, job := range jobs {
		tree := document(job)
		shape := tree.shape()
		f := alike[shape]
		if f == nil || slices.ContainsFunc(f.trees, tree.equal) {
			f = &family{}
			if alike[shape] == nil {
				alike[shape] = f
			}
			order = append(order, f)
		}
		f.jobs, f.trees = append(f.jobs, job), append(f.trees, tree)
	}
	for _, f := range order {
		families = append(families, f.settled()...)
	}
	return families
}

// settled is the family with its columns, or each of its jobs alone where they differ in
// too much.
func (f *family) settled() (alone []*family) {
	if len(f.jobs) > 1 && f.findColumns() {
		return []*family{f}
	}
	for i := range f.jobs {
		alone = append(alone, &family{jobs: f.jobs[i : i+1], trees: f.trees[i : i+1]})
	}
	return alone
}

// shape is what the documents of one matrix must have in common: keys, kinds, the software,
// and what no reference can stand for.
func (n *node) shape() string {
	var b strings.Builder
	for _, l := range n.leaves(nil) {
		fmt.Fprintf(&b, "%q %d", l.path, l.at.kind)
		if l.fixed() {
			fmt.Fprintf(&b, " %q", l.at.value)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// leaves lists the scalars of a value, and its empty mappings and lists, in order.
func (n *node) leaves(path []string) []leaf {
	if n.kind != mapping && n.kind != sequence || len(n.items) == 0 {
		return []leaf{{path, n}}
	}
	var all []leaf
	for i, item := range n.items {
		name := strconv.Itoa(i)
		if n.kind == mapping {
			name = n.names[i]
		}
		all = append(all, item.leaves(append(slices.Clone(path), name))...)
	}
	return all
}

var integer = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]+$`) })

// fixed reports whether a value is the same in all points of a matrix.
func (l leaf) fixed() bool {
	name := l.path[len(l.path)-1]
	switch {
	case l.at.kind == literal:
		return !integer().MatchString(l.at.value)
	case l.at.kind != text && l.at.kind != quoted, slices.Contains(l.path, "secrets"):
		return true
	}
	return name == "code" || len(l.at.value) > longestValue || strings.ContainsAny(l.at.value, "\n\r\t") || strings.Contains(l.at.value, "${{")
}

// Bounds of what is a few values. Longer texts are compared by their ends only in vain.
const (
	longestValue = 2000
	longestCell  = 80
	mostColumns  = 12
)

// column is a parameter of a matrix.
type column struct {
	name   string
	cells  []string
	number bool
	apart  bool // it is for one key only
}

// part is the piece of a leaf that varies, and what stands around it in all points.
type part struct {
	path           []string
	before, behind string
	column         *column
}

// findColumns fills the documents' first with references to what varies. It reports whether
// that is little.
func (f *family) findColumns() bool {
	all := make([][]leaf, len(f.trees))
	for i, tree := range f.trees {
		all[i] = tree.leaves(nil)
	}
	var parts []part
	for j, l := range all[0] {
		values := make([]string, len(all))
		for i := range all {
			values[i] = all[i][j].at.value
		}
		if len(slices.Compact(slices.Clone(values))) == 1 {
			continue
		}
		p, fits := f.part(l, values)
		if !fits {
			return false
		}
		parts = append(parts, p)
	}
	if len(f.columns) > min(len(f.jobs)+1, mostColumns) {
		return false
	}
	first := f.trees[0]
	for _, p := range parts {
		first = first.put(p)
	}
	f.trees = []*node{first}
	return true
}

// part finds what varies in the values of a leaf, as a column; one that another leaf has
// too is the same.
func (f *family) part(l leaf, values []string) (part, bool) {
	p := part{path: l.path}
	cells := values
	if l.at.kind != literal {
		p.before, p.behind, cells = middles(values)
	}
	number := numbers(cells) && !(l.at.open && p.before == "" && p.behind == "")
	for _, cell := range cells {
		if len(cell) > longestCell || strings.TrimSpace(cell) != cell {
			return p, false
		}
	}
	apart := l.path[0] == "hardware" // the same numbers there are chance
	for _, c := range f.columns {
		if c.number == number && !c.apart && !apart && slices.Equal(c.cells, cells) {
			p.column = c
			return p, true
		}
	}
	p.column = &column{name: f.columnName(l.path, number), cells: cells, number: number, apart: apart}
	f.columns = append(f.columns, p.column)
	return p, true
}

// put returns a document with a reference in place of what varies.
func (n *node) put(p part) *node {
	changed := *n
	if len(p.path) == 0 {
		changed.value = literally(p.before) + "${{ matrix." + p.column.name + " }}" + literally(p.behind)
		changed.filled, changed.usual, changed.note = true, false, ""
		return &changed
	}
	changed.items = slices.Clone(n.items)
	for i := range n.items {
		name := strconv.Itoa(i)
		if n.kind == mapping {
			name = n.names[i]
		}
		if name == p.path[0] {
			p.path = p.path[1:]
			changed.items[i] = n.items[i].put(p)
			break
		}
	}
	return &changed
}

// columnName names a column after the key that it is for.
func (f *family) columnName(path []string, number bool) string {
	name := path[len(path)-1]
	for i := len(path) - 1; integer().MatchString(name) && i > 0; i-- {
		name = strings.TrimSuffix(path[i-1], "s")
	}
	if name == "title" || name == "path" || name == "input" {
		name = f.free("case", "input")
		if number {
			name = f.free("run", "input")
		}
	}
	name = strings.Trim(regexp.MustCompile(`[^A-Za-z0-9_]+`).ReplaceAllString(name, "_"), "_")
	if name == "" || name[0] >= '0' && name[0] <= '9' || slices.Contains([]string{"csv", "include", "exclude"}, name) {
		name = "p_" + name
	}
	base := name
	for i := 2; f.free(name, "") == ""; i++ {
		name = fmt.Sprintf("%s%d", base, i)
	}
	return name
}

// free is the name of a column, or another where it is taken.
func (f *family) free(name, other string) string {
	if slices.ContainsFunc(f.columns, func(c *column) bool { return c.name == name }) {
		return other
	}
	return name
}

// document is the document of the family, under a name that is unique in the text.
func (f *family) document(names convert.Names, place Place, tables *shelf) *node {
	if len(f.columns) == 0 {
		base := f.jobs[0].Name
		if base == "" {
			base = f.jobs[0].Title
		}
		return named(names.Unique(base), f.trees[0])
	}
	name := names.Unique(f.base(place.Name))
	return named(name, f.trees[0].with("matrix", f.matrix(name, tables)).ordered(""))
}

// base is what the names of the jobs have in common; another word where that is nothing.
func (f *family) base(other string) string {
	titles := make([]string, len(f.jobs))
	for i, job := range f.jobs {
		titles[i] = job.Title
		if job.Title == "" {
			titles[i] = job.Name
		}
	}
	before, behind, _ := middles(titles)
	for _, piece := range []string{before, behind} {
		if strings.ContainsFunc(piece, unicode.IsLetter) {
			return piece
		}
	}
	return cmp.Or(other, titles[0])
}
