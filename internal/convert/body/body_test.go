package body_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/body"
	"github.com/rescale-apply/rescale-apply/internal/convert/manifest"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/golden"
)

// report is what a person sees of a conversion.
func report(file string, text []byte) string {
	found, err := body.Read(file, text)
	var b strings.Builder
	for _, w := range found.Warnings {
		fmt.Fprintf(&b, "warning: %s: %s (%s)\n", w.Pos, w.Text, w.Hint)
	}
	var list diag.List
	if errors.As(err, &list) {
		for _, d := range list {
			fmt.Fprintf(&b, "error: %s (%s)\n", d, d.Hint)
		}
		return b.String()
	}
	b.Write(manifest.Write(found.Jobs, manifest.Place{Source: "from " + file + ", " + found.From}).YAML)
	return b.String()
}

func TestSamples(t *testing.T) {
	t.Parallel()
	samples, err := filepath.Glob("testdata/*.json")
	if err != nil || len(samples) == 0 {
		t.Fatal("no samples", err)
	}
	for _, sample := range samples {
		t.Run(filepath.Base(sample), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(sample)
			if err != nil {
				t.Fatal(err)
			}
			golden.Equal(t, strings.TrimSuffix(sample, ".json")+".golden", report(filepath.Base(sample), text))
		})
	}
}

// tiny is a body around one analysis.
func tiny(analysis string) string {
	return `{"name":"nn","jobanalyses":[{"analysis":{"code":"c"},"command":"x","hardware":{"coreType":"e","coresPerSlot":1}` + analysis + `}]}`
}

func TestRead(t *testing.T) {
	t.Parallel()
	const head = "version: 1\n# from f, the body of a job\nname: nn\n"
	const tail = "analysis: {code: c}\nhardware: {coreType: e, coresPerSlot: 1}\n"
	for name, tc := range map[string]struct{ in, want string }{
		"no JSON":       {in: "{\n \"a\": tru}", want: "error: f:2:7: this is no JSON: invalid character '}' in literal true (expecting 'e') [json-syntax] ()\n"},
		"a key twice":   {in: `{"a":1,"a":2}`, want: "error: f:1:8: this is no JSON: the name is there already [json-syntax] ()\n"},
		"nothing":       {in: `[]`, want: "error: f:1:1: there is no job in the list [empty-file] ()\n"},
		"too short":     {in: `{"a":`, want: "error: f:1:6: this is no JSON: it ends too early [json-syntax] ()\n"},
		"a listed job":  {in: `{"id":"x","name":"n"}`, want: "warning: f:1:2: left out, as the platform fills it in: id ()\nerror: f:1:1: the job has no jobanalyses [missing-key] (a job that is listed lacks it; take the job by its id)\n"},
		"texts":         {in: tiny(`,"useRescaleLicense":"true","hardware2":null`), want: head + tail[:strings.Index(tail, "\n")+1] + "hardware: {coreType: e, coresPerSlot: 1}\nlicense: rescale\ncommand: x\n"},
		"unknown field": {in: tiny(`,"colour":"red"`), want: "warning: f:1:113: colour is left out: no such field of the analysis is known (where the platform reads it, write it below extra:)\n" + head + tail + "command: x\n"},
		"two licenses": {
			in:   tiny(`,"useRescaleLicense":true,"onDemandLicenseSeller":{"code":"rescale","name":"Rescale"}`),
			want: "error: f:1:162: the license is Rescale's and a seller's: useRescaleLicense and onDemandLicenseSeller [not-said] (keep one of the two)\n",
		},
		"settings as a text": {
			in:   tiny(`,"userDefinedLicenseSettings":"{\"featureSets\":[{\"name\":\"a\",\"features\":[{\"name\":\"f\",\"count\":\"2\"}]},{\"name\":\"b\",\"features\":[{\"name\":\"g\",\"count\":1}]}]}"`),
			want: head + tail + "license:\n  featureSets: [{name: a, features: [{name: f, count: 2}]}, {name: b, features: [{name: g, count: 1}]}]\ncommand: x\n",
		},
		"secrets and ours": {
			in:   tiny(`,"envVars":{"MY_API_KEY":"abc","RESCALE_X":"1","RESCALE_APPLY_KEY":"k","TOKENS":"4","LICENSE_TOKEN":"27000@a","NP":4,"B":true,"E":null}`),
			want: "warning: f:1:124: MY_API_KEY looks like a secret: its value is not written, only its name (export MY_API_KEY=… where rescale-apply runs)\nwarning: f:1:143: variable RESCALE_X is left out: the platform sets its own ()\n" + head + tail + "license: {servers: {LICENSE_TOKEN: \"27000@a\"}}\nenv: {TOKENS: \"4\", NP: \"4\", B: \"true\", E: \"\"}\nsecrets: [MY_API_KEY]\ncommand: x\n",
		},
		"marker": {
			in:   strings.Replace(tiny(""), `"nn"`, `"Wing 1 [ra:0123abcd.0123456789.1.2]"`, 1),
			want: "version: 1\n# from f, the body of a job\nname: wing-1\ntitle: Wing 1\n" + tail + "command: x\n",
		},
		"wrong kinds, in the order of the file": {
			in: tiny(`,"flags":["x"],"templateTasks":["y"],"userDefinedLicenseSettings":{"featureSets":["D",{"name":"A","features":{"name":"f"}}]}`),
			want: "error: f:1:121: flags must be an object [wrong-type] ()\n" +
				"error: f:1:144: a task of templateTasks must be an object [wrong-type] ()\n" +
				`error: f:1:194: a set of license features has a name and a list of features [wrong-type] ({"name": "…", "features": [{"name": "…", "count": 1}]})` + "\n" +
				`error: f:1:198: a set of license features has a name and a list of features [wrong-type] ({"name": "…", "features": [{"name": "…", "count": 1}]})` + "\n",
		},
		"automations": {
			in: strings.Replace(tiny(""), `{"name"`, `{"jobAutomations":[{"automation":{"id":"a"},"colour":"red"},{"automation":null},{"id":"b"}],"name"`, 1),
			want: "warning: f:1:45: colour is left out: no such field of the automation is known (where the platform reads it, write it below extra:)\n" +
				"warning: f:1:61: an automation is left out: it has no id ()\n" + head + tail + "command: x\nautomations: [a, b]\n",
		},
		"settings, unknown fields": {
			in:   tiny(`,"userDefinedLicenseSettings":{"note":"n","featureSets":[{"name":"a","features":[{"name":"f","count":1,"unit":"u"}]}]}`),
			want: "warning: f:1:143: note is left out: license settings have no such field ()\nwarning: f:1:215: unit is left out: license settings have no such field ()\n" + head + tail + "license: {featureSets: [{name: a, features: [{name: f, count: 1}]}]}\ncommand: x\n",
		},
		"scripts": {
			in:   tiny(`,"preProcessScript":{"id":"a","name":"pre.sh"},"preProcessScriptCommand":"sh pre.sh","postProcessScriptCommand":"ls"`),
			want: "warning: f:1:224: postProcessScriptCommand is left out: there is no script that it starts (run it in the command itself)\n" + head + tail + "command: x\npreProcess: {id: a, command: sh pre.sh}\n",
		},
		"empty command": {
			in:   strings.Replace(tiny(""), `"x"`, `" "`, 1),
			want: "warning: f:1:64: the command is empty: \":\" does nothing either, and the platform takes it ()\n" + head + tail + "command: \":\"\n",
		},
		"networks": {
			in:   strings.Replace(tiny(""), `{"name"`, `{"cidrRule":"203.0.113.0/24, 198.51.100.7/32","publicKey":"ssh-ed25519 AAAA","sshPort":22,"name"`, 1),
			want: "warning: f:1:47: publicKey is left out: the platform refuses keys of type ssh-ed25519 (make one that it takes: ssh-keygen -t ecdsa -b 521)\n" + head + tail + "command: x\nssh: {cidr: [\"203.0.113.0/24\", \"198.51.100.7/32\"]}\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := report("f", []byte(tc.in))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("differs (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzRead: no text makes it panic, and what it reads is written the same twice.
func FuzzRead(f *testing.F) {
	samples, _ := filepath.Glob("testdata/*.json")
	for _, sample := range samples {
		if text, err := os.ReadFile(sample); err == nil {
			f.Add(text)
		}
	}
	f.Add([]byte(tiny(`,"envVars":{"a":"\u0000"}`)))
	f.Fuzz(func(t *testing.T, text []byte) {
		first, second := report("f", text), report("f", text)
		if first != second {
			t.Errorf("converted twice: %s\n%s", first, second)
		}
	})
}

var _ convert.Reader = body.Read
