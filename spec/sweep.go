package spec

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
	"github.com/rescale-apply/rescale-apply/spec/doe"
	"github.com/rescale-apply/rescale-apply/spec/expr"
	"github.com/rescale-apply/rescale-apply/spec/matrix"
	"github.com/rescale-apply/rescale-apply/spec/places"
)

// sweep reads the matrix of a document, whose shape has been checked.
type sweep struct {
	dir  string // of the manifest
	name string // of the manifest, as it was given
	open Opener
	find places.Finder
	list *diag.List
}

// points returns the points of the matrix; none when it has a problem.
func (s sweep) points(n node) []matrix.Point {
	before := len(*s.list)
	m := matrix.Matrix{Pos: n.doc.KeyAt(n.pointer)}
	for _, key := range n.doc.Keys(n.pointer) {
		member := n.member(key)
		switch key {
		case "csv":
			m.Axes, m.Blank = append(m.Axes, s.table(member)), params(member.member("blank"))
		case "include":
			m.Include = entries(member)
		case "exclude":
			m.Exclude = entries(member)
		default:
			m.Axes = append(m.Axes, s.axis(key, member))
		}
	}
	if len(*s.list) > before {
		return nil
	}
	return m.Points(s.list)
}

// axis reads a list, a range, or what a pattern finds.
func (s sweep) axis(name string, n node) matrix.Axis {
	param := func(value expr.Value) matrix.Point {
		return matrix.Point{{Name: name, Pos: n.doc.KeyAt(n.pointer), Value: value}}
	}
	var axis matrix.Axis
	if _, list := n.value.([]any); list {
		for _, item := range n.items() {
			value := expr.Of(item.value, item.pos())
			value.Written = n.doc.Text(item.pointer)
			axis = append(axis, param(value))
		}
		return axis
	}
	for _, kind := range []places.Kind{places.Folders, places.Files} {
		pattern := n.member(string(kind))
		if pattern.value == nil {
			continue
		}
		before := len(*s.list)
		if checkPattern(pattern.text(), s.list); len(*s.list) > before {
			return nil
		}
		return s.onDisk(places.Query{Dir: s.dir, Pattern: pattern.text().V, Kind: kind, Own: s.own(n.doc)}, param(expr.Value{Pos: pattern.pos()})[0])
	}
	span := matrix.Span{From: n.member("from").number(), To: n.member("to").number(), Step: n.member("step").number(), Count: n.member("count").integer(0).V}
	numbers, problem, hint := span.Numbers()
	if problem != "" {
		at := n
		if step := n.member("step"); step.value != nil {
			at = step
		}
		s.list.Add(at.pos(), diag.BadMatrix, hint, "%s", problem)
	}
	for _, number := range numbers {
		axis = append(axis, param(expr.Value{V: number, Pos: n.pos()}))
	}
	return axis
}

// own are the manifest's own texts, which no pattern means.
func (s sweep) own(doc *document) []string {
	own := []string{filepath.Join(s.dir, filepath.Base(s.name))}
	if table := tableOf(doc, s.dir); table != "" {
		own = append(own, table)
	}
	return own
}

// onDisk asks for the places that a pattern means.
func (s sweep) onDisk(q places.Query, param matrix.Param) matrix.Axis {
	if s.find == nil {
		s.list.Add(param.Value.Pos, diag.MissingInput, "", "there are no files here to find %s among", q.Kind)
		return nil
	}
	found, err := s.find(q)
	var none *places.NoneError
	switch {
	case errors.As(err, &none):
		s.list.Add(param.Value.Pos, diag.EmptyGlob, none.Hint(), "%v", none)
		return nil
	case err != nil:
		hint := cmp.Or(hintOf(err), "repair it, or write its path into a .rescaleignore beside the manifest")
		s.list.Add(param.Value.Pos, diag.UnreadableInput, hint, "%v", err)
		return nil
	}
	return places.Axis(param, found, s.list)
}

func (n node) number() json.Number {
	number, _ := n.value.(json.Number)
	return number
}

func entries(n node) []matrix.Entry {
	var list []matrix.Entry
	for _, item := range n.items() {
		list = append(list, matrix.Entry{Pos: item.pos(), Params: params(item)})
	}
	return list
}

// params reads a mapping of parameters to values.
func params(n node) (list []matrix.Param) {
	if n.value == nil {
		return nil
	}
	for _, name := range n.doc.Keys(n.pointer) {
		value := n.member(name)
		list = append(list, matrix.Param{Name: name, Pos: n.doc.KeyAt(value.pointer), Value: expr.Of(value.value, value.pos())})
	}
	return list
}

// columns reads a list of names of columns.
func columns(n node) (list []matrix.Name) {
	for _, item := range n.items() {
		list = append(list, matrix.Name{Text: item.text().V, Pos: item.pos()})
	}
	return list
}

// hintOf returns the hint of the opener of a file; empty when it has none.
func hintOf(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}

// tablePath reads both forms of a table: a path alone, and a mapping.
func tablePath(csv node) Value[string] {
	if path := csv.text(); path.Written() {
		return path
	}
	return csv.member("path").text()
}

// tableOf returns the path of the table that the points of a document come from; empty
// when there is none.
func tableOf(doc *document, dir string) string {
	path := tablePath(node{doc: doc, value: doc.Document.Value}.member("matrix").member("csv"))
	if !path.Written() {
		return ""
	}
	return below(dir, path.V)
}

// below returns a path of a manifest as one of this machine.
func below(dir, path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// table reads a CSV file through the opener.
func (s sweep) table(n node) matrix.Axis {
	path := tablePath(n)
	t := matrix.Table{Columns: columns(n.member("columns")), Names: columns(n.member("name")), Blank: params(n.member("blank"))}
	types := n.member("types")
	if types.value != nil {
		for _, v := range types.variables() {
			t.Types = append(t.Types, matrix.Column{Name: v.Name.V, Pos: v.Name.Pos, Type: matrix.Type(v.Value.V)})
		}
	}
	name := below(s.dir, path.V)
	if s.open == nil {
		s.list.Add(path.Pos, diag.MissingInput, "", "there are no files here to read a table from")
		return nil
	}
	var err error
	if t.Source, err = s.open(s.dir, name); err != nil {
		rule, message, hint := diag.UnreadableInput, err.Error(), hintOf(err)
		if errors.Is(err, fs.ErrNotExist) {
			rule, message, hint = diag.MissingInput, fmt.Sprintf("file %q does not exist", diag.Short(path.V)), "paths start at the folder of the manifest"
		}
		s.list.Add(path.Pos, rule, hint, "%s", message)
		return nil
	}
	axis, list := t.Axis()
	*s.list = append(*s.list, list...)
	return axis
}

// read is a table of a sweep with its templates, or what is wrong with them.
type read struct {
	table    *doe.Table
	problems diag.List
	warnings diag.List
}

// decodeSweep reads a job that runs once for each row of a table. Its files are inputs of
// the job: the platform fills in the templates before the first software starts.
func (p *page) decodeSweep(job *Job, n node, list *diag.List) {
	job.Sweep.Params = n.member("params").text()
	for _, item := range n.member("templates").items() {
		if t := (Template{item.member("path").text(), item.member("to").text()}); t.Path.Written() && t.To.Written() {
			job.Sweep.Templates = append(job.Sweep.Templates, t)
		}
	}
	params := job.Sweep.Params
	if !params.Written() || isPattern(params.V) {
		return
	}
	input := func(path, to Value[string], use Use) {
		job.Inputs = append(job.Inputs, Input{Pos: path.Pos, Path: path, To: to, Decompress: Value[bool]{V: true}, Use: use})
	}
	input(params, Value[string]{}, ForRuns)
	for _, t := range job.Sweep.Templates {
		input(t.Path, t.To, ForEach)
	}
	found := p.readSweep(job.Sweep)
	*list = append(*list, found.problems...)
	job.Warnings = append(job.Warnings, found.warnings...)
	if table := found.table; table != nil {
		job.Sweep.Table, job.Outputs.Runs, job.Success.Runs = table, len(table.Rows), table.Labels()
	}
}

// readSweep reads the files of a sweep, once for all points of a matrix that name them.
func (p *page) readSweep(s Sweep) read {
	key := fmt.Sprintf("%q %q %v", p.src.Dir, s.Params.V, s.Templates)
	if known, again := p.sweeps[key]; again {
		return known
	}
	var r read
	if source, ok := p.named(s.Params, "the table of parameters", &r.problems); ok {
		r.table, r.problems = doe.ReadTable(source)
	}
	used, whole := make(map[string]bool), true
	for _, t := range s.Templates {
		if isPattern(t.Path.V) {
			whole = false
			continue
		}
		source, ok := p.named(t.Path, "the template", &r.problems)
		if whole = whole && ok; ok && r.table != nil {
			r.problems = append(r.problems, r.table.Check(source, used)...)
		}
	}
	if r.table != nil {
		r.warnings = r.table.Warnings
		if whole {
			r.warnings = append(r.warnings, r.table.Unused(used)...)
		}
	}
	p.sweeps[key] = r
	return r
}

// named reads a file that a manifest names.
func (p *page) named(path Value[string], what string, list *diag.List) (source diag.Source, ok bool) {
	if p.open == nil {
		list.Add(path.Pos, diag.MissingInput, "", "there are no files here to read %s from", what)
		return source, false
	}
	source, err := p.open(p.src.Dir, below(p.src.Dir, path.V))
	if err == nil {
		return source, true
	}
	rule, message, hint := diag.UnreadableInput, err.Error(), hintOf(err)
	if errors.Is(err, fs.ErrNotExist) {
		rule, message, hint = diag.MissingInput, fmt.Sprintf("file %q does not exist", diag.Short(path.V)), "paths start at the folder of the manifest"
	}
	list.Add(path.Pos, rule, hint, "%s", message)
	return source, false
}

// checkSweep reports what of a sweep does not fit the rest of its job.
func checkSweep(job *Job, list *diag.List) {
	s := job.Sweep
	if isPattern(s.Params.V) {
		list.Add(s.Params.Pos, diag.BadInputName, "write the path of one file", "the table of parameters is one file, not a pattern: %s", diag.Short(s.Params.V))
	}
	for _, t := range s.Templates {
		if isPattern(t.Path.V) {
			list.Add(t.Path.Pos, diag.BadInputName, "write an entry for each file", "a template is one file, not a pattern: %s", diag.Short(t.Path.V))
		}
		checkPlace(t.To, list)
	}
	checkNested(s.Templates, list)
	if !s.Params.Written() {
		return
	}
	for _, field := range job.Extra {
		checkSweepField(field, list)
	}
	for _, pattern := range slices.Concat(job.Outputs.Download, job.Success.Files) {
		warnOfRun(job, pattern)
	}
	for i, tile := range job.Tiles {
		for _, field := range tile.Extra {
			checkSweepField(field, list)
		}
		if rows := job.Outputs.Runs; rows > 0 && tile.Hardware.Slots.V > rows {
			job.Warnings.Add(tile.Hardware.Slots.Pos, diag.BadValue, fmt.Sprintf("write slots: %d", rows),
				"%shardware.slots is %d, more than the rows of the table (%d): slots without a run are paid for, too", place(job, i), tile.Hardware.Slots.V, rows)
		}
	}
}

// checkPlace checks where a template lands.
func checkPlace(to Value[string], list *diag.List) {
	if why, instead := doe.PlaceProblem(to.V); why != "" {
		hint := "write a path below the work folder, such as case/0/U"
		if instead != "" {
			hint = "write to: " + diag.Short(instead)
		}
		list.Add(to.Pos, diag.BadInputName, hint, "to cannot be %q: %s", diag.Short(to.V), why)
		return
	}
	for name := range strings.SplitSeq(to.V, "/") {
		if why := NameProblem(name); why != "" {
			list.Add(to.Pos, diag.BadInputName, "write a plain path, such as case/0/U", "to cannot be %q: %s", diag.Short(to.V), why)
			return
		}
	}
	if to.V == ProcessOutput {
		list.Add(to.Pos, diag.BadInputName, "write another name", "to cannot be %q: what the command prints goes there", to.V)
	}
}

// checkNested reports a template that lands where another needs a folder. Equal places are
// found with those of the other inputs.
func checkNested(templates []Template, list *diag.List) {
	for _, outer := range templates {
		for _, inner := range templates {
			if strings.HasPrefix(inner.To.V, outer.To.V+"/") {
				list.Add(outer.To.Pos, diag.DuplicateInputName, "write another to: for one of them", "%s is a file here, and the folder of %s, %s",
					diag.Short(outer.To.V), diag.Short(inner.To.V), nearby(inner.To.Pos, outer.To.Pos))
				break
			}
		}
	}
}

// checkSweepField reports a field of extra that makes runs, too.
func checkSweepField(field Field, list *diag.List) {
	switch field.Name.V {
	case "paramFile", "templateTasks":
		list.Add(field.Name.Pos, diag.ReservedField, "delete it", "extra cannot set %s beside doe", field.Name.V)
	case "caseFile", "jobvariables", "monteCarloIterations", "optimizer":
		list.Add(field.Name.Pos, diag.BadChoice, "keep one of the two", "doe has a run for each row, and extra.%s makes runs of its own", field.Name.V)
	}
}

// checkNumbers reports variables and parameters that people read as a number and YAML as
// a text: a program that reads 1,5 takes the 1 and says nothing.
func checkNumbers(doc *yamlsrc.Document) (list diag.List) {
	walkTexts(doc.Value, "", func(pointer, text string) {
		path := yamlsrc.Path(pointer)
		if len(path) < 2 || path[0] != "vars" && path[0] != "matrix" || !doc.Plain(pointer) {
			return
		}
		if number, comma := matrix.WithPoint(text); comma {
			list.Add(doc.At(pointer), diag.BadValue, fmt.Sprintf("write %s, or %q to keep it as it stands", number, text),
				"%s is a text to YAML, and no number", text)
		}
	})
	return list
}
