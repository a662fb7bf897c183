package matrix

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec/expr"
)

// Name is the name of a column as a manifest writes it.
type Name struct {
	Text string
	Pos  diag.Position
}

// wide is a table, and which of its columns are parameters: first those that name a
// point. Its Types and Blank name them as the parameters are called.
type wide struct {
	Table
	columns []chosen
	naming  int // how many of them name a point
}

// chosen is a column that is a parameter.
type chosen struct {
	name  string // of the parameter
	index int    // of the column
}

// wide finds the columns that the manifest names. Their names have no case, as in the
// tables of other programs, unless two columns differ in it.
func (t Table) wide(head []cell, list *diag.List) wide {
	before := len(*list)
	w := wide{Table: t, columns: t.choose(head, list)}
	if w.Types, w.Blank = nil, nil; len(*list) > before {
		return w
	}
	w.nameFirst(head, list)
	for _, c := range t.Types {
		if i := w.parameter(Name{c.Name, c.Pos}, head, list); i >= 0 {
			w.Types = append(w.Types, Column{Name: w.columns[i].name, Pos: c.Pos, Type: c.Type})
		}
	}
	for _, p := range t.Blank {
		if i := w.parameter(Name{p.Name, p.Pos}, head, list); i >= 0 {
			p.Name = w.columns[i].name
			w.Blank = append(w.Blank, p)
		}
	}
	return w
}

// choose returns the columns that are parameters: those of Columns, or all.
func (t Table) choose(head []cell, list *diag.List) (columns []chosen) {
	if len(t.Columns) == 0 {
		for i, c := range head {
			columns = append(columns, chosen{c.text, i})
		}
		return columns
	}
	for _, name := range t.Columns {
		switch i := find(name.Text, texts(head)); {
		case i < 0:
			unknown(name, head, list)
		case slices.ContainsFunc(columns, func(c chosen) bool { return c.index == i }):
			list.Add(name.Pos, diag.BadTable, "name each column once", "column %s is there twice", diag.Short(name.Text))
		default:
			columns = append(columns, chosen{name.Text, i})
		}
	}
	return columns
}

// nameFirst puts the columns that name a point first, in the order of Names.
func (w *wide) nameFirst(head []cell, list *diag.List) {
	w.naming = len(w.columns)
	if len(w.Names) == 0 {
		return
	}
	var naming []chosen
	for _, name := range w.Names {
		switch i := w.parameter(name, head, list); {
		case i < 0:
		case slices.Contains(naming, w.columns[i]):
			list.Add(name.Pos, diag.BadTable, "name each column once", "column %s is there twice", diag.Short(name.Text))
		default:
			naming = append(naming, w.columns[i])
		}
	}
	w.naming = len(naming)
	for _, c := range w.columns {
		if !slices.Contains(naming, c) {
			naming = append(naming, c)
		}
	}
	w.columns = naming
}

// parameter returns the place of a parameter among the columns; it reports a name that is
// none, and returns -1.
func (w *wide) parameter(name Name, head []cell, list *diag.List) int {
	names := make([]string, len(w.columns))
	for i, c := range w.columns {
		names[i] = c.name
	}
	if i := find(name.Text, names); i >= 0 {
		return i
	}
	if find(name.Text, texts(head)) >= 0 {
		list.Add(name.Pos, diag.BadTable, fmt.Sprintf("add it to columns: [%s]", strings.Join(append(names, name.Text), ", ")),
			"columns leaves %s out", diag.Short(name.Text))
		return -1
	}
	unknown(name, head, list)
	return -1
}

func unknown(name Name, head []cell, list *diag.List) {
	list.Add(name.Pos, diag.UnknownKey, diag.DidYouMean(name.Text, texts(head)), "the table has no column %q", diag.Short(name.Text))
}

// find returns the index of a name; of one that differs only in case, if there is just
// one; else -1.
func find(name string, names []string) int {
	if i := slices.Index(names, name); i >= 0 {
		return i
	}
	found := -1
	for i, other := range names {
		if !strings.EqualFold(name, other) {
			continue
		}
		if found >= 0 {
			return -1
		}
		found = i
	}
	return found
}

// checkNames reports parameters without a valid name of their own.
func (w wide) checkNames(head []cell, list *diag.List) {
	hint := "a name has letters, digits and underscores, and does not start with a digit"
	if len(w.Columns) == 0 {
		hint += "; csv: {path: …, columns: […]} leaves other columns out"
	}
	for _, c := range w.columns {
		at := head[c.index]
		if !parameter.MatchString(c.name) {
			list.Add(at.pos, diag.BadTable, hint, "column %q cannot be a parameter", diag.Short(at.text))
			continue
		}
		if i := slices.IndexFunc(head[c.index+1:], func(other cell) bool { return other.text == at.text }); i >= 0 {
			list.Add(head[c.index+1+i].pos, diag.BadTable, "give each column a name of its own", "column %q is there twice", at.text)
		}
	}
}

// narrow returns the columns that are parameters: their names, and the cells of the rows.
func (w wide) narrow(rows [][]cell) (head []cell, body [][]cell) {
	for _, c := range w.columns {
		head = append(head, cell{c.name, rows[0][c.index].pos})
	}
	for _, row := range rows[1:] {
		cells := make([]cell, len(w.columns))
		for i, c := range w.columns {
			cells[i] = row[c.index]
		}
		body = append(body, cells)
	}
	return head, body
}

// beside reports whether a parameter does not name points.
func (w wide) beside(i int) bool { return i >= w.naming }

// rule returns what a blank cell of a column is; nil when nothing says it.
func (t Table) rule(name string) *Param {
	if i := slices.IndexFunc(t.Blank, func(p Param) bool { return p.Name == name }); i >= 0 {
		return &t.Blank[i]
	}
	return nil
}

// blank returns the value of the blank cells of a column, as one of its type. The empty
// text and nothing at all fit every column.
func (t Table) blank(head cell, kind Type, list *diag.List) expr.Value {
	rule := t.rule(head.text)
	switch {
	case rule == nil && kind == List:
		return expr.Value{V: []any{}}
	case rule == nil:
		return expr.Value{}
	case rule.Value.V == nil:
		return expr.Value{Pos: rule.Pos}
	}
	value, is := rule.Value, typeOf(rule.Value.Text())
	switch {
	case kind == List:
		value.V = split(value.Text())
	case value.Text() == "":
	case kind == Text:
		value.V = value.Text()
	case is != kind:
		list.Add(value.Pos, diag.BadTable, fmt.Sprintf("write a %s, or types: {%s: text}", kind, head.text), "%q is no %s as the cells of column %s", diag.Short(value.Text()), kind, head.text)
	default:
		value.V = kind.value(value.Text())
	}
	return value
}
