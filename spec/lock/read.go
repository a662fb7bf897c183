package lock

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
	"github.com/rescale-apply/rescale-apply/schema"
)

// Read reads the text of a lock. It returns all problems in the order of the text, and a
// lock only when there are none.
func Read(src diag.Source) (*Lock, diag.List) {
	documents, problems := yamlsrc.Parse(src)
	for i := range problems {
		switch {
		case problems[i].Rule == diag.EmptyFile:
			problems[i].Message, problems[i].Hint = "the lock is empty", "delete the file; rescale-apply catalog lock writes it anew"
		case bytes.Contains(src.Text, []byte("<<<<<<< ")):
			problems[i].Hint = "git left a conflict in the file: take one of its sides, then run rescale-apply catalog lock"
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	if len(documents) > 1 {
		problems.Add(documents[1].At(""), diag.BadValue, "delete what follows the line ---", "a lock is one document, and this is another one")
		return nil, problems
	}
	r := &reader{doc: documents[0], seen: make(map[key]diag.Position)}
	for _, v := range schema.ValidateLock(r.doc.Value) {
		r.problems = append(r.problems, r.violation(v))
	}
	if len(r.problems) == 0 {
		r.entries()
	}
	if len(r.problems) > 0 {
		return nil, r.problems.Sort()
	}
	l := New(r.analyses, r.types)
	l.Path = src.Name
	return l, nil
}

// reader is the work on one text.
type reader struct {
	doc      *yamlsrc.Document
	problems diag.List
	analyses []Analysis
	types    []CoreType
	seen     map[key]diag.Position
}

// violation gives a finding of the schema its place.
func (r *reader) violation(v schema.Violation) diag.Diagnostic {
	found := diag.Diagnostic{Pos: r.doc.At(v.Pointer), Rule: diag.Rule(v.Kind), Message: v.Message, Hint: v.Hint}
	switch {
	case v.Kind == schema.UnknownKey:
		found.Pos, found.Hint = r.doc.KeyAt(yamlsrc.Member(v.Pointer, v.Key)), diag.DidYouMean(v.Key, v.Known)
	case v.Kind == schema.MissingKey:
		found.Pos = r.doc.KeyAt(v.Pointer)
	case v.Pointer == "":
		found.Message = "a lock is a mapping with formatVersion, analyses and coreTypes"
	}
	if v.WantsText {
		found.Hint = fmt.Sprintf("put it in quotes: %q", r.doc.Text(v.Pointer))
	}
	if found.Hint == "" {
		found.Hint = "rescale-apply catalog update writes the file as it should be, once this line is gone"
	}
	return found
}

// entries reads what the schema found in order.
func (r *reader) entries() {
	top, _ := r.doc.Value.(map[string]any)
	for i, value := range items(top["analyses"]) {
		at := fmt.Sprintf("/analyses/%d", i)
		a := Analysis{
			Code: text(value["code"]), Wanted: text(value["wanted"]), Version: text(value["version"]), Since: text(value["since"]),
			Pos: r.doc.At(at + "/version"),
		}
		r.once(a.key(), at)
		r.analyses = append(r.analyses, a)
	}
	for i, value := range items(top["coreTypes"]) {
		at := fmt.Sprintf("/coreTypes/%d", i)
		t := CoreType{
			Code: text(value["code"]), Since: text(value["since"]), Memory: int(number(value[memoryKey])),
			OnDemand: number(value[onDemandKey]), Economy: number(value[economyKey]),
			At: Places{
				Code: r.doc.At(at + "/code"), Cores: r.doc.At(at + "/" + coresKey), Memory: r.doc.At(at + "/" + memoryKey),
				OnDemand: r.doc.At(at + "/" + onDemandKey), Economy: r.doc.At(at + "/" + economyKey),
			},
		}
		sizes, _ := value[coresKey].([]any)
		for _, size := range sizes {
			t.Cores = append(t.Cores, int(number(size)))
		}
		slices.Sort(t.Cores)
		t.Cores = slices.Compact(t.Cores)
		r.once(t.key(), at)
		r.types = append(r.types, t)
	}
}

// The keys of a core type that have their unit in the name.
const (
	coresKey    = "coresPerSlot"
	memoryKey   = "memoryPerCoreMB"
	onDemandKey = "onDemandUSDPerCoreHour"
	economyKey  = "economyUSDPerCoreHour"
)

// once refuses a second entry: two branches that were merged by hand leave one behind.
func (r *reader) once(k key, at string) {
	place := r.doc.At(at + "/code")
	if first, again := r.seen[k]; again {
		r.problems.Add(place, diag.BadValue, "delete one of the two; rescale-apply catalog update takes what the catalog gives now",
			"%s has an entry at line %d already", k, first.Line)
		return
	}
	r.seen[k] = place
}

// String names an entry as people do.
func (k key) String() string {
	switch {
	case k.kind == coreType:
		return "core type " + k.code
	case k.wanted == "":
		return "the newest version of " + k.code
	}
	return fmt.Sprintf("version %s of %s", k.wanted, k.code)
}

func items(list any) []map[string]any {
	values, _ := list.([]any)
	all := make([]map[string]any, len(values))
	for i, value := range values {
		all[i], _ = value.(map[string]any)
	}
	return all
}

func text(value any) string {
	s, _ := value.(string)
	return s
}

func number(value any) float64 {
	n, _ := value.(json.Number)
	f, _ := n.Float64() // the schema has it in order
	return f
}
