package spec

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
	"github.com/rescale-apply/rescale-apply/schema"
	"github.com/rescale-apply/rescale-apply/spec/expr"
	"github.com/rescale-apply/rescale-apply/spec/spread"
)

// template is a document whose references wait for their values.
type template struct {
	doc    *yamlsrc.Document
	file   string // of the document
	leaves []leaf
	bad    map[string]bool // pointers of texts that cannot be filled in
	places map[string]diag.Position
	sites  schema.Sites // of the leaves, once a point is right
}

// leaf is a text with references.
type leaf struct {
	pointer string
	path    []string
	text    expr.Template
	words   bool // nothing but a text can stand here
	folder  bool // names a file or folder
	taken   bool // names what is taken of other jobs
}

// newTemplate finds the references of a document. It reports those that cannot be read,
// and those where a manifest must be literal.
func newTemplate(doc *yamlsrc.Document, list *diag.List) *template {
	t := &template{doc: doc, file: doc.At("").File, bad: make(map[string]bool), places: make(map[string]diag.Position)}
	walkTexts(doc.Value, "", func(pointer, text string) {
		if !expr.Holds(text) {
			return
		}
		parsed, mistakes := expr.Parse(text)
		for _, m := range mistakes {
			t.report(pointer, m, diag.BadReference, list)
		}
		if key := fixed(pointer); key != "" && len(parsed.References()) > 0 {
			r := parsed.References()[0]
			t.report(pointer, expr.Mistake{
				Offset: r.Offset, Width: r.Width(), Message: key + " cannot refer to other values", Hint: fixedHint(key),
			}, diag.BadReference, list)
		}
		t.leaves = append(t.leaves, leaf{
			pointer: pointer, path: yamlsrc.Path(pointer), text: parsed, words: schema.WantsText(pointer),
			folder: namesFile(pointer), taken: namesTaken(pointer),
		})
	})
	return t
}

// ofAnalysis matches where the keys of one of several analyses are.
var ofAnalysis = regexp.MustCompile(`^/analyses/[0-9]+`)

// namesFile reports whether a text names files, where a name with / would be a folder.
func namesFile(pointer string) bool {
	pointer = ofAnalysis.ReplaceAllString(pointer, "")
	for _, above := range []string{"/inputs/", "/outputs/", "/success/files/", "/doe/templates/"} {
		if strings.HasPrefix(pointer, above) {
			return true
		}
	}
	if strings.HasPrefix(pointer, "/success/") {
		return strings.HasSuffix(pointer, "/file")
	}
	return slices.Contains([]string{
		"/preProcess", "/preProcess/script", "/postProcess", "/postProcess/script", "/ssh/publicKeyFile", "/doe/params",
	}, pointer)
}

func (t *template) report(pointer string, m expr.Mistake, rule diag.Rule, list *diag.List) {
	t.bad[pointer] = true
	pos := t.doc.Inside(pointer, m.Offset)
	pos.Width = m.Width
	list.Add(pos, rule, m.Hint, "%s", m.Message)
}

// fixed returns the key above a text that must be literal: the name of a job, and what
// gives references their values.
func fixed(pointer string) string {
	for _, key := range []string{"version", "kind", "name", "vars", "matrix", "$schema"} {
		if pointer == "/"+key || strings.HasPrefix(pointer, "/"+key+"/") {
			return key
		}
	}
	return ""
}

func fixedHint(key string) string {
	if key == "name" {
		return "write the name itself; the points of a matrix are named by themselves, as NAME/key=value"
	}
	return "write the value itself"
}

// outline returns the document as far as it is known without any value: texts with
// references are left out.
func (t *template) outline() *document {
	value := t.doc.Value
	filled := make(map[string]expr.Value)
	for _, leaf := range t.leaves {
		var v any
		if len(leaf.text.References()) == 0 && !t.bad[leaf.pointer] {
			v = leaf.text.Fill(nil).V
		}
		value = put(value, leaf.path, v)
		filled[leaf.pointer] = expr.Value{V: v}
	}
	return &document{Document: t.doc, value: value, filled: filled, places: t.places}
}

// waiting returns the pointers of the texts that outline leaves out.
func (t *template) waiting() map[string]bool {
	waiting := maps.Clone(t.bad)
	for _, leaf := range t.leaves {
		if len(leaf.text.References()) > 0 {
			waiting[leaf.pointer] = true
		}
	}
	return waiting
}

// check reports references to names that do not exist. For a name that exists but has a
// problem of its own, that problem is enough.
func (t *template) check(scope expr.Scope, list *diag.List) {
	for _, leaf := range t.leaves {
		for _, r := range leaf.text.References() {
			if scope.Knows(r) || fixed(leaf.pointer) != "" || leaf.taken && fromScope().Knows(r) {
				continue
			}
			t.bad[leaf.pointer] = true
			if !t.declares(r, scope) {
				message, hint := NoSuchValue(r, scope)
				t.report(leaf.pointer, expr.Mistake{Offset: r.Offset, Width: r.Width(), Message: message, Hint: hint}, diag.UnknownReference, list)
			}
		}
	}
}

// declares reports whether the document may mean to give a reference its value.
func (t *template) declares(r expr.Reference, scope expr.Scope) bool {
	switch r.Space {
	case "vars":
		return slices.Contains(t.doc.Keys("/vars"), r.Name)
	case "matrix":
		return len(t.doc.Keys("/matrix")) > 0 && len(scope["matrix"]) == 0
	}
	return false
}

// NoSuchValue says that a reference names nothing, and what to write instead.
func NoSuchValue(r expr.Reference, scope expr.Scope) (message, hint string) {
	message = "there is no " + r.String()
	if r.Space == "from" {
		return message + " here", FromName + ", in as and into of an input with from, is the job that a file is taken of"
	}
	for _, space := range slices.Sorted(maps.Keys(scope)) {
		if _, there := scope[space][r.Name]; there {
			return message, "did you mean " + space + "." + r.Name + "?"
		}
	}
	switch {
	case r.Space == "env":
		// Otherwise the author of a manifest could read every secret of the person who
		// runs it.
		return "a manifest cannot read the environment of the one who runs it",
			`declare the value under vars:, and pass it on purpose: --var ` + strings.ToLower(r.Name) + `="$` + r.Name + `"`
	case r.Space == "matrix" && len(scope["matrix"]) == 0:
		return "the job has no matrix", "add matrix: {" + r.Name + ": [1, 2, 3]}"
	case r.Space == "vars" && len(scope["vars"]) == 0:
		return "the job has no variables", "add vars: {" + r.Name + ": 1}, with the default as its value"
	}
	if of, _, dotted := strings.Cut(r.Name, "."); dotted {
		return message, partHint(of, scope["matrix"])
	}
	// The part before the dot is common to many names, and says little.
	if near := diag.Nearest(r.Name, slices.Collect(maps.Keys(scope[r.Space]))); len(near) > 0 {
		return message, "did you mean " + r.Space + "." + near[0] + "?"
	}
	names := slices.Sorted(slices.Values(scope.Names()))
	if len(names) > maxNamed {
		names = append(names[:maxNamed], "...")
	}
	return message, "known: " + strings.Join(names, ", ")
}

// partHint says which parts a parameter has.
func partHint(name string, params map[string]expr.Value) string {
	_, known := params[name]
	_, path := params[name+".name"]
	switch {
	case path:
		return fmt.Sprintf("a path has the parts %s.name, %[1]s.stem and %[1]s.dir", name)
	case known:
		return fmt.Sprintf("write matrix.%s; only parameters of folders: and files: have a name, a stem and a dir", name)
	}
	if near := diag.Nearest(name, slices.Collect(maps.Keys(params))); len(near) > 0 {
		return "did you mean matrix." + near[0] + "?"
	}
	return "only parameters of folders: and files: have a name, a stem and a dir"
}

// maxNamed is how many names a hint lists.
const maxNamed = 12

// fill puts the values of one point in.
func (t *template) fill(scope expr.Scope) *document {
	d := &document{Document: t.doc, value: t.doc.Value, filled: make(map[string]expr.Value, len(t.leaves)), places: t.places, scope: scope, typed: t.typed(scope)}
	paths := maps.Clone(scope)
	if name, ok := scope["job"]["name"]; ok {
		paths["job"] = map[string]expr.Value{"name": {V: folderName(name.Text())}}
	}
	var later []filling
	for _, leaf := range t.leaves {
		if t.bad[leaf.pointer] {
			d.value = put(d.value, leaf.path, nil)
			continue
		}
		values := scope
		if leaf.folder {
			values = paths
		}
		if leaf.folder && strings.ContainsAny(leaf.text.Literal(), wildcards) {
			values = unwild(paths)
		}
		if leaf.taken {
			values = maps.Clone(values)
			maps.Copy(values, fromScope())
		}
		v := leaf.text.Fill(values)
		v.Pos = t.origin(leaf.text, values)
		_, list := v.V.([]any)
		switch {
		case v.V == nil, list:
			later = append(later, filling{leaf, v})
			continue
		case leaf.words && v.Written != "" && strings.HasSuffix(leaf.pointer, "/analysis/version"):
			v.V = v.Written // 9.10 is another version than 9.1
		case leaf.words:
			v.V = v.Text()
		}
		d.put(leaf, v)
	}
	d.spread(later)
	return d
}

// origin returns where a person mends a text: at the cell of a table, if all references of
// the text are to one. A path that a pattern finds is right as it is, so its use is wrong.
// Zero means the text itself.
func (t *template) origin(text expr.Template, values expr.Scope) diag.Position {
	var cell diag.Position
	references := text.References()
	for i, r := range references {
		v := values[r.Space][r.Name]
		if v.Place || i > 0 && v.Pos != cell {
			return diag.Position{}
		}
		cell = v.Pos
	}
	if whole := len(references) == 1 && text.Literal() == ""; !whole && cell.File == t.file {
		return diag.Position{}
	}
	return cell
}

func (d *document) put(leaf leaf, v expr.Value) {
	d.value = put(d.value, leaf.path, v.V)
	d.filled[leaf.pointer] = v
}

// wildcards begin what has a meaning in a pattern.
const wildcards = "*?[{"

// unwild returns the scope for a pattern: the names of folders and files mean themselves,
// also a[1].
func unwild(scope expr.Scope) expr.Scope {
	own := maps.Clone(scope)
	own["matrix"] = maps.Clone(scope["matrix"])
	for name, value := range own["matrix"] {
		if value.Place {
			value.V = special.ReplaceAllString(value.Text(), "[$0]")
			own["matrix"][name] = value
		}
	}
	return own
}

var special = regexp.MustCompile(`[*?[{}]`)

// typed are the variables that references take from the command line.
func (t *template) typed(scope expr.Scope) map[string]bool {
	names := make(map[string]bool)
	for _, leaf := range t.leaves {
		for _, r := range leaf.text.References() {
			if r.Space == "vars" && scope["vars"][r.Name].Typed {
				names[r.Name] = true
			}
		}
	}
	return names
}

// typedNames are the names of the variables that a job takes from the command line. An
// input that is a template may refer to any.
func (d *document) typedNames(job Job) []string {
	names := make(map[string]bool)
	maps.Copy(names, d.typed)
	for name, value := range job.Values["vars"] {
		if value.Typed {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// put returns root with another value at path. It copies the mappings and lists on the
// way, because all points share the document.
func put(root any, path []string, v any) any {
	if len(path) == 0 {
		return v
	}
	switch node := root.(type) {
	case map[string]any:
		copied := maps.Clone(node)
		copied[path[0]] = put(node[path[0]], path[1:], v)
		return copied
	case []any:
		i, err := strconv.Atoi(path[0])
		if err != nil || i >= len(node) {
			return root
		}
		copied := slices.Clone(node)
		copied[i] = put(node[i], path[1:], v)
		return copied
	}
	return root
}

// walkTexts calls visit for every text in a JSON-shaped value.
func walkTexts(value any, pointer string, visit func(pointer, text string)) {
	switch v := value.(type) {
	case string:
		visit(pointer, v)
	case []any:
		for i, item := range v {
			walkTexts(item, pointer+"/"+strconv.Itoa(i), visit)
		}
	case map[string]any:
		for key, member := range v {
			walkTexts(member, yamlsrc.Member(pointer, key), visit)
		}
	}
}

// validate checks the shape of one point. Once one is right, the others are looked at only
// where they differ from it.
func (t *template) validate(d *document) []schema.Violation {
	value := d.value
	if d.uneven {
		flat := spread.Of(value)
		violations := schema.Validate(flat.Value)
		for i, v := range violations {
			written := flat.Written(v.Pointer)
			violations[i] = v.At(written, spread.Source(written, d.several))
		}
		return violations
	}
	if t.sites != nil && t.sites.Hold(value) {
		return nil
	}
	violations := schema.Validate(value)
	if t.sites == nil && len(violations) == 0 {
		paths := make([][]string, len(t.leaves))
		for i, leaf := range t.leaves {
			paths[i] = leaf.path
		}
		t.sites = schema.SitesOf(value, paths)
	}
	return violations
}
