package yamlsrc_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
)

func TestOver(t *testing.T) {
	t.Parallel()
	docs, list := yamlsrc.Parse(diag.Source{Name: "f", Text: []byte(`a: {b: 1, c: [1, 2], deep: {x: 1}}
only: base
whole: {x: 1}
shape: {x: 1}
kind: defaults
---
a: {c: [3], b: 2, deep: {y: 2}}
whole: {y: 2}
shape: text
own: top
`)})
	if len(list) > 0 || len(docs) != 2 {
		t.Fatal(len(docs), list)
	}
	over := docs[1].Over(docs[0].Without("kind"), "/whole")
	want := map[string]any{
		"a":    map[string]any{"b": json.Number("2"), "c": []any{json.Number("3")}, "deep": map[string]any{"x": json.Number("1"), "y": json.Number("2")}},
		"only": "base", "whole": map[string]any{"y": json.Number("2")}, "shape": "text", "own": "top",
	}
	if diff := cmp.Diff(want, over.Value); diff != "" {
		t.Errorf("value (-want +got)\n%s", diff)
	}
	for pointer, want := range map[string]string{
		"": "7:1+1", "/a": "7:4+1", "/a/b": "7:16+1", "/a/c/0": "7:9+1", "/a/deep/x": "1:32+1", "/a/deep/y": "7:29+1", "/only": "2:7+4", "/whole/y": "8:12+1", "/kind": "7:1+1",
	} {
		if got := place(over.At(pointer)); got != want {
			t.Errorf("%s is at %s, want %s", pointer, got, want)
		}
	}
	if diff := cmp.Diff([]string{"a", "only", "whole", "shape", "own"}, over.Keys("")); diff != "" {
		t.Errorf("keys (-want +got)\n%s", diff)
	}
	if got := docs[0].Keys(""); len(got) != 5 || docs[0].Value.(map[string]any)["kind"] != "defaults" {
		t.Errorf("the defaults themselves changed: %v", got)
	}
}

// A document behind one that is not YAML is read apart; its places, and those of
// what it is put over, count from the start of the text all the same.
func TestOverBehindABrokenDocument(t *testing.T) {
	t.Parallel()
	docs, _ := yamlsrc.Parse(diag.Source{Name: "f", Text: []byte("a: {b: 1}\n---\nx: [\n---\na: {c: &n 2}\nd: *n\n")})
	if len(docs) != 2 {
		t.Fatal(len(docs))
	}
	over := docs[1].Over(docs[0])
	for pointer, want := range map[string]string{"/a/b": "1:8+1", "/a/c": "5:11+1", "/d": "6:4+2"} {
		if got := place(over.At(pointer)); got != want {
			t.Errorf("%s is at %s, want %s", pointer, got, want)
		}
	}
}

func TestPath(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]string{"a/b", "0", "c~"}, yamlsrc.Path("/a~1b/0/c~0")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
