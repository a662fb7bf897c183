// Package matrix turns the parameters of a sweep into its points: every combination of
// lists, ranges and tables, less the excluded and plus the included ones.
//
// It does not know what a point is for, and reads no files: it is given the text of a
// table.
package matrix

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// MaxPoints is how many points one matrix may have. More mean a slip in a step.
const MaxPoints = 100_000

// Axis is parameters that vary together: one for a list or a range, several for the
// columns of a table. All of its points have the same parameters.
type Axis []Point

// Entry is the values by which include and exclude name a point.
type Entry struct {
	Pos    diag.Position
	Params []Param
}

// Matrix is what a person wrote.
type Matrix struct {
	Pos     diag.Position
	Axes    []Axis // none is empty
	Include []Entry
	Exclude []Entry
	Blank   []Param // the values of parameters that an entry of Include leaves out
}

// Points returns every point: the combinations, the first axis varying slowest, without
// those that are excluded, and then those that are included.
func (m Matrix) Points(list *diag.List) []Point {
	names := m.names()
	if !m.sound(names, list) {
		return nil
	}
	points := m.exclude(m.product(), list)
	points = m.include(points, names, list)
	if len(points) == 0 && len(*list) == 0 {
		list.Add(m.Pos, diag.BadMatrix, "leave some points, or delete the matrix", "the matrix has no point")
	}
	return points
}

// names returns the parameters in the order in which they name points.
func (m Matrix) names() []string {
	var names []string
	for _, axis := range m.Axes {
		for _, param := range axis[0] {
			names = append(names, param.Name)
		}
	}
	if len(m.Axes) == 0 && len(m.Include) > 0 {
		for _, param := range m.Include[0].Params {
			names = append(names, param.Name)
		}
	}
	return names
}

// sound reports what must be fixed before there can be points.
func (m Matrix) sound(names []string, list *diag.List) bool {
	before := len(*list)
	first := make(map[string]diag.Position)
	for _, axis := range m.Axes {
		for _, param := range axis[0] {
			if at, taken := first[param.Name]; taken {
				list.Add(param.Pos, diag.BadMatrix, "give each parameter once", "parameter %s is there twice, first at %s", param.Name, at)
			}
			first[param.Name] = param.Pos
		}
		distinct(axis, list)
	}
	for _, entry := range slices.Concat(m.Include, m.Exclude) {
		known(entry, names, list)
	}
	total := 1
	for _, axis := range m.Axes {
		if total *= len(axis); total > MaxPoints {
			list.Add(m.Pos, diag.BadMatrix, "use fewer values, or a table of the points that matter", "the matrix has more than %d points", MaxPoints)
			break
		}
	}
	return len(*list) == before
}

// distinct reports duplicate values of an axis.
func distinct(points []Point, list *diag.List) {
	first := make(map[string]Point, len(points))
	for _, p := range points {
		name := p.Name()
		if other, seen := first[name]; seen {
			duplicate(p.pos(), p, other, list)
			continue
		}
		first[name] = p
	}
}

func duplicate(pos diag.Position, p, first Point, list *diag.List) {
	list.Add(pos, diag.DuplicatePoint, p.apart(first), "point %s is already there, first at %s", p.Name(), first.pos())
}

// apart says how to give two points of one name two names.
func (p Point) apart(other Point) string {
	var names []string
	for i, param := range p {
		switch {
		case !param.Beside:
			names = append(names, param.Name)
		case i < len(other) && other[i].Value.Text() != param.Value.Text():
			return fmt.Sprintf("name the points by one more column: name: [%s, %s]", strings.Join(names, ", "), param.Name)
		}
	}
	return "delete one of the two; 2 and 2.0 are the same value"
}

// known reports parameters that the matrix does not have.
func known(entry Entry, names []string, list *diag.List) {
	for _, param := range entry.Params {
		if !slices.Contains(names, param.Name) {
			list.Add(param.Pos, diag.UnknownKey, diag.DidYouMean(param.Name, names), "the matrix has no parameter %q", diag.Short(param.Name))
		}
	}
}

func (m Matrix) product() []Point {
	if len(m.Axes) == 0 {
		return nil
	}
	points := []Point{nil}
	for _, axis := range m.Axes {
		longer := make([]Point, 0, len(points)*len(axis))
		for _, p := range points {
			for _, more := range axis {
				longer = append(longer, slices.Concat(p, more))
			}
		}
		points = longer
	}
	return points
}

// exclude removes points. An entry without a point is a slip, and a slip here costs
// money.
func (m Matrix) exclude(points []Point, list *diag.List) []Point {
	used := make([]bool, len(m.Exclude))
	points = slices.DeleteFunc(points, func(p Point) bool {
		out := false
		for i, entry := range m.Exclude {
			if p.has(entry) {
				used[i], out = true, true
			}
		}
		return out
	})
	for i, entry := range m.Exclude {
		if !used[i] {
			list.Add(entry.Pos, diag.BadMatrix, "delete the entry, or write values that the matrix has", "no point has %s", listed(entry))
		}
	}
	return points
}

func listed(entry Entry) string {
	return diag.Short(Point(entry.Params).Name())
}

// include adds points, with their parameters in the order of the matrix.
func (m Matrix) include(points []Point, names []string, list *diag.List) []Point {
	if len(m.Include) == 0 {
		return points
	}
	first := make(map[string]Point, len(points))
	for _, p := range points {
		first[p.Name()] = p
	}
	for _, entry := range m.Include {
		p, missing := m.ordered(entry, names)
		if len(missing) > 0 {
			list.Add(entry.Pos, diag.MissingKey, fmt.Sprintf("add %s: and its value", missing[0]), "the point has no value for %s", strings.Join(missing, ", "))
			continue
		}
		if other, taken := first[p.Name()]; taken {
			duplicate(entry.Pos, p, other, list)
			continue
		}
		first[p.Name()] = p
		points = append(points, p)
	}
	return points
}

// ordered returns the point of an entry: its values are what those of the axis are.
func (m Matrix) ordered(entry Entry, names []string) (p Point, missing []string) {
	for _, name := range names {
		param, given := Point(entry.Params).param(name)
		if i := slices.IndexFunc(m.Blank, func(b Param) bool { return strings.EqualFold(b.Name, name) }); !given && i >= 0 {
			param, given = m.Blank[i], true
		}
		model := m.model(name)
		_, list := model.Value.V.([]any)
		if !given && !list {
			missing = append(missing, name)
			continue
		}
		param.Name, param.Beside, param.Path = name, model.Beside, model.Path
		switch {
		case list:
			param.Value.V = split(param.Value.Text())
		case param.Path != nil:
			param.Value.V = path.Clean(param.Value.Text())
		}
		p = append(p, param)
	}
	return p, missing
}

// model returns a parameter of the first point that has it.
func (m Matrix) model(name string) Param {
	for _, axis := range m.Axes {
		if model, known := axis[0].param(name); known {
			return model
		}
	}
	return Param{}
}
