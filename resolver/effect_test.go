package resolver_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/schema"
	"github.com/rescale-apply/rescale-apply/spec"
	"github.com/rescale-apply/rescale-apply/spec/places"
)

// change is one key of a manifest before and after: lines of the top level, which
// replace those that every manifest has.
type change struct{ before, after string }

// changes has every key of the schema. A key that is not here fails the test: whoever
// adds one decides what a change of it means.
func changes() map[string]change {
	all := rareChanges()
	maps.Copy(all, usualChanges())
	return all
}

// rareChanges has the keys that most jobs do without.
func rareChanges() map[string]change {
	one := func(more string) string {
		return "analyses: [{analysis: {code: solver, version: '1'}, command: run" + more + "}]"
	}
	doe := func(params, template, to string) string {
		return "doe: {params: " + params + ", templates: [{path: " + template + ", to: " + to + "}]}"
	}
	const key, timed = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAA", "hardware: {coreType: big, coresPerSlot: 4, walltime: 1h}"
	return map[string]change{
		"customFields":           {"", "customFields: {A: b}"},
		"customFields.NAME":      {"customFields: {A: b}", "customFields: {A: c}"},
		"secrets":                {"secrets: [A]", "secrets: [B]"},
		"preProcess":             {"", "preProcess: deck"},
		"preProcess.script":      {"preProcess: {script: deck, command: a}", "preProcess: {script: other, command: a}"},
		"preProcess.command":     {"preProcess: {script: deck, command: a}", "preProcess: {script: deck, command: b}"},
		"preProcess.id":          {"preProcess: {id: F, command: a}", "preProcess: {id: G, command: a}"},
		"postProcess.id":         {"postProcess: {id: F, command: a}", "postProcess: {id: G, command: a}"},
		"interactive":            {timed, timed + "\ninteractive: true"},
		"analyses[].interactive": {one(", " + timed), one(", interactive: true, " + timed)},
		"postProcess":            {"", "postProcess: deck"},
		"postProcess.script":     {"postProcess: {script: deck, command: a}", "postProcess: {script: other, command: a}"},
		"postProcess.command":    {"postProcess: {script: deck, command: a}", "postProcess: {script: deck, command: b}"},
		"automations":            {"", "automations: [A]"},
		"automations[].id":       {"automations: [{id: A}]", "automations: [{id: B}]"},
		"automations[].env":      {"automations: [{id: A}]", "automations: [{id: A, env: {B: c}}]"},
		"automations[].env.NAME": {"automations: [{id: A, env: {B: c}}]", "automations: [{id: A, env: {B: d}}]"},
		"ssh":                    {"", "ssh: {port: 22}"},
		"ssh.publicKey":          {"ssh: {publicKey: " + key + "A}", "ssh: {publicKey: " + key + "B}"},
		"ssh.publicKeyFile":      {"ssh: {publicKeyFile: a.pub}", "ssh: {publicKeyFile: b.pub}"},
		"ssh.cidr":               {"ssh: {cidr: 10.0.0.0/8}", "ssh: {cidr: ''}"},
		"ssh.port":               {"ssh: {port: 22}", "ssh: {port: 23}"},
		"adopt":                  {"", "adopt: QwErTy"},
		"clusterId":              {"", "clusterId: A"},
		"doe":                    {"", doe("a.csv", "deck", "x")},
		"doe.params":             {doe("a.csv", "deck", "x"), doe("b.csv", "deck", "x")},
		"doe.templates":          {doe("a.csv", "deck", "x"), doe("a.csv", "deck", "x}, {path: other, to: y")},
		"doe.templates[].path":   {doe("a.csv", "deck", "x"), doe("a.csv", "other", "x")},
		"doe.templates[].to":     {doe("a.csv", "deck", "x"), doe("a.csv", "deck", "y")},
		"extra":                  {"extra: {caseFile: {id: A}}", "extra: {caseFile: {id: B}}"},

		"analyses[].analysis":    {one(""), strings.Replace(one(""), "solver", "other", 1)},
		"analyses[].license":     {one(""), one(", license: rescale")},
		"analyses[].inputs":      {one(""), one(", inputs: [deck]")},
		"analyses[].env":         {one(""), one(", env: {A: b}")},
		"analyses[].command":     {one(""), strings.Replace(one(""), "run", "run -v", 1)},
		"analyses[].preProcess":  {one(""), one(", preProcess: deck")},
		"analyses[].postProcess": {one(""), one(", postProcess: deck")},
		"analyses[].extra":       {one(""), one(", extra: {flags: {igCv: true}}")},
	}
}

func usualChanges() map[string]change {
	const vars, points = "command: run ${{ vars.a }}", "command: run ${{ matrix.a }}"
	return map[string]change{
		"version":           {"version: 1", "version: 1.0"},
		"kind":              {"name: wing", "kind: defaults\ntags: []\n---\nname: wing"},
		"name":              {"name: wing", "name: tail"},
		"namespace":         {"namespace: a", "namespace: b"},
		"vars":              {"vars: {a: 1}\n" + vars, "vars: {a: 2}\n" + vars},
		"vars.NAME":         {"vars: {a: 1, b: 1}\n" + vars, "vars: {a: x, b: 1}\n" + vars},
		"title":             {"title: A", "title: B"},
		"description":       {"", "description: B"},
		"project":           {"", "project: aero"},
		"tags":              {"tags: [a]", "tags: [b]"},
		"storage":           {"", "storage: [StArT]"},
		"uploads":           {"", "uploads: {folder: a}"},
		"uploads.folder":    {"uploads: {folder: a}", "uploads: {folder: a/b}"},
		"uploads.tags":      {"uploads: {tags: [a]}", "uploads: {tags: [b]}"},
		"analysis":          {"", "analysis: {code: other}"},
		"analysis.code":     {"analysis: {code: solver, version: '1'}", "analysis: {code: other, version: '1'}"},
		"analysis.version":  {"analysis: {code: solver, version: '1'}", "analysis: {code: solver, version: '24.2'}"},
		"priority":          {"priority: on-demand", "priority: economy"},
		"env":               {"", "env: {A: b}"},
		"env.NAME":          {"env: {A: b}", "env: {A: c}"},
		"command":           {"command: run", "command: run -v"},
		"limits":            {"", "limits: {maxCost: 5}"},
		"limits.maxCost":    {"limits: {maxCost: 4}", "limits: {maxCost: 5}"},
		"limits.restarts":   {"limits: {restarts: 1}", "limits: {restarts: 2}"},
		"limits.maxRunning": {"limits: {maxRunning: 1}", "limits: {maxRunning: 2}"},
		"protected":         {"protected: false", "protected: true"},
		"rerun.onFailure":   {"rerun: {onFailure: never}", "rerun: {onFailure: always}"},
		"rerun.atMost":      {"rerun: {onFailure: always, atMost: 1}", "rerun: {onFailure: always, atMost: 2}"},
		"rerun.generation":  {"rerun: {generation: 1}", "rerun: {generation: 2}"},
		"outputs":           {"", "outputs: {download: [a]}"},
		"outputs.download":  {"outputs: {download: [a]}", "outputs: {download: [b]}"},
		"outputs.exclude":   {"outputs: {download: [a], exclude: [b]}", "outputs: {download: [a], exclude: [c]}"},
		"outputs.to":        {"outputs: {download: [a], to: b}", "outputs: {download: [a], to: c}"},
		"outputs.onFailure": {"outputs: {download: [a]}", "outputs: {download: [a], onFailure: true}"},

		"hardware.coreType":     {"hardware: {coreType: big, coresPerSlot: 4}", "hardware: {coreType: small, coresPerSlot: 4}"},
		"hardware.coresPerSlot": {"hardware: {coreType: big, coresPerSlot: 4}", "hardware: {coreType: big, coresPerSlot: 16}"},
		"hardware.slots":        {"hardware: {coreType: big, coresPerSlot: 4}", "hardware: {coreType: big, coresPerSlot: 4, slots: 2}"},
		"hardware.walltime":     {"hardware: {coreType: big, coresPerSlot: 4}", "hardware: {coreType: big, coresPerSlot: 4, walltime: 2h}"},

		"license":                {"", "license: rescale"},
		"license.servers":        {"", "license: {servers: {LM: 1@a}}"},
		"license.servers.NAME":   {"license: {servers: {LM: 1@a}}", "license: {servers: {LM: 1@b}}"},
		"license.variables":      {"", "license: {variables: {LM: a}}"},
		"license.variables.NAME": {"license: {variables: {LM: a}}", "license: {variables: {LM: b}}"},
		"license.seller":         {"license: {seller: a}", "license: {seller: b}"},
		"license.seller.code":    {"license: {seller: {code: a}}", "license: {seller: {code: b}}"},
		"license.seller.name":    {"license: {seller: {code: a}}", "license: {seller: {code: a, name: A}}"},

		"license.featureSets":                    {"", "license: {featureSets: [{features: [{name: a, count: 1}]}]}"},
		"license.featureSets[].name":             {"license: {featureSets: [{features: [{name: a, count: 1}]}]}", "license: {featureSets: [{name: A, features: [{name: a, count: 1}]}]}"},
		"license.featureSets[].features":         {"license: {featureSets: [{features: [{name: a, count: 1}]}]}", "license: {featureSets: [{features: [{name: a, count: 1}, {name: b, count: 1}]}]}"},
		"license.featureSets[].features[].name":  {"license: {featureSets: [{features: [{name: a, count: 1}]}]}", "license: {featureSets: [{features: [{name: b, count: 1}]}]}"},
		"license.featureSets[].features[].count": {"license: {featureSets: [{features: [{name: a, count: 1}]}]}", "license: {featureSets: [{features: [{name: a, count: 2}]}]}"},

		"license.features":         {"", "license: {features: [{name: a, count: 1}]}"},
		"license.features[].name":  {"license: {features: [{name: a, count: 1}]}", "license: {features: [{name: b, count: 1}]}"},
		"license.features[].count": {"license: {features: [{name: a, count: 1}]}", "license: {features: [{name: a, count: 2}]}"},

		"inputs":              {"", "inputs: [deck]"},
		"inputs[].path":       {"inputs: [{path: deck, as: x}]", "inputs: [{path: other, as: x}]"},
		"inputs[].id":         {"inputs: [{id: Ab}]", "inputs: [{id: Cd}]"},
		"inputs[].exclude":    {"inputs: [{path: '*k*'}]", "inputs: [{path: '*k*', exclude: [deck]}]"},
		"inputs[].pack":       {"inputs: [{path: deck, pack: a.zip}]", "inputs: [{path: deck, pack: b.zip}]"},
		"inputs[].as":         {"inputs: [{path: deck, as: x}]", "inputs: [{path: deck, as: y}]"},
		"inputs[].into":       {"inputs: [{from: mesh, files: [a], into: x}]", "inputs: [{from: mesh, files: [a], into: y}]"},
		"inputs[].template":   {"vars: {a: 1}\ninputs: [{path: tmpl}]\n" + vars, "vars: {a: 1}\ninputs: [{path: tmpl, template: true}]\n" + vars},
		"inputs[].from":       {"inputs: [{from: mesh, files: [a]}]", "inputs: [{from: tool, files: [a]}]"},
		"inputs[].files":      {"inputs: [{from: mesh, files: [b]}]", "inputs: [{from: mesh, files: [a]}]"},
		"dependsOn":           {"", "dependsOn: [mesh]"},
		"inputs[].decompress": {"inputs: [{path: deck}]", "inputs: [{path: deck, decompress: false}]"},

		"matrix":                 {"matrix: {a: [1]}\n" + points, "matrix: {a: [2]}\n" + points},
		"matrix.csv":             {"matrix: {csv: a.csv}\n" + points, "matrix: {csv: b.csv}\n" + points},
		"matrix.csv.path":        {"matrix: {csv: {path: a.csv}}\n" + points, "matrix: {csv: {path: b.csv}}\n" + points},
		"matrix.csv.types":       {"matrix: {csv: {path: a.csv}}\n" + points, "matrix: {csv: {path: a.csv, types: {a: text}}}\n" + points},
		"matrix.csv.types.NAME":  {"matrix: {csv: {path: a.csv, types: {a: number}}}\n" + points, "matrix: {csv: {path: a.csv, types: {a: text}}}\n" + points},
		"matrix.csv.columns":     {"matrix: {csv: {path: wide.csv, columns: [a]}}\n" + points, "matrix: {csv: {path: wide.csv, columns: [a, b], blank: {b: 1}}}\n" + points},
		"matrix.csv.name":        {"matrix: {csv: {path: wide.csv, blank: {b: 1}}}\n" + points, "matrix: {csv: {path: wide.csv, name: [a], blank: {b: 1}}}\n" + points},
		"matrix.csv.blank":       {"matrix: {csv: {path: wide.csv, name: [a], blank: {b: 1}}}\nenv: {B: \"${{ matrix.b }}\"}\n" + points, "matrix: {csv: {path: wide.csv, name: [a], blank: {b: 2}}}\nenv: {B: \"${{ matrix.b }}\"}\n" + points},
		"matrix.csv.blank.NAME":  {"matrix: {csv: {path: wide.csv, blank: {b: 1}}}\n" + points, "matrix: {csv: {path: wide.csv, blank: {b: 2}}}\n" + points},
		"matrix.NAME.folders":    {"matrix: {a: {folders: x}}\n" + points, "matrix: {a: {folders: y}}\n" + points},
		"matrix.NAME.files":      {"matrix: {a: {files: x}}\n" + points, "matrix: {a: {files: y}}\n" + points},
		"matrix.exclude":         {"matrix: {a: [1, 2]}\n" + points, "matrix: {a: [1, 2], exclude: [{a: 1}]}\n" + points},
		"matrix.exclude[].NAME":  {"matrix: {a: [1, 2], exclude: [{a: 2}]}\n" + points, "matrix: {a: [1, 2], exclude: [{a: 1}]}\n" + points},
		"matrix.include":         {"matrix: {a: [1]}\n" + points, "matrix: {a: [1], include: [{a: 0}]}\n" + points},
		"matrix.include[].NAME":  {"matrix: {a: [1], include: [{a: 0}]}\n" + points, "matrix: {a: [1], include: [{a: 3}]}\n" + points},
		"matrix.NAME":            {"matrix: {a: [1]}\n" + points, "matrix: {a: [2]}\n" + points},
		"matrix.NAME.from":       {"matrix: {a: {from: 0, to: 2, step: 1}}\n" + points, "matrix: {a: {from: 1, to: 2, step: 1}}\n" + points},
		"matrix.NAME.to":         {"matrix: {a: {from: 0, to: 2, step: 1}}\n" + points, "matrix: {a: {from: 0, to: 3, step: 1}}\n" + points},
		"matrix.NAME.step":       {"matrix: {a: {from: 0, to: 2, step: 1}}\n" + points, "matrix: {a: {from: 0, to: 2, step: 2}}\n" + points},
		"matrix.NAME.count":      {"matrix: {a: {from: 0, to: 2, count: 3}}\n" + points, "matrix: {a: {from: 0, to: 2, count: 2}}\n" + points},
		"success":                {"", "success: {files: [a]}"},
		"success.files":          {"success: {files: [a]}", "success: {files: [b]}"},
		"success.log":            {"success: {log: {contains: a}}", "success: {log: {contains: b}}"},
		"success.log.contains":   {"success: {log: {contains: a}}", "success: {log: {contains: b}}"},
		"success.log.lacks":      {"success: {log: {lacks: a}}", "success: {log: {lacks: b}}"},
		"success.log.file":       {"success: {log: {lacks: a}}", "success: {log: {lacks: a, file: b}}"},
		"success.log[].contains": {"success: {log: [{contains: a}]}", "success: {log: [{contains: b}]}"},
		"success.log[].lacks":    {"success: {log: [{lacks: a}]}", "success: {log: [{lacks: b}]}"},
		"success.log[].file":     {"success: {log: [{lacks: a}]}", "success: {log: [{lacks: a, file: b}]}"},
		"success.exitCode":       {"", "success: {exitCode: {file: a}}"},
		"success.exitCode.file":  {"success: {exitCode: {file: a}}", "success: {exitCode: {file: b}}"},
	}
}

// TestEveryKeyDoesToTheDigestWhatTheSchemaSays changes one key at a time.
func TestEveryKeyDoesToTheDigestWhatTheSchemaSays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"deck": "deck", "other": "other", "kept": "kept", "tmpl": "${{ vars.a }}", "a.csv": "a\n1\n1.50\n", "b.csv": "a\n3\n", "wide.csv": "a,b\n1,\n2,3\n",
		"a.pub": "ssh-rsa AAAA\n", "b.pub": "ssh-rsa BBBB\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	known := changes()
	for _, e := range schema.Reference() {
		c, ok := known[e.Key]
		if !ok {
			if e.Effect != "" {
				t.Errorf("nobody says what a change of %s is", e.Key)
			}
			continue
		}
		delete(known, e.Key)
		t.Run(e.Key, func(t *testing.T) {
			t.Parallel()
			before, after := outcome(t, dir, c.before), outcome(t, dir, c.after)
			switch got := effect(before, after); {
			case e.Effect == schema.Through && got == schema.Outside, e.Effect != schema.Through && got != e.Effect:
				t.Errorf("x-digest is %q, and changing\n%s\nto\n%s\nis %q", e.Effect, c.before, c.after, got)
			}
		})
	}
	for key := range known {
		t.Errorf("the schema has no key %s", key)
	}
}

// jobs are the digests and keys that a manifest comes to.
type jobs struct{ digests, keys string }

func effect(before, after jobs) schema.Effect {
	switch {
	case before.digests != after.digests:
		return schema.InDigest
	case before.keys != after.keys:
		return schema.InKey
	}
	return schema.Outside
}

func outcome(t *testing.T, dir, lines string) jobs {
	t.Helper()
	text := lines
	for _, line := range []string{
		"version: 1", "name: wing", "command: run", "analysis: {code: solver, version: '1'}", "hardware: {coreType: big, coresPerSlot: 4}",
	} {
		key, _, _ := strings.Cut(line, ":")
		if strings.HasPrefix(text, "analyses:") && (key == "command" || key == "analysis") {
			continue
		}
		if !strings.HasPrefix(text, key+":") && !strings.Contains(text, "\n"+key+":") {
			text += "\n" + line
		}
	}
	for _, other := range []string{"mesh", "tool"} { // jobs to build on
		text += "\n---\nversion: 1\nname: " + other + "\ncommand: run\nanalysis: {code: solver, version: '1'}\nhardware: {coreType: big, coresPerSlot: 4}\n"
	}
	loader := spec.Loader{Open: func(_, name string) (diag.Source, error) {
		table, err := os.ReadFile(name)
		return diag.Source{Name: name, Text: table}, err
	}, Find: func(q places.Query) ([]places.Place, error) {
		return []places.Place{{Path: q.Pattern, Begin: "."}}, nil
	}}
	specs, problems := loader.Load([]diag.Source{{Name: "job.yaml", Dir: dir, Text: []byte(text)}})
	if len(problems) > 0 {
		t.Fatalf("%s\n%v", text, problems)
	}
	result, problems, err := resolver.Resolve(t.Context(), specs, bazaar{}, files.Reading{})
	if err != nil || len(problems) > 0 {
		t.Fatalf("%s\n%v %v", text, problems, err)
	}
	var all jobs
	for _, job := range result.Jobs[:len(result.Jobs)-2] {
		all.digests += job.Digest + "\n"
		all.keys += fmt.Sprintln(job.Name, job.Rerun.Generation.V)
	}
	return all
}

// bazaar is a platform with two of everything.
type bazaar struct{ shop }

func (bazaar) Analyses(ctx context.Context) ([]rescale.Analysis, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	versions := []rescale.Version{{Version: "two", VersionCode: "24.2"}, {Version: "one", VersionCode: "1"}}
	return []rescale.Analysis{
		{Code: "solver", HasRescaleLicense: true, Versions: versions}, {Code: "other", HasRescaleLicense: true, Versions: versions},
	}, nil
}

func (bazaar) CoreTypes(ctx context.Context) ([]rescale.CoreType, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return []rescale.CoreType{
		{Code: "big", Cores: []int{4, 16}, Price: 1, Active: true}, {Code: "small", Cores: []int{4, 16}, Price: 1, Active: true},
	}, nil
}
