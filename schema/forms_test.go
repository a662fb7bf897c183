package schema_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/rescale-apply/rescale-apply/schema"
)

// An editor checks the text as it is written: references stand where values will
// be, and what is missing may be among the defaults of the file.
func TestPublishedFormTakesReferences(t *testing.T) {
	t.Parallel()
	compiler := jsonschema.NewCompiler()
	compiler.Draft = jsonschema.Draft2020
	if err := compiler.AddResource("s.json", bytes.NewReader(schema.JSON())); err != nil {
		t.Fatal(err)
	}
	published, err := compiler.Compile("s.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		text  string
		valid bool
	}{
		"job":               {`{` + minimal + `}`, true},
		"job over defaults": {`{"name":"a","hardware":{"slots":2}}`, true},
		"defaults":          {`{"kind":"defaults","version":1}`, true},
		"no name":           {`{"version":1}`, false},
		"references": {`{"name":"a","hardware":{"coresPerSlot":"${{ matrix.n }}","slots":"${{ vars.n }}","walltime":"${{ vars.h }}h"},"priority":"${{ vars.p }}",
			"inputs":[{"id":"${{ vars.id }}"},{"path":"a","decompress":"${{ vars.u }}"}],"rerun":{"generation":"${{ vars.g }}","onFailure":"${{ vars.f }}"},
			"license":{"features":[{"name":"a","count":"${{ vars.c }}"}]}}`, true},
		"servers":        {`{"name":"a","license":{"servers":{"A":"${{ vars.port }}@host"}}}`, true},
		"other text":     {`{"name":"a","hardware":{"coresPerSlot":"many"}}`, false},
		"too few":        {`{"name":"a","hardware":{"coresPerSlot":0}}`, false},
		"reference name": {`{"name":"${{ vars.n }}"}`, false},
		"matrix":         {`{"name":"a","matrix":{"csv":"x.csv","a":[1,"b",true],"r":{"from":0,"to":1,"step":0.1},"include":[{"a":1}]}}`, true},
	} {
		if err := published.Validate(decode(t, tc.text)); (err == nil) != tc.valid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is checked here is complete: a reference that is left is a mistake.
func TestCompleteFormTakesNone(t *testing.T) {
	t.Parallel()
	got := schema.Validate(decode(t, `{`+strings.Replace(minimal, `"coresPerSlot":1`, `"coresPerSlot":"${{ x }}"`, 1)+`}`))
	if len(got) != 1 || got[0].Message != `hardware.coresPerSlot must be a whole number, not "${{ x }}"` {
		t.Errorf("violations: %+v", got)
	}
	if got := schema.ValidateDefaults(decode(t, `{"hardware":{"slots":1},"outputs":{"to":"x"}}`)); got != nil {
		t.Errorf("defaults are incomplete by nature: %+v", got)
	}
	if got := schema.ValidateDefaults(decode(t, `{"hardware":{"slot":1}}`)); len(got) != 1 || got[0].Kind != schema.UnknownKey {
		t.Errorf("violations: %+v", got)
	}
}

func TestWantsText(t *testing.T) {
	t.Parallel()
	for pointer, want := range map[string]bool{
		"/title": true, "/env/A": true, "/tags/0": true, "/inputs/3": true, "/inputs/0/path": true, "/hardware/walltime": true, "/priority": true,
		"/license": true, "/license/servers/A": true, "/analysis/version": true, "/rerun/onFailure": true, "/outputs/to": true,
		"/success/log/contains": true, "/success/log/0/lacks/1": true, "/success/files/0": true, "/limits/maxCost": false, "/success/log/contains/0/x": false,
		"/hardware/coresPerSlot": false, "/hardware/slots": false, "/inputs/0/decompress": false, "/license/features/0/count": false,
		"/rerun/generation": false, "/hardware": false, "/no/such": false, "": false,
	} {
		if got := schema.WantsText(pointer); got != want {
			t.Errorf("%q: %v", pointer, got)
		}
	}
}

// The forms are made from parts of one kind: a value or a reference to one.
func TestReferencesStandBesideOneValue(t *testing.T) {
	t.Parallel()
	var walk func(v any)
	count := 0
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				walk(item)
			}
		case map[string]any:
			if choice, ok := v["anyOf"].([]any); ok {
				count++
				if len(choice) != 2 || choice[1].(map[string]any)["$ref"] != "#/$defs/reference" || v["type"] != nil {
					t.Errorf("%v", v)
				}
			}
			for _, member := range v {
				walk(member)
			}
		}
	}
	var root any
	if err := json.Unmarshal(schema.JSON(), &root); err != nil {
		t.Fatal(err)
	}
	walk(root)
	if count < 9 {
		t.Errorf("only %d keys take a reference", count)
	}
}
