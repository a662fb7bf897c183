package executor_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/chain"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

const mesh = "\n---\nversion: 1\nname: mesh\ncommand: mesh\nanalysis: {code: user_included}\nhardware: {coreType: emerald, coresPerSlot: 2}\n"

// everything has every key that is in the digest.
const everything = `version: 1
name: wing
title: Wing
tags: [a]
analysis: {code: ls_dyna, version: "14.1.0"}
hardware: {coreType: emerald, coresPerSlot: 4, slots: 2, walltime: 1h}
license: {servers: {LSTC_LICENSE_SERVER: 31010@host}}
inputs:
  - deck.k
  - {path: tools.zip, decompress: false}
  - {path: case/**, pack: case.tar.gz}
  - {path: tmpl, template: true, as: filled}
  - {id: STORED}
  - {from: mesh, files: [process_output.log]}
vars: {n: 1}
env: {A: one, B: two}
secrets: [TOKEN]
command: |
  solve --in deck.k
  collect
preProcess: pre.sh
postProcess: {script: post.py, command: python3 post.py all}
automations: [{id: AbC, env: {LEVEL: fine}}, DeF]
doe: {params: p.csv, templates: [{path: U, to: case/0/U}, {path: V, to: V}]}
extra: {inputParsers: [5]}
` + mesh

// severalAnalyses has the same in two tiles.
const severalAnalyses = `version: 1
name: wing
vars: {n: 1}
env: {A: all, B: all}
secrets: [TOKEN]
hardware: {coreType: emerald, coresPerSlot: 4, walltime: 1h}
automations: [AbC]
analyses:
  - analysis: {code: user_included}
    inputs: [deck.k, {id: STORED}]
    command: mesh
    preProcess: pre.sh
  - analysis: {code: ls_dyna, version: "14.1.0"}
    hardware: {coreType: ferrite, coresPerSlot: 8, slots: 2, walltime: 1h}
    license: {servers: {LSTC_LICENSE_SERVER: 31010@host}}
    env: {B: own, C: own}
    inputs: [{path: tools.zip, decompress: false}, {from: mesh, files: [process_output.log]}]
    command: solve
    postProcess: {script: post.py, command: python3 post.py all}
    extra: {flags: {igCv: true}}
` + mesh

// site is a platform, and a folder with a manifest that was applied there.
type site struct {
	dir      string
	client   *rescale.Client
	manifest string // with the id of the file
	file     string // that is stored there
}

// TestABodyTellsWhatAJournalDoes applies a manifest, loses the journal, and changes one
// key at a time: the stored job gives the same changes as the journal would have. What
// it cannot tell is written beside the case.
func TestABodyTellsWhatAJournalDoes(t *testing.T) {
	t.Parallel()
	type edit struct {
		old, now string
		body     string // what the body tells, where that is not what the journal tells
	}
	for name, tc := range map[string]struct {
		manifest string
		edits    map[string]edit
	}{
		"one analysis": {everything, map[string]edit{
			"nothing":            {"", "", ""},
			"analysis":           {`ls_dyna, version: "14.1.0"`, `calculix, version: "2.21"`, ""},
			"version":            {"14.1.0", "13.1.1", ""},
			"core type":          {"emerald, coresPerSlot: 4", "granite, coresPerSlot: 4", ""},
			"cores":              {"coresPerSlot: 4", "coresPerSlot: 9", ""},
			"slots":              {"slots: 2", "slots: 3", ""},
			"walltime":           {"walltime: 1h", "walltime: 2h", ""},
			"title and tags":     {"title: Wing\ntags: [a]", "tags: [b]", ""},
			"license server":     {"31010@host", "31010@other", ""},
			"license added":      {"{LSTC_LICENSE_SERVER: 31010@host}", "{LSTC_LICENSE_SERVER: 31010@host, MORE: 1@host}", ""},
			"license removed":    {"license: {servers: {LSTC_LICENSE_SERVER: 31010@host}}", "license: rescale", ""},
			"command":            {"collect", "collect --all", ""},
			"variable":           {"A: one", "A: other", ""},
			"variable added":     {"A: one", "A: one, N: new", ""},
			"variable removed":   {"A: one, ", "", ""},
			"variable renamed":   {"A: one", "C: one", ""},
			"content":            {"deck.k\n", "{path: other.k, as: deck.k}\n", ""},
			"name":               {"- deck.k\n", "- {path: deck.k, as: renamed.k}\n", ""},
			"input removed":      {"  - deck.k\n", "", ""},
			"input added":        {"  - deck.k\n", "  - deck.k\n  - other.k\n", ""},
			"unpacked":           {", decompress: false", "", ""},
			"packed":             {"- deck.k", "- {path: deck.k, decompress: false}", ""},
			"archive":            {"{path: case/**,", "{path: case/**, exclude: [b],", ""},
			"template":           {"vars: {n: 1}", "vars: {n: 2}", ""},
			"stored file":        {"- {id: STORED}", "- {id: OTHER}", ""},
			"stored removed":     {"  - {id: STORED}\n", "", ""},
			"script":             {"preProcess: pre.sh", "preProcess: {script: other.sh, command: bash pre.sh}", ""},
			"script content":     {"script: post.py", "script: sub/post.py", ""},
			"script command":     {"post.py all", "post.py none", ""},
			"script removed":     {"preProcess: pre.sh\n", "", ""},
			"script elsewhere":   {"postProcess: {script: post.py, command: python3 post.py all}\n", "", ""},
			"secret added":       {"[TOKEN]", "[TOKEN, KEY]", ""},
			"automation":         {", DeF]", "]", ""},
			"automation added":   {", DeF]", ", DeF, GhI]", ""},
			"automation env":     {"LEVEL: fine", "LEVEL: coarse", ""},
			"from added":         {"  - {from: mesh, files: [process_output.log]}\n", "  - {from: mesh, files: [process_output.log]}\n  - {from: tool, files: [a]}\n", ""},
			"dependency added":   {"vars: {n: 1}", "vars: {n: 1}\ndependsOn: [tool]", ""},
			"dependency removed": {"  - {from: mesh, files: [process_output.log]}\n", "", ""},
			"several at once":    {"env: {A: one, B: two}\nsecrets: [TOKEN]\ncommand: |\n  solve", "env: {A: many}\nsecrets: [TOKEN]\ncommand: |\n  solved", ""},
			"secret removed":     {"secrets: [TOKEN]\n", "", "env TOKEN removed"},
			"results":            {"files: [process_output.log]", "files: ['*.log']", ""},
			"other job":          {"command: mesh", "command: mesh -v", ""},
			"extra":              {"inputParsers: [5]", "inputParsers: [6]", ""},
			"table":              {"params: p.csv", "params: q.csv", ""},
			"template of a run":  {"{path: U, to", "{path: V, to", ""},
			"template elsewhere": {"to: V}", "to: W}", ""},
			"template removed":   {", {path: V, to: V}", "", ""},
			"sweep removed":      {"doe: {params: p.csv, templates: [{path: U, to: case/0/U}, {path: V, to: V}]}\n", "", ""},
		}},
		"several analyses": {severalAnalyses, map[string]edit{
			"nothing":          {"", "", ""},
			"first command":    {"command: mesh\n    pre", "command: mesh -v\n    pre", ""},
			"second command":   {"command: solve", "command: solve -v", ""},
			"core type":        {"ferrite", "granite", ""},
			"version":          {"14.1.0", "13.1.1", ""},
			"variable of all":  {"A: all", "A: none", ""},
			"variable of one":  {"C: own", "C: other", ""},
			"own removed":      {"{B: own, C: own}", "{B: own}", ""},
			"license server":   {"31010@host", "31010@other", ""},
			"license removed":  {"license: {servers: {LSTC_LICENSE_SERVER: 31010@host}}", "license: rescale", ""},
			"input moved":      {"[deck.k, {id: STORED}]", "[{id: STORED}]", ""},
			"unpacked":         {", decompress: false", "", ""},
			"script":           {"preProcess: pre.sh", "preProcess: other.sh", ""},
			"script command":   {"post.py all", "post.py none", ""},
			"one of each less": {severalAnalyses[strings.Index(severalAnalyses, "  - analysis: {code: ls_dyna"):strings.Index(severalAnalyses, "\n---")], "", ""},
			"extra":            {"igCv: true", "igCv: false", ""},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := applied(t, tc.manifest, emulator.Switches{})
				journal, _ := s.resolve(t, s.manifest)
				stored := s.stored(t)
				for name, e := range tc.edits {
					old := strings.ReplaceAll(e.old, "STORED", s.file)
					text := strings.Replace(s.manifest, old, strings.ReplaceAll(e.now, "STORED", s.file), 1)
					if text == s.manifest && name != "nothing" {
						t.Fatalf("%s: nothing to change", name)
					}
					job, _ := s.resolve(t, text)
					want := told(tellable(journal.Parts), tellable(job.Parts))
					if e.body != "" {
						want = e.body
					}
					was, now := resolver.PartsOf(stored, job, chain.Names(upstream(stored)))
					if diff := cmp.Diff(want, told(was, now)); diff != "" {
						t.Errorf("%s (-want +got)\n%s", name, diff)
					}
					if name == "nothing" {
						s.equal(t, journal.Parts, was, now)
					}
				}
			})
		})
	}
}

// equal checks that all parts are there, in the words and the order of the journal, but
// for what no body shows.
func (s site) equal(t *testing.T, journal, was, now []resolver.Part) {
	t.Helper()
	known := slices.DeleteFunc(tellable(journal), func(p resolver.Part) bool { return p.Field == "upstream mesh" })
	for side, parts := range map[string][]resolver.Part{"stored": was, "wanted": now} {
		if diff := cmp.Diff(known, parts); diff != "" {
			t.Errorf("%s parts (-journal +body)\n%s", side, diff)
		}
	}
}

// TestABodyThatTellsLittle is about platforms that show less of a job: what they do
// not show looks like no change.
func TestABodyThatTellsLittle(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		switches emulator.Switches
		want     string // when the command and an input are changed
	}{
		"all":               {emulator.Switches{}, "command changed, input deck.k changed"},
		"no SHA-512":        {emulator.Switches{Checksums: emulator.OnlyMD5}, "command changed"},
		"short files":       {emulator.Switches{ShortInputs: true}, "command changed"},
		"no tags":           {emulator.Switches{HideTags: true}, "command changed, input deck.k changed"},
		"core type objects": {emulator.Switches{CoreTypeObjects: true}, "command changed, input deck.k changed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := applied(t, everything, tc.switches)
				stored := s.stored(t)
				edits := strings.NewReplacer("collect", "collect --all", "- deck.k", "- {path: other.k, as: deck.k}")
				for text, want := range map[string]string{s.manifest: "", edits.Replace(s.manifest): tc.want} {
					job, _ := s.resolve(t, text)
					was, now := resolver.PartsOf(stored, job, chain.Names(upstream(stored)))
					if diff := cmp.Diff(want, told(was, now)); diff != "" {
						t.Errorf("(-want +got)\n%s", diff)
					}
				}
			})
		})
	}
}

// tellable returns the parts of a journal that a body shows: not of extra, not which
// results of the mesh were taken, nor what that was made of.
func tellable(parts []resolver.Part) (list []resolver.Part) {
	for _, p := range parts {
		switch {
		case strings.Contains(p.Field, "extra "), p.Field == "input from mesh":
			continue
		case p.Field == "upstream mesh":
			p.Value = "sha256:any"
		}
		list = append(list, p)
	}
	return list
}

// told returns what differs between two lists of parts, in the words of a plan.
func told(was, now []resolver.Part) string {
	old := make(map[string]string)
	for _, p := range was {
		old[p.Field] = p.Value
	}
	var words []string
	for _, p := range now {
		switch before, there := old[p.Field]; {
		case !there:
			words = append(words, p.Field+" added")
		case before == p.Value:
		case strings.HasPrefix(p.Value, "sha") && strings.HasPrefix(before, "sha"):
			words = append(words, p.Field+" changed")
		default:
			words = append(words, p.Field+" "+before+" → "+p.Value)
		}
		delete(old, p.Field)
	}
	for _, p := range was {
		if _, left := old[p.Field]; left {
			words = append(words, p.Field+" removed")
		}
	}
	return strings.Join(words, ", ")
}

// applied makes a platform and brings a manifest to submitted there.
func applied(t *testing.T, manifest string, switches emulator.Switches) site {
	t.Helper()
	server, err := emulator.Open(emulator.Config{
		Dir: t.TempDir(), Shell: "true", Env: []string{"PATH=" + os.Getenv("PATH")}, Switches: switches,
		Accounts:    []emulator.Account{{Key: "k", Email: owner}},
		Automations: []emulator.Automation{{ID: "AbC"}, {ID: "DeF"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	s := site{dir: folder(t)}
	s.client, err = rescale.New(rescale.Config{BaseURL: "http://localhost", Key: rescale.NewSecret("k"), Transport: server.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	s.file = s.upload(t, "stored.k")
	s.manifest = strings.ReplaceAll(manifest, "STORED", s.file) + strings.ReplaceAll(mesh, "name: mesh", "name: tool")
	_, jobs := s.resolve(t, s.manifest)
	plan := planner.New(jobs, state.Snapshot{}, planner.Observation{Since: noon}, planner.Options{})
	run := executor.Executor{
		Platform: s.client, Journal: new(memory), Owner: owner, Secrets: map[string]rescale.Secret{"TOKEN": rescale.NewSecret("hush")},
	}
	report, err := run.Apply(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range report.Outcomes {
		if o.Err != nil || o.ID == "" {
			t.Fatalf("%s: %+v", o.Job, o)
		}
	}
	return s
}

func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"deck.k", "other.k", "tools.zip", "case/a", "case/b", "pre.sh", "other.sh", "post.py", "sub/post.py"} {
		write(t, filepath.Join(dir, name), name)
	}
	write(t, filepath.Join(dir, "tmpl"), "n is ${{ vars.n }}")
	for name, text := range map[string]string{"p.csv": "x\n1\n2\n", "q.csv": "x\n1\n3\n", "U": "${x}", "V": "x is ${x}"} {
		write(t, filepath.Join(dir, name), text)
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s site) upload(t *testing.T, name string) (id string) {
	t.Helper()
	file, err := s.client.Upload(t.Context(), rescale.Upload{
		Name: name, Size: int64(len(name)), Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(name)), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return file.ID
}

func (s site) resolve(t *testing.T, manifest string) (wing resolver.Job, all []resolver.Job) {
	t.Helper()
	if strings.Contains(manifest, "OTHER") {
		manifest = strings.ReplaceAll(manifest, "OTHER", s.upload(t, "stored.k"))
	}
	loader := spec.Loader{Open: func(_, name string) (diag.Source, error) {
		text, err := os.ReadFile(name)
		return diag.Source{Name: name, Text: text}, err
	}}
	jobs, problems := loader.Load([]diag.Source{{Name: "job.yaml", Dir: s.dir, Text: []byte(manifest)}})
	if len(problems) > 0 {
		t.Fatalf("%s\n%v", manifest, problems)
	}
	result, problems, err := resolver.Resolve(t.Context(), jobs, s.client, files.Reading{})
	if err != nil || len(problems) > 0 {
		t.Fatalf("%s\n%v %v", manifest, problems, err)
	}
	return result.Jobs[0], result.Jobs
}

// stored reads the job back, as one that has no journal does.
func (s site) stored(t *testing.T) rescale.Job {
	t.Helper()
	var id string
	_, err := s.client.Jobs(t.Context(), rescale.JobQuery{}, func(item rescale.JobItem) bool {
		if strings.HasPrefix(item.Name, "wing") || strings.HasPrefix(item.Name, "Wing") {
			id = item.ID
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	job, err := s.client.Job(context.WithoutCancel(t.Context()), id)
	if err != nil {
		t.Fatal(err)
	}
	return job
}

func upstream(job rescale.Job) string { return job.Tiles[0].EnvVars[once.UpstreamVariable] }
