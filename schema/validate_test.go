package schema_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/schema"
)

const minimal = `"version":1,"name":"a","analysis":{"code":"x"},"hardware":{"coreType":"e","coresPerSlot":1},"command":"run"`

func decode(tb testing.TB, text string) any {
	tb.Helper()
	var v any
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		tb.Fatalf("%v: %s", err, text)
	}
	return v
}

// summary writes what matters of a violation on one line.
func summary(v schema.Violation) string {
	s := fmt.Sprintf("%s %s %s", v.Kind, v.Pointer, v.Message)
	if v.Key != "" {
		s = fmt.Sprintf("%s %s@%s %s", v.Kind, v.Pointer, v.Key, v.Message)
	}
	if v.WantsText {
		s += " (wants quotes)"
	}
	return s
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string // members beside the minimal ones, or a whole value
		want []string
	}{
		"good":             {`{` + minimal + `}`, nil},
		"schema key":       {`{"$schema":"x",` + minimal + `}`, nil},
		"two unknown keys": {`{"x":1,"y":2,` + minimal + `}`, []string{`unknown-key @x unknown key "x"`, `unknown-key @y unknown key "y"`}},
		"unknown, nested":  {`{` + minimal + `,"outputs":{"download":[],"x":1}}`, []string{`unknown-key /outputs@x unknown key "x" under outputs`}},
		"unknown, escaped": {`{"a/b~c%d":1,` + minimal + `}`, []string{`unknown-key @a/b~c%d unknown key "a/b~c%d"`}},
		"missing":          {`{"version":1}`, []string{`missing-key @name key "name" is missing`, `missing-key @analysis key "analysis" is missing`, `missing-key @hardware key "hardware" is missing`, `missing-key @command key "command" is missing`}},
		"null once":        {`{` + minimal + `,"license":null,"title":null,"inputs":[null],"priority":null}`, []string{`wrong-type /inputs/0 inputs[0] has no value`, `wrong-type /license license has no value`, `wrong-type /priority priority has no value`, `wrong-type /title title has no value`}},
		"all null":         {`null`, []string{`wrong-type  the manifest has no value`}},
		"a list":           {`[]`, []string{`wrong-type  the manifest cannot be a list`}},
		"number for text":  {`{` + minimal + `,"title":9.1}`, []string{`wrong-type /title title must be a text, not 9.1 (wants quotes)`}},
		"bool for text":    {`{` + minimal + `,"env":{"A":true}}`, []string{`wrong-type /env/A env.A must be a text, not true (wants quotes)`}},
		"list for text":    {`{` + minimal + `,"title":[]}`, []string{`wrong-type /title title must be a text, not a list`}},
		// quotes would not make 8 a walltime, so no hint suggests them
		"walltime number":      {`{` + strings.Replace(minimal, `"coresPerSlot":1`, `"coresPerSlot":1,"walltime":8`, 1) + `}`, []string{`bad-walltime /hardware/walltime hardware.walltime cannot be 8`}},
		"fraction":             {`{` + strings.Replace(minimal, `"coresPerSlot":1`, `"coresPerSlot":1.5`, 1) + `}`, []string{`wrong-type /hardware/coresPerSlot hardware.coresPerSlot must be a whole number, not 1.5`}},
		"whole float":          {`{` + strings.Replace(minimal, `"coresPerSlot":1`, `"coresPerSlot":1e1`, 1) + `}`, nil},
		"too many":             {`{` + strings.Replace(minimal, `"coresPerSlot":1`, `"coresPerSlot":1e9`, 1) + `}`, []string{`bad-value /hardware/coresPerSlot hardware.coresPerSlot must be at most 1000000, not 1e9`}},
		"input number":         {`{` + minimal + `,"inputs":[5]}`, []string{`wrong-type /inputs/0 inputs[0] cannot be 5`}},
		"input without a form": {`{` + minimal + `,"inputs":[{}]}`, []string{`missing-key /inputs/0@path inputs[0] has none of the keys path, id and from`}},
		"input with both":      {`{` + minimal + `,"inputs":[{"path":"a","id":"b"}]}`, []string{`bad-choice /inputs/0@id inputs[0] has both path and id`}},
		"input, two mistakes":  {`{` + minimal + `,"inputs":[{"pth":"a","decompress":"no"}]}`, []string{`missing-key /inputs/0@path inputs[0] has none of the keys path, id and from`, `unknown-key /inputs/0@pth unknown key "pth" under inputs[0]`, `wrong-type /inputs/0/decompress inputs[0].decompress must be true or false, not "no"`}},
		"blank input":          {`{` + minimal + `,"inputs":[" ",{"path":""}]}`, []string{`bad-value /inputs/0 inputs[0] is blank`, `bad-value /inputs/1/path inputs[1].path is blank`}},
		"license word":         {`{` + minimal + `,"license":"mine"}`, []string{`bad-value /license license cannot be "mine"`}},
		"license number":       {`{` + minimal + `,"license":1}`, []string{`wrong-type /license license cannot be 1`}},
		"license empty":        {`{` + minimal + `,"license":{}}`, []string{`bad-value /license license is empty`}},
		"license all":          {`{` + minimal + `,"license":{"servers":{"A":"1@a"},"variables":{"B":"x"},"features":[{"name":"a","count":1}]}}`, nil},
		"license deep":         {`{` + minimal + `,"license":{"features":[{"name":"a","count":0,"x":1}]}}`, []string{`unknown-key /license/features/0@x unknown key "x" under license.features[0]`, `bad-value /license/features/0/count license.features[0].count must be at least 1, not 0`}},
		"license server name":  {`{` + minimal + `,"license":{"servers":{"A B":"1@a"}}}`, []string{`bad-env-name /license/servers@A B "A B" cannot be a name under license.servers`}},
		"env name":             {`{` + minimal + `,"env":{"A B":"x","C":"y"}}`, []string{`bad-env-name /env@A B "A B" cannot be a name under env`}},
		"equal tags":           {`{` + minimal + `,"tags":["a","a"]}`, nil},
		"empty features":       {`{` + minimal + `,"license":{"features":[]}}`, []string{`bad-value /license/features license.features is empty`}},
		"long text":            {`{` + minimal + `,"priority":"` + strings.Repeat("ä", 99) + `"}`, []string{`bad-value /priority priority cannot be "` + strings.Repeat("ä", 40) + `…"`}},
		"text of two lines":    {`{` + minimal + `,"title":"a\nb"}`, []string{`bad-value /title title cannot be "a…"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, v := range schema.Validate(decode(t, tc.text)) {
				got = append(got, summary(v))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHints(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, want string }{
		"missing key":        {`{` + strings.Replace(minimal, `"coreType":"e",`, "", 1) + `}`, "add a line such as coreType: emerald"},
		"list":               {`{` + minimal + `,"tags":"aero dynamics"}`, `write a list: tags: ["aero dynamics"]`},
		"mapping":            {`{` + minimal + `,"env":5}`, `write something like env: {OMP_NUM_THREADS: "1"}`},
		"quoted number":      {`{` + strings.Replace(minimal, `"coresPerSlot":1`, `"coresPerSlot":"18"`, 1) + `}`, "remove the quotes: 18"},
		"hexadecimal":        {`{` + strings.Replace(minimal, `"coresPerSlot":1`, `"coresPerSlot":"0x1F"`, 1) + `}`, "write it in plain digits: 31"},
		"octal or decimal":   {`{` + strings.Replace(minimal, `"coresPerSlot":1`, `"coresPerSlot":"0777"`, 1) + `}`, "write it in plain digits, such as 4"},
		"underscores":        {`{` + strings.Replace(minimal, `"coresPerSlot":1`, `"coresPerSlot":"1_000"`, 1) + `}`, "write it in plain digits: 1000"},
		"a price in words":   {`{` + minimal + `,"limits":{"maxCost":"100 USD"}}`, "write it in plain digits, such as 120"},
		"infinity":           {`{` + strings.Replace(minimal, `"coresPerSlot":1`, `"coresPerSlot":"Inf"`, 1) + `}`, "write it in plain digits, such as 4"},
		"yes":                {`{` + minimal + `,"inputs":[{"path":"a","decompress":"Yes"}]}`, "write true"},
		"neither yes nor no": {`{` + minimal + `,"inputs":[{"path":"a","decompress":"maybe"}]}`, "write true or false"},
		"enum":               {`{` + minimal + `,"priority":"x"}`, "write on-demand, economy or reserved"},
		"version":            {`{` + strings.Replace(minimal, `"version":1`, `"version":2`, 1) + `}`, "write version: 1, the only version of the manifest so far"},
		"forms of a license": {`{` + minimal + `,"license":"x"}`, "license is the word rescale, or a mapping with servers, features and variables, or with a seller"},
		"empty list item":    {`{` + minimal + `,"tags":[null]}`, "write a value, such as naca0012, or delete the dash"},
		"command list":       {`{` + strings.Replace(minimal, `"run"`, `["run"]`, 1) + `}`, "a command is one text; several lines go under command: | and are indented"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := schema.Validate(decode(t, tc.text))
			if len(got) != 1 || got[0].Hint != tc.want {
				t.Errorf("got %+v, want the hint %q", got, tc.want)
			}
		})
	}
}

func TestHomes(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"core_type", "core-type", "Core Type"} {
		got := schema.Validate(decode(t, `{`+minimal+`,"`+key+`":"emerald"}`))
		if len(got) != 1 || len(got[0].Elsewhere) != 1 || got[0].Elsewhere[0] != (schema.Home{Mapping: "hardware", Key: "coreType"}) {
			t.Errorf("homes of %q: %+v", key, got)
		}
	}
	got := schema.Validate(decode(t, `{`+minimal+`,"CORESPERSLOT":1,"exclude":[]}`))
	if len(got) != 2 {
		t.Fatalf("violations: %+v", got)
	}
	if diff := cmp.Diff([]schema.Home{{Mapping: "hardware", Key: "coresPerSlot"}}, got[0].Elsewhere); diff != "" {
		t.Errorf("homes of coresPerSlot (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]schema.Home{{Mapping: "inputs", Key: "exclude"}, {Mapping: "matrix", Key: "exclude"}, {Mapping: "outputs", Key: "exclude"}}, got[1].Elsewhere); diff != "" {
		t.Errorf("homes of exclude (-want +got):\n%s", diff)
	}
}

// FuzzValidate: any JSON value is checked without panic, each violation has
// words and leads to a place that exists, and none is given twice.
func FuzzValidate(f *testing.F) {
	f.Add([]byte(`{` + minimal + `}`))
	f.Add([]byte(`{"inputs":[{"path":1,"id":2,"":{}}],"license":{"servers":{"":""}},"env":{"":5,"a/b":null}}`))
	f.Add([]byte(`{"hardware":{"coresPerSlot":1e300,"slots":-0,"walltime":true},"tags":[[],{},1,null]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var value any
		dec := json.NewDecoder(strings.NewReader(string(text)))
		dec.UseNumber()
		if dec.Decode(&value) != nil || !moderate(value) {
			return
		}
		seen := make(map[string]bool)
		for _, v := range schema.Validate(value) {
			line := summary(v)
			if v.Message == "" || v.Kind == "" || seen[line] {
				t.Errorf("no words, or given twice: %s", line)
			}
			seen[line] = true
		}
	})
}

// moderate reports whether all numbers are within the range that Validate asks for.
func moderate(value any) bool {
	switch v := value.(type) {
	case json.Number:
		f, err := v.Float64()
		return err == nil && (f != 0 || len(v) < 10)
	case []any:
		return !slices.ContainsFunc(v, func(item any) bool { return !moderate(item) })
	case map[string]any:
		for _, member := range v {
			if !moderate(member) {
				return false
			}
		}
	}
	return true
}

func BenchmarkValidate(b *testing.B) {
	value := decode(b, `{`+minimal+`,"inputs":["a","b"],"env":{"A":"x"},"tags":["a"]}`)
	for b.Loop() {
		if got := schema.Validate(value); got != nil {
			b.Fatal(got)
		}
	}
}

func TestValidateLock(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"good":      {`{"formatVersion":1,"analyses":[{"code":"a","version":"1","since":"2026-11-01"}],"coreTypes":[{"code":"b","coresPerSlot":[1],"since":"2026-11-01"}]}`, nil},
		"no job":    {`{` + minimal + `}`, []string{`missing-key @formatVersion key "formatVersion" is missing`, `unknown-key @analysis unknown key "analysis"`, `unknown-key @command unknown key "command"`, `unknown-key @hardware unknown key "hardware"`, `unknown-key @name unknown key "name"`, `unknown-key @version unknown key "version"`}},
		"no sizes":  {`{"formatVersion":1,"coreTypes":[{"code":"b","coresPerSlot":[0],"since":"2026-11-01"}]}`, []string{`bad-value /coreTypes/0/coresPerSlot/0 coreTypes[0].coresPerSlot[0] must be at least 1, not 0`}},
		"no prices": {`{"formatVersion":1,"coreTypes":[{"code":"b","economyUSDPerCoreHour":"1","since":"2026-11-01"}]}`, []string{`wrong-type /coreTypes/0/economyUSDPerCoreHour coreTypes[0].economyUSDPerCoreHour must be a number, not "1"`}},
	} {
		var got []string
		for _, v := range schema.ValidateLock(decode(t, tc.text)) {
			got = append(got, summary(v))
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	var root struct{ Title string }
	if err := json.Unmarshal(schema.LockJSON(), &root); err != nil || root.Title != "rescale.lock.yaml" {
		t.Errorf("%v %q", err, root.Title)
	}
}
