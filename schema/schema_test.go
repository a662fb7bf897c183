package schema

import (
	"bytes"
	"encoding/json"
	"sort"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// parts returns every part of the schema that describes a value, by its pointer.
func parts(t *testing.T) map[string]map[string]any {
	t.Helper()
	var root map[string]any
	if err := json.Unmarshal(JSON(), &root); err != nil {
		t.Fatal(err)
	}
	found := make(map[string]map[string]any)
	var walk func(node any, pointer string)
	walk = func(node any, pointer string) {
		part, ok := node.(map[string]any)
		if !ok || pointer == "/$defs/reference" || part["$ref"] != nil || len(part) == 1 && part["required"] != nil {
			return
		}
		found[pointer] = part
		for _, group := range []string{"properties", "$defs"} {
			members, _ := part[group].(map[string]any)
			for key, sub := range members {
				walk(sub, pointer+"/"+group+"/"+key)
			}
		}
		walk(part["items"], pointer+"/items")
		walk(part["additionalProperties"], pointer+"/additionalProperties")
		branches, _ := part["oneOf"].([]any)
		for i, sub := range branches {
			walk(sub, pointer+"/oneOf/"+string(rune('0'+i)))
		}
	}
	walk(root, "")
	return found
}

// Editors show these words; a key without them is a key nobody understands.
func TestEveryPartIsDescribed(t *testing.T) {
	t.Parallel()
	all := parts(t)
	if len(all) < 35 {
		t.Errorf("only %d parts found", len(all))
	}
	for pointer, part := range all {
		for _, keyword := range []string{"title", "description"} {
			words, _ := part[keyword].(string)
			if strings.TrimSpace(words) == "" {
				t.Errorf("%s has no %s", pointer, keyword)
			}
		}
		if words, _ := part["description"].(string); !strings.HasSuffix(words, ".") {
			t.Errorf("the description of %s does not end a sentence: %q", pointer, words)
		}
		if examples, _ := part["examples"].([]any); len(examples) == 0 {
			t.Errorf("%s has no example", pointer)
		}
		if part["type"] == "object" && part["additionalProperties"] == nil {
			t.Errorf("%s allows unknown keys", pointer)
		}
		if part["pattern"] != nil && part["patternErrorMessage"] == nil {
			t.Errorf("%s has a pattern without words for people", pointer)
		}
	}
}

func TestEveryExampleIsValid(t *testing.T) {
	t.Parallel()
	for pointer, part := range parts(t) {
		compiler := jsonschema.NewCompiler()
		compiler.Draft = jsonschema.Draft2020
		if err := compiler.AddResource("s.json", bytes.NewReader(JSON())); err != nil {
			t.Fatal(err)
		}
		sub, err := compiler.Compile("s.json#" + pointer)
		if err != nil {
			t.Fatalf("%s: %v", pointer, err)
		}
		examples, _ := part["examples"].([]any)
		for _, example := range examples {
			if err := sub.Validate(example); err != nil {
				t.Errorf("example %v of %s: %v", example, pointer, err)
			}
		}
	}
}

// Every key that reaches the platform says as what; the others say that they do not.
func TestTopLevelKeysNameTheirPlatformField(t *testing.T) {
	t.Parallel()
	var root struct {
		ID         string `json:"$id"`
		Draft      string `json:"$schema"`
		Properties map[string]struct{ Description string }
	}
	if err := json.Unmarshal(JSON(), &root); err != nil {
		t.Fatal(err)
	}
	if root.ID != "https://raw.githubusercontent.com/rescale-apply/rescale-apply/main/schema/job.schema.json" {
		t.Errorf("$id is %q", root.ID)
	}
	if root.Draft != "https://json-schema.org/draft/2020-12/schema" {
		t.Errorf("$schema is %q", root.Draft)
	}
	var keys []string
	for key, part := range root.Properties {
		keys = append(keys, key)
		says := strings.Contains(part.Description, "platform field") || strings.Contains(part.Description, "sent to the platform")
		if !says && key != "license" {
			t.Errorf("%s does not say which platform field it becomes", key)
		}
	}
	sort.Strings(keys)
	want := "$schema adopt analyses analysis automations clusterId command customFields dependsOn description doe env extra hardware inputs interactive kind license limits matrix name namespace outputs " +
		"postProcess preProcess priority project protected rerun secrets ssh storage success tags title uploads vars version"
	if got := strings.Join(keys, " "); got != want {
		t.Errorf("keys: got  %s\nwant %s", got, want)
	}
}

func TestJSONIsACopy(t *testing.T) {
	t.Parallel()
	JSON()[0] = 'x'
	if JSON()[0] != '{' {
		t.Error("a caller can change the embedded schema")
	}
}
