// Package spec is the manifest language: it turns YAML texts into jobs in which every
// value knows its position, and reports everything that is wrong with them.
//
// A document is one job, or one for each point of its matrix. It is merged over the
// defaults of its text, its references are filled in for a point, then it is checked
// and decoded. Every step knows the positions in the text.
//
// The package is pure. It neither reads files by itself nor knows the platform: whether
// an input exists and whether a core type is offered is the business of package
// resolver.
package spec

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
	"github.com/rescale-apply/rescale-apply/schema"
	"github.com/rescale-apply/rescale-apply/spec/expr"
	"github.com/rescale-apply/rescale-apply/spec/folders"
	"github.com/rescale-apply/rescale-apply/spec/foreign"
	"github.com/rescale-apply/rescale-apply/spec/matrix"
	"github.com/rescale-apply/rescale-apply/spec/places"
)

// Opener reads a file that a manifest in the folder dir names: a table of points, a
// public key. name is a path of this machine; the source has the name that people
// should see.
type Opener func(dir, name string) (diag.Source, error)

// Loader reads manifests. The zero Loader changes no variable and has no files.
type Loader struct {
	Set   []Setting     // from the command line; later ones win
	Files []diag.Source // of variables; later ones win, and Set wins over all
	Open  Opener        // may be nil
	Find  places.Finder // may be nil
}

// Load reads sources with the zero Loader.
func Load(sources []diag.Source) ([]Job, diag.List) { return Loader{}.Load(sources) }

// Load reads every document of every source. It touches neither the network nor, except
// through Open and Find, the file system. It returns all problems in the order of the sources
// and of their text: a mistake in one value does not hide those in others, and causes
// no second message. It returns jobs only when there is no problem at all.
func (l Loader) Load(sources []diag.Source) ([]Job, diag.List) {
	settings, problems := readSettings(l.Set, l.Files)
	r := &reader{
		open: l.Open, find: l.Find, settings: settings, names: make(map[string]diag.Position), folders: folders.New(),
		keys: make(map[string]string), seats: make(map[diag.Position]*Seats), sweeps: make(map[string]read), adopted: make(map[string]Value[string]),
	}
	whole := true
	found := make([]diag.List, len(sources))
	for i, src := range sources {
		documents, list := yamlsrc.Parse(src)
		whole = whole && len(list) == 0
		found[i] = r.source(src, documents, list)
	}
	linking := link(r.jobs, r.names)
	for i, src := range sources {
		for _, d := range linking {
			if d.Pos.File == src.Name {
				found[i] = append(found[i], d)
			}
		}
		problems = append(problems, found[i].Sort()...)
	}
	if whole {
		problems = append(problems, settings.unknown()...)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return r.jobs, nil
}

// reader turns documents into jobs, and remembers what must be unique.
type reader struct {
	open     Opener
	find     places.Finder
	settings *settings
	jobs     []Job
	names    map[string]diag.Position
	folders  *folders.Taken
	keys     map[string]string        // public keys, by the path of their files
	seats    map[diag.Position]*Seats // by where maxRunning is written
	adopted  map[string]Value[string] // names of jobs, by the id that they adopt, at the place of adopt
	sweeps   map[string]read          // what doe names, by the paths
}

// source reads the documents of one text, which may have known problems.
func (r *reader) source(src diag.Source, documents []*yamlsrc.Document, known diag.List) diag.List {
	var found diag.Gathering
	found.Add(known)
	p := &page{reader: r, src: src, found: &found, taken: make(map[diag.Position]bool)}
	for _, d := range known {
		p.taken[d.Pos] = true
	}
	documents, shared := p.defaults(documents)
	p.lost = shared == nil && len(known) > 0 && defaultsLine.Match(src.Text)
	var whole []*yamlsrc.Document
	for _, doc := range documents {
		if shared != nil {
			doc = doc.Over(shared, "/license", "/matrix")
		}
		whole = append(whole, doc)
	}
	if none := foreign.Text(whole); src.Found && !p.lost && len(none) > 0 {
		return append(known, none...).Sort()
	}
	for _, doc := range whole {
		p.document(doc)
	}
	if len(documents) == 0 && shared != nil && len(known) == 0 {
		var list diag.List
		list.Add(shared.At(""), diag.EmptyFile, "add a document with the name of a job, after a line with ---", "the text holds defaults, and no job that they are for")
		found.Add(list)
	}
	return found.List().Sort()
}

// page is the work on one text. A place with a problem from reading the text gets no
// second one.
type page struct {
	*reader
	src   diag.Source
	found *diag.Gathering
	taken map[diag.Position]bool
	lost  bool // the defaults are not YAML, so nobody knows what is missing
}

// defaultsLine recognizes an unreadable document of defaults.
var defaultsLine = regexp.MustCompile(`(?m)^kind:[ \t]*["']?defaults\b`)

// defaults takes the document of defaults out of the others and checks it by itself:
// every job may override it.
func (p *page) defaults(documents []*yamlsrc.Document) (jobs []*yamlsrc.Document, shared *yamlsrc.Document) {
	for _, doc := range documents {
		mapping, _ := doc.Value.(map[string]any)
		if mapping["kind"] != "defaults" {
			jobs = append(jobs, doc)
			continue
		}
		var list diag.List
		if shared != nil {
			list.Add(doc.At("/kind"), diag.BadChoice, "put the keys of both into one", "the file has defaults already, at %s", shared.At(""))
		}
		if _, named := mapping["name"]; named {
			list.Add(doc.KeyAt("/name"), diag.BadChoice, "delete it; every job has a name of its own", "defaults have no name")
		}
		own := doc.Without("kind").Without("name")
		if shared == nil {
			shared = own
		}
		t := newTemplate(own, &list)
		outline, waiting := t.outline(), t.waiting()
		list = append(list, p.shape(outline, schema.ValidateDefaults(outline.value), waiting)...)
		p.found.Add(list)
	}
	return jobs, shared
}

// document reads one job, or one for each point of a matrix. Parts with a
// problem are left out.
func (p *page) document(doc *yamlsrc.Document) {
	var list diag.List
	t := newTemplate(doc, &list)
	outline := t.outline()
	violations := schema.Validate(outline.value)
	waiting := t.waiting()
	list = append(list, p.shape(outline, violations, waiting)...)
	root := node{doc: outline, bad: badParts(violations, waiting), value: outline.value}
	list = append(list, checkName(root.member("name").text(), p.src.Name, p.names)...)
	list = append(list, checkLines(doc)...)
	list = append(list, checkNumbers(doc)...)
	scope, points := p.values(root, violations, &list)
	known := len(list)
	if t.check(scope, &list); p.lost {
		list = list[:known]
	}
	p.found.Add(list)

	switch {
	case len(points) == 0 && len(waiting) == 0:
		outline.scope = scope
		p.job(outline, violations, waiting, scope["job"]["name"].Text())
	case len(points) == 0:
		p.point(t, scope, nil)
	}
	p.jobs = slices.Grow(p.jobs, len(points))
	for _, point := range points {
		p.point(t, scope, point)
	}
}

// values returns what references can name, and the points of the matrix: none if the
// shape of the matrix is wrong.
func (p *page) values(root node, violations []schema.Violation, list *diag.List) (expr.Scope, []matrix.Point) {
	scope := expr.Scope{
		"vars": p.settings.variables(root.member("vars"), list),
		"job":  {"name": {V: root.member("name").text().V}},
	}
	sweeping := root.member("matrix")
	wrong := slices.ContainsFunc(violations, func(v schema.Violation) bool { return within("/matrix", v.Pointer) }) || root.badWithin("/matrix")
	if sweeping.value == nil || wrong {
		return scope, nil
	}
	points := sweep{dir: p.src.Dir, name: p.src.Name, open: p.open, find: p.find, list: list}.points(sweeping)
	if len(points) > 0 {
		scope["matrix"] = parameters(points[0])
	}
	return scope, points
}

func parameters(point matrix.Point) map[string]expr.Value {
	values := make(map[string]expr.Value, len(point))
	for _, param := range point {
		value := param.Value
		value.Place = param.Path != nil
		if values[param.Name] = value; !value.Place {
			continue
		}
		for part, text := range matrix.Parts(param.Value.Text()) {
			values[param.Name+"."+part] = expr.Value{V: text, Pos: param.Value.Pos, Place: true}
		}
	}
	return values
}

// point reads the job of one point, or of a document without a matrix.
func (p *page) point(t *template, scope expr.Scope, point matrix.Point) {
	name := scope["job"]["name"].Text()
	if point != nil {
		scope = maps.Clone(scope)
		name += "/" + point.Name()
		scope["matrix"] = parameters(point)
		scope["job"] = map[string]expr.Value{"name": {V: name}}
	}
	doc := t.fill(scope)
	doc.found = slices.ContainsFunc(point, func(param matrix.Param) bool { return param.Path != nil })
	doc.value = withoutSweep(doc.value)
	violations := t.validate(doc)
	p.found.Add(p.shape(doc, violations, t.bad))
	p.job(doc, violations, t.bad, name)
}

// job reads a job whose shape has been checked.
func (p *page) job(doc *document, violations []schema.Violation, unknown map[string]bool, name string) {
	var list diag.List
	root := node{doc: doc, bad: badParts(violations, unknown), value: doc.value}
	job := decode(root, p.src, name)
	job.SSH = p.decodeSSH(root.member("ssh"), &list)
	p.decodeSweep(&job, root.member("doe"), &list)
	p.besides(root, &list)
	p.seat(&job, doc.Document.At(maxRunning), &list)
	job.Table, job.Typed, job.Found = tableOf(doc, p.src.Dir), doc.typedNames(job), doc.found
	for _, check := range checks() {
		check(&job, &list)
	}
	list = append(list, checkFolder(job, p.folders)...)
	list = append(list, checkAdopted(job, p.adopted)...)
	p.found.Add(list)
	p.jobs = append(p.jobs, job)
}

// withoutSweep returns a job without the keys that only define values: they are checked
// once for all points.
func withoutSweep(value any) any {
	mapping, ok := value.(map[string]any)
	if !ok || mapping["vars"] == nil && mapping["matrix"] == nil {
		return value
	}
	rest := maps.Clone(mapping)
	delete(rest, "vars")
	delete(rest, "matrix")
	return rest
}

// shape gives the findings of the schema their positions, and drops those about unknown
// texts and places with a problem already.
func (p *page) shape(doc *document, violations []schema.Violation, unknown map[string]bool) diag.List {
	known := slices.DeleteFunc(slices.Clone(violations), func(v schema.Violation) bool {
		return unknown[v.Pointer] && v.Key == "" || p.lost && v.Kind == schema.MissingKey || doc.withoutCommand(v)
	})
	return slices.DeleteFunc(shapeProblems(doc, known), func(d diag.Diagnostic) bool { return p.taken[d.Pos] })
}

// badParts holds the pointers of values that read as not written.
func badParts(violations []schema.Violation, unknown map[string]bool) map[string]bool {
	bad := maps.Clone(unknown)
	for _, v := range violations {
		bad[about(v)] = true
	}
	return bad
}

func (n node) badWithin(pointer string) bool {
	for bad := range n.bad {
		if within(pointer, bad) {
			return true
		}
	}
	return false
}

// within reports whether a pointer leads to the value at another one, or into it.
func within(outer, pointer string) bool {
	return pointer == outer || strings.HasPrefix(pointer, outer+"/")
}
