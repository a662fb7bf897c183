package app_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/schema"
)

// change is a key of a manifest before and after: lines that take the place of those
// that every manifest has.
type change struct{ before, after string }

// sentChanges has every key that is sent as a field of the platform. A key that is not
// here fails the test: it could be in schema, docs and digest, and never be sent.
func sentChanges() map[string]change {
	one := func(more string) string { return "analyses: [{analysis: {code: ls_dyna}, command: run" + more + "}]" }
	doe := func(params, template, to string) string {
		return "doe: {params: " + params + ", templates: [{path: " + template + ", to: " + to + "}]}"
	}
	sets := func(all string) string { return "license: {featureSets: [" + all + "]}" }
	const public = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAA"
	return map[string]change{
		"name":                                   {"name: wing", "name: tail"},
		"namespace":                              {"namespace: a", "namespace: b"},
		"title":                                  {"title: A", "title: B"},
		"description":                            {"", "description: B"},
		"project":                                {"", "project: aero-2026"},
		"tags":                                   {"tags: [a]", "tags: [b]"},
		"customFields":                           {"", "customFields: {Team: b}"},
		"customFields.NAME":                      {"customFields: {Team: b}", "customFields: {Team: c}"},
		"analysis":                               {"analysis: {code: ls_dyna}", "analysis: {code: ansys_fluent}"},
		"analysis.code":                          {"analysis: {code: ls_dyna}", "analysis: {code: ansys_fluent}"},
		"analysis.version":                       {"analysis: {code: ls_dyna, version: '14.1.0'}", "analysis: {code: ls_dyna, version: '13.1.1'}"},
		"hardware":                               {"", "hardware: {coreType: granite, coresPerSlot: 4}"},
		"hardware.coreType":                      {"", "hardware: {coreType: granite, coresPerSlot: 4}"},
		"hardware.coresPerSlot":                  {"", "hardware: {coreType: ferrite, coresPerSlot: 16}"},
		"hardware.slots":                         {"", "hardware: {coreType: ferrite, coresPerSlot: 4, slots: 2}"},
		"hardware.walltime":                      {"", "hardware: {coreType: ferrite, coresPerSlot: 4, walltime: 2h}"},
		"priority":                               {"", "priority: economy"},
		"license":                                {"", "license: rescale"},
		"license.servers":                        {"", "license: {servers: {LM: 1@a}}"},
		"license.servers.NAME":                   {"license: {servers: {LM: 1@a}}", "license: {servers: {LM: 1@b}}"},
		"license.variables":                      {"", "license: {variables: {LM: a}}"},
		"license.variables.NAME":                 {"license: {variables: {LM: a}}", "license: {variables: {LM: b}}"},
		"license.seller":                         {"license: {seller: rescale}", "license: {seller: rescale-trial}"},
		"license.seller.code":                    {"license: {seller: {code: rescale}}", "license: {seller: {code: rescale-trial}}"},
		"license.seller.name":                    {"license: {seller: {code: rescale, name: A}}", "license: {seller: {code: rescale, name: B}}"},
		"license.featureSets":                    {"", sets("{features: [{name: a, count: 1}]}")},
		"license.featureSets[].name":             {sets("{name: A, features: [{name: a, count: 1}]}"), sets("{name: B, features: [{name: a, count: 1}]}")},
		"license.featureSets[].features":         {sets("{features: [{name: a, count: 1}]}"), sets("{features: [{name: a, count: 1}, {name: b, count: 1}]}")},
		"license.featureSets[].features[].name":  {sets("{features: [{name: a, count: 1}]}"), sets("{features: [{name: b, count: 1}]}")},
		"license.featureSets[].features[].count": {sets("{features: [{name: a, count: 1}]}"), sets("{features: [{name: a, count: 2}]}")},
		"license.features":                       {"", "license: {features: [{name: a, count: 1}]}"},
		"license.features[].name":                {"license: {features: [{name: a, count: 1}]}", "license: {features: [{name: b, count: 1}]}"},
		"license.features[].count":               {"license: {features: [{name: a, count: 1}]}", "license: {features: [{name: a, count: 2}]}"},
		"inputs":                                 {"", "inputs: [deck]"},
		"inputs[].path":                          {"inputs: [{path: deck, as: x}]", "inputs: [{path: other, as: x}]"},
		"inputs[].id":                            {"inputs: [{id: STORED}]", "inputs: [{id: OTHER}]"},
		"inputs[].from":                          {"inputs: [{from: mesh, files: [a]}]", "inputs: [{from: tool, files: [a]}]"},
		"inputs[].files":                         {"inputs: [{from: mesh, files: [a]}]", "inputs: [{from: mesh, files: [b]}]"},
		"inputs[].exclude":                       {"inputs: [{path: '*k*'}]", "inputs: [{path: '*k*', exclude: [deck]}]"},
		"inputs[].pack":                          {"inputs: [{path: deck, pack: a.zip}]", "inputs: [{path: deck, pack: b.zip}]"},
		"inputs[].as":                            {"inputs: [{path: deck, as: x}]", "inputs: [{path: deck, as: y}]"},
		"inputs[].into":                          {"inputs: [{from: mesh, files: [a], into: x}]", "inputs: [{from: mesh, files: [a], into: y}]"},
		"inputs[].template":                      {"vars: {a: 1}\ninputs: [{path: tmpl}]", "vars: {a: 1}\ninputs: [{path: tmpl, template: true}]"},
		"inputs[].decompress":                    {"inputs: [{path: deck}]", "inputs: [{path: deck, decompress: false}]"},
		"env":                                    {"", "env: {A: b}"},
		"env.NAME":                               {"env: {A: b}", "env: {A: c}"},
		"secrets":                                {"secrets: [TOKEN_A]", "secrets: [TOKEN_B]"},
		"command":                                {"command: run", "command: run -v"},
		"preProcess":                             {"", "preProcess: {script: deck, command: a}"},
		"preProcess.script":                      {"preProcess: {script: deck, command: bash x}", "preProcess: {script: other, command: bash y}"},
		"preProcess.command":                     {"preProcess: {script: deck, command: bash x}", "preProcess: {script: other, command: bash y}"},
		"postProcess":                            {"", "postProcess: {script: deck, command: a}"},
		"postProcess.script":                     {"postProcess: {script: deck, command: bash x}", "postProcess: {script: other, command: bash y}"},
		"postProcess.command":                    {"postProcess: {script: deck, command: bash x}", "postProcess: {script: other, command: bash y}"},
		"analyses":                               {one(""), "analyses: [{analysis: {code: ls_dyna}, command: run}, {analysis: {code: ls_dyna}, command: run}]"},
		"analyses[].analysis":                    {one(""), strings.Replace(one(""), "ls_dyna", "ansys_fluent", 1)},
		"analyses[].hardware":                    {one(""), one(", hardware: {coreType: granite, coresPerSlot: 4}")},
		"analyses[].inputs":                      {one(""), one(", inputs: [deck]")},
		"analyses[].env":                         {one(""), one(", env: {A: b}")},
		"analyses[].command":                     {one(""), strings.Replace(one(""), "run", "run -v", 1)},
		"analyses[].preProcess":                  {one(""), one(", preProcess: {script: deck, command: a}")},
		"analyses[].postProcess":                 {one(""), one(", postProcess: {script: deck, command: a}")},
		"analyses[].extra":                       {one(""), one(", extra: {flags: {igCv: true}}")},
		"automations":                            {"", "automations: [A]"},
		"automations[].id":                       {"automations: [{id: A}]", "automations: [{id: B}]"},
		"automations[].env":                      {"automations: [{id: A}]", "automations: [{id: A, env: {B: c}}]"},
		"automations[].env.NAME":                 {"automations: [{id: A, env: {B: c}}]", "automations: [{id: A, env: {B: d}}]"},
		"ssh":                                    {"", "ssh: {publicKey: " + public + "A, cidr: 10.0.0.0/8, port: 23}"},
		"ssh.publicKey":                          {"ssh: {publicKey: " + public + "A}", "ssh: {publicKey: " + public + "B}"},
		"ssh.publicKeyFile":                      {"ssh: {publicKeyFile: a.pub}", "ssh: {publicKeyFile: b.pub}"},
		"ssh.cidr":                               {"ssh: {cidr: 10.0.0.0/8}", "ssh: {cidr: ''}"},
		"ssh.port":                               {"ssh: {port: 22}", "ssh: {port: 23}"},
		"clusterId":                              {"", "clusterId: A"},
		"doe":                                    {"", doe("a.csv", "deck", "x")},
		"doe.params":                             {doe("a.csv", "deck", "x"), doe("b.csv", "deck", "x")},
		"doe.templates":                          {doe("a.csv", "deck", "x"), doe("a.csv", "deck", "x}, {path: other, to: y")},
		"doe.templates[].path":                   {doe("a.csv", "deck", "x"), doe("a.csv", "other", "x")},
		"doe.templates[].to":                     {doe("a.csv", "deck", "x"), doe("a.csv", "deck", "y")},
		"extra":                                  {"extra: {isTemplateDryRun: true}", "extra: {isTemplateDryRun: false}"},
	}
}

// TestEveryKeyIsSentAsTheSchemaSays changes one key at a time, and finds the change in
// every field of what the platform received that the schema names for the key.
func TestEveryKeyIsSentAsTheSchemaSays(t *testing.T) {
	t.Parallel()
	known := sentChanges()
	for _, e := range schema.Reference() {
		c, ok := known[e.Key]
		if !ok {
			if len(e.Platform) > 0 && e.Same == "" {
				t.Errorf("nobody says how a change of %s is seen by the platform", e.Key)
			}
			continue
		}
		delete(known, e.Key)
		t.Run(e.Key, func(t *testing.T) {
			before, after := received(t, c.before), received(t, c.after)
			for _, field := range e.Platform {
				if path := strings.Split(field, "."); cmp.Equal(within(before, path), within(after, path)) {
					t.Errorf("changing\n%s\nto\n%s\nleaves %s as it is: %v", c.before, c.after, field, within(before, path))
				}
			}
		})
	}
	for key := range known {
		t.Errorf("the schema has no key %s that is sent", key)
	}
}

// within gives what stands at a path, in all members of the lists on the way; * is all.
func within(value any, path []string) any {
	if len(path) == 0 || path[0] == "*" {
		return value
	}
	switch v := value.(type) {
	case map[string]any:
		return within(v[path[0]], path[1:])
	case []any:
		var all []any
		for _, item := range v {
			all = append(all, within(item, path))
		}
		return all
	}
	return nil
}

// markOfContent is the part of a marker that is not about the name of the job.
var markOfContent = regexp.MustCompile(`\.[0-9a-f]{10}\.\d+\.\d+\]$`)

// received applies a manifest, and gives the body that a platform of its own received,
// with contents instead of ids, tags, custom fields, and without what makes a run
// of one content recognisable.
func received(t *testing.T, lines string) map[string]any {
	t.Helper()
	p, dir := newPlatform(t), t.TempDir()
	writeSent(t, dir)
	args := []string{"-f", filepath.Join(dir, "job.yaml")}
	if !strings.Contains(lines, "from:") {
		args = append(args, "--no-wait")
	}
	manifest := filled(p.stored(t, lines))
	if err := os.WriteFile(filepath.Join(dir, "job.yaml"), []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	got := p.run(t, args...)
	jobs := p.server.Jobs()
	if len(jobs) == 0 || got.code == 3 {
		t.Fatalf("%s\nexit code %d\n%s%s", manifest, got.code, got.stdout, got.stderr)
	}
	last := jobs[len(jobs)-1]
	body := decode(t, last.Body)
	body["name"] = markOfContent.ReplaceAllString(body["name"].(string), "]")
	body["tags"] = fmt.Sprint(last.Tags)
	for _, tile := range body["jobanalyses"].([]any) {
		delete(tile.(map[string]any)["envVars"].(map[string]any), "RESCALE_APPLY_KEY")
		delete(tile.(map[string]any)["envVars"].(map[string]any), "RESCALE_APPLY_UPSTREAM")
	}
	for _, r := range p.server.Requests() {
		if r.Method == http.MethodPost && strings.HasSuffix(r.Path, "/custom-fields/") {
			body["customFields"] = string(r.Body)
		}
	}
	return p.contents(t, body).(map[string]any)
}

// writeSent writes the files that [sentChanges] names.
func writeSent(t *testing.T, dir string) {
	t.Helper()
	for name, text := range map[string]string{
		"deck": "deck", "kept": "kept", "other": "other", "tmpl": "${{ vars.a }}", "a.pub": "ssh-rsa AAAA\n", "b.pub": "ssh-rsa BBBB\n",
		"a.csv": "a\n1\n", "b.csv": "a\n2\n",
	} {
		write(t, dir, name, text)
	}
}

// filled completes a manifest, and adds the jobs that it builds on.
func filled(lines string) string {
	text := lines
	// Without a namespace of its own each would have that of its folder.
	for _, line := range []string{"version: 1", "name: wing", "namespace: sent", "command: run", "analysis: {code: ls_dyna}", "hardware: {coreType: ferrite, coresPerSlot: 4}"} {
		key, _, _ := strings.Cut(line, ":")
		instead := strings.HasPrefix(text, "analyses:") && (key == "command" || key == "analysis")
		if !instead && !strings.HasPrefix(text, key+":") && !strings.Contains(text, "\n"+key+":") {
			text += "\n" + line
		}
	}
	if strings.Contains(lines, "from:") {
		for _, name := range []string{"mesh", "tool"} {
			text = "version: 1\nname: " + name + "\nanalysis: {code: user_included}\nhardware: {coreType: ferrite, coresPerSlot: 4}\n" +
				"command: echo " + name + " >a; echo more >b\n---\n" + text
		}
	}
	return text
}

// stored puts the ids of two files of the platform into a manifest.
func (p *platform) stored(t *testing.T, lines string) string {
	t.Helper()
	for _, name := range []string{"STORED", "OTHER"} {
		if strings.Contains(lines, "id: "+name) {
			lines = strings.ReplaceAll(lines, "id: "+name, "id: "+p.upload(t, name))
		}
	}
	return lines
}

func (p *platform) client(t *testing.T) *rescale.Client {
	t.Helper()
	c, err := rescale.New(rescale.Config{BaseURL: p.url, Key: rescale.NewSecret(key)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// upload stores a file whose content is its name, and gives its id.
func (p *platform) upload(t *testing.T, name string) string {
	t.Helper()
	file, err := p.client(t).Upload(t.Context(), rescale.Upload{Name: name, Size: int64(len(name)), Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(name)), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return file.ID
}

// contents puts names and checksums in place of the ids of files, which every platform
// has of its own.
func (p *platform) contents(t *testing.T, value any) any {
	t.Helper()
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			v[name] = p.contents(t, member)
		}
		if id, is := v["id"].(string); is {
			if file, err := p.client(t).File(t.Context(), id); err == nil {
				v["id"] = file.Name + " " + file.SHA512
			}
		}
	case []any:
		for i, item := range v {
			v[i] = p.contents(t, item)
		}
	}
	return value
}
