package resolver_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// written resolves a manifest of which only the first line is given.
func written(t *testing.T, dir, text string) resolver.Job {
	t.Helper()
	jobs, problems := spec.Load([]diag.Source{{Name: "job.yaml", Dir: dir, Text: []byte("version: 1\n" + text)}})
	if len(problems) > 0 {
		t.Fatalf("%v", problems)
	}
	result, problems, err := resolver.Resolve(t.Context(), jobs, shop{price: 0.5}, files.Reading{})
	if err != nil || len(problems) > 0 {
		t.Fatalf("%v %v", problems, err)
	}
	return result.Jobs[0]
}

// scripts makes a folder with a script of each kind.
func scripts(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"pre.sh", "post.py", "other.sh", "deck"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const single = "name: wing\nanalysis: {code: solver, version: \"24.2\"}\nhardware: {coreType: big, coresPerSlot: 4}\ncommand: run\n"

// TestDigestOfRareFields is TestDigest for the fields that most jobs do without:
// adding one, or changing it, runs the job again only where that can change what
// comes out.
func TestDigestOfRareFields(t *testing.T) {
	t.Parallel()
	dir := scripts(t)
	digest := func(more string) string { return written(t, dir, single+more).Digest }
	for name, tc := range map[string]struct {
		add, change string
		runsAgain   bool
	}{
		"custom fields":   {"customFields: {A: b}\n", "customFields: {A: c}\n", false},
		"ssh":             {"ssh: {cidr: 10.0.0.0/8}\n", "ssh: {cidr: \"\", port: 2222}\n", false},
		"clusterId":       {"clusterId: AbC\n", "clusterId: DeF\n", false},
		"secrets":         {"secrets: [A]\n", "secrets: [B]\n", true},
		"automations":     {"automations: [AbC]\n", "automations: [DeF]\n", true},
		"automation env":  {"automations: [AbC]\n", "automations: [{id: AbC, env: {A: b}}]\n", true},
		"extra":           {"extra: {caseFile: {id: AbC}}\n", "extra: {caseFile: {id: DeF}}\n", true},
		"preProcess":      {"preProcess: pre.sh\n", "preProcess: other.sh\n", true},
		"its command":     {"preProcess: pre.sh\n", "preProcess: {script: pre.sh, command: bash pre.sh fine}\n", true},
		"postProcess":     {"postProcess: pre.sh\n", "postProcess: other.sh\n", true},
		"before or after": {"preProcess: pre.sh\n", "postProcess: pre.sh\n", true},
	} {
		added, changed := digest(tc.add), digest(tc.change)
		if (added != digest("")) != tc.runsAgain || (added != changed) != tc.runsAgain {
			t.Errorf("%s: added %v, changed %v, want %v", name, added != digest(""), added != changed, tc.runsAgain)
		}
	}
	for name, same := range map[string][2]string{
		"command as by default": {"preProcess: pre.sh\n", "preProcess: {script: pre.sh, command: bash pre.sh}\n"},
		"order of extra":        {"extra: {a: {b: 1, c: 2}, d: []}\n", "extra: {d: [], a: {c: 2, b: 1}}\n"},
		"order of secrets":      {"secrets: [A, B]\n", "secrets: [B, A]\n"},
	} {
		if digest(same[0]) != digest(same[1]) {
			t.Errorf("%s changes the digest", name)
		}
	}
}

// TestDigestOfWhatIsTaken counts under which names results of others are given, and
// leaves a job as it is that does without.
func TestDigestOfWhatIsTaken(t *testing.T) {
	t.Parallel()
	const mesh = "name: mesh\nanalysis: {code: solver}\nhardware: {coreType: big, coresPerSlot: 4}\ncommand: run\nmatrix: {a: [1, 2]}\n---\nversion: 1\n"
	taken := func(more string) []resolver.Part {
		t.Helper()
		jobs, problems := spec.Load([]diag.Source{{Name: "job.yaml", Text: []byte("version: 1\n" + mesh + single + "inputs: [{from: mesh, files: [" + more + "]\n")}})
		if len(problems) > 0 {
			t.Fatalf("%v", problems)
		}
		result, problems, err := resolver.Resolve(t.Context(), jobs, shop{price: 0.5}, files.Reading{})
		if err != nil || len(problems) > 0 {
			t.Fatalf("%v %v", problems, err)
		}
		parts := result.Jobs[2].Parts
		return parts[len(parts)-1:]
	}
	for more, want := range map[string]string{
		`"a-*"]}`:                         "a-*",
		`a], as: "a-${{ from.name }}"}`:   "a (as a-${{ from.name }})",
		`a], as: "b-${{from.name}}"}`:     "a (as b-${{ from.name }})",
		`"*"], into: "${{ from.name }}"}`: "* (into ${{ from.name }})",
	} {
		if diff := cmp.Diff([]resolver.Part{{Field: "input from mesh", Value: want}}, taken(more)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", more, diff)
		}
	}
}

// TestDigestOfAScript is about the content, which a name does not show.
func TestDigestOfAScript(t *testing.T) {
	t.Parallel()
	dir := scripts(t)
	before := written(t, dir, single+"preProcess: pre.sh\n").Digest
	if err := os.WriteFile(filepath.Join(dir, "pre.sh"), []byte("other"), 0o644); err != nil {
		t.Fatal(err)
	}
	if written(t, dir, single+"preProcess: pre.sh\n").Digest == before {
		t.Error("another script is the same job")
	}
}

const several = `name: wing
env: {A: all, B: all}
secrets: [TOKEN]
hardware: {coreType: big, coresPerSlot: 4, walltime: 90m}
analyses:
  - analysis: {code: solver, version: "24.2"}
    inputs: [deck]
    command: mesh
    preProcess: pre.sh
  - analysis: {code: solver, version: "24.1"}
    hardware: {coreType: big, coresPerSlot: 16, slots: 2, walltime: 3h}
    license: rescale
    env: {B: own, C: own}
    inputs: [other.sh]
    command: solve
    postProcess: {script: post.py, command: python3 post.py all}
    extra: {flags: {igCv: true}}
`

// TestSeveralAnalyses has what each of them takes of the job and has of its own, in
// the order of the manifest.
func TestSeveralAnalyses(t *testing.T) {
	t.Parallel()
	job := written(t, scripts(t), several)
	want := []rescale.JobAnalysis{
		{
			Analysis: rescale.AnalysisRef{Code: "solver", Version: "24.2"}, Command: "mesh",
			Hardware:                rescale.Hardware{CoreType: "big", CoresPerSlot: 4, Slots: 1, Walltime: 2},
			EnvVars:                 map[string]string{"A": "all", "B": "all"},
			PreProcessScriptCommand: "bash pre.sh",
		},
		{
			Analysis: rescale.AnalysisRef{Code: "solver", Version: "24.1"}, Command: "solve", UseRescaleLicense: true,
			Hardware:                 rescale.Hardware{CoreType: "big", CoresPerSlot: 16, Slots: 2, Walltime: 3},
			EnvVars:                  map[string]string{"A": "all", "B": "own", "C": "own"},
			PostProcessScriptCommand: "python3 post.py all",
			Extra:                    map[string]any{"flags": map[string]any{"igCv": true}},
		},
	}
	if diff := cmp.Diff(want, job.Request.JobAnalyses); diff != "" {
		t.Errorf("tiles (-want +got)\n%s", diff)
	}
	var uses []string
	for _, in := range job.Inputs {
		uses = append(uses, string(rune('0'+in.Tile))+" "+in.Name+" "+string(in.Use))
	}
	if diff := cmp.Diff([]string{"0 deck ", "0 pre.sh preProcess", "1 other.sh ", "1 post.py postProcess"}, uses); diff != "" {
		t.Errorf("inputs (-want +got)\n%s", diff)
	}
	estimate := resolver.Estimate{Bounded: true, CoreHours: 4*2 + 16*2*3, Rate: 0.5, Cost: (4*2 + 16*2*3) * 0.5}
	if diff := cmp.Diff(estimate, job.Estimate); diff != "" || job.Cores() != 32 {
		t.Errorf("%d cores, estimate (-want +got)\n%s", job.Cores(), diff)
	}
	if diff := cmp.Diff([]string{"walltime is sent as 2 h: the platform counts whole hours"}, job.Notes); diff != "" {
		t.Errorf("notes (-want +got)\n%s", diff)
	}
}

// TestListOfOneAnalysis is the same job as without a list: who needs a field of the
// analysis does not pay for another run.
func TestListOfOneAnalysis(t *testing.T) {
	t.Parallel()
	dir := scripts(t)
	alone := written(t, dir, single+"env: {A: b}\ninputs: [deck]\npreProcess: pre.sh\nsecrets: [T]\n")
	listed := written(t, dir, `name: wing
env: {A: b}
secrets: [T]
analyses: [{analysis: {code: solver, version: "24.2"}, hardware: {coreType: big, coresPerSlot: 4}, command: run, inputs: [deck], preProcess: pre.sh}]
`)
	if diff := cmp.Diff(alone.Parts, listed.Parts); diff != "" || alone.Digest != listed.Digest {
		t.Errorf("(-alone +listed)\n%s", diff)
	}
}

// TestDigestOfSeveralAnalyses changes one thing at a time in the second of them.
func TestDigestOfSeveralAnalyses(t *testing.T) {
	t.Parallel()
	dir := scripts(t)
	base := written(t, dir, several).Digest
	for change, runsAgain := range map[[2]string]bool{
		{"walltime: 3h", "walltime: 4h"}:                     false,
		{"license: rescale", "license: {servers: {L: 1@h}}"}: false,
		{"command: solve", "command: solve2"}:                true,
		{"B: own", "B: other"}:                               true,
		{"slots: 2", "slots: 3"}:                             true,
		{"[other.sh]", "[]"}:                                 true,
		{"post.py all", "post.py"}:                           true,
		{"igCv: true", "igCv: false"}:                        true,
		{"\"24.1\"", "\"24.2\""}:                             true,
	} {
		text := replaced(t, several, change)
		if got := written(t, dir, text).Digest != base; got != runsAgain {
			t.Errorf("%v: the digest changes: %v, want %v", change, got, runsAgain)
		}
	}
}

func replaced(t *testing.T, text string, change [2]string) string {
	t.Helper()
	out := strings.Replace(text, change[0], change[1], 1)
	if out == text {
		t.Fatalf("nothing to change: %q", change[0])
	}
	return out
}

// TestRequestOfRareFields is what the body has of them.
func TestRequestOfRareFields(t *testing.T) {
	t.Parallel()
	job := written(t, t.TempDir(), single+`ssh: {publicKey: ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAB, cidr: [10.0.0.0/8, 11.0.0.0/8], port: 2222}
clusterId: AbC
automations: [AbC, {id: DeF, env: {LEVEL: fine}}]
customFields: {Cost center: A-17, Level: 3}
secrets: [TOKEN]
tags: [a, b]
extra: {paramFile: {id: GhI}, monteCarloIterations: 5}
`)
	rule := "10.0.0.0/8,11.0.0.0/8"
	want := rescale.JobRequest{
		Name: "wing", BillingPriorityValue: "INSTANT", PublicKey: "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAB", SSHPort: 2222, CIDRRule: &rule, ClusterID: "AbC",
		Automations: []rescale.JobAutomation{
			{Automation: rescale.AutomationRef{ID: "AbC"}, Environment: map[string]string{}},
			{Automation: rescale.AutomationRef{ID: "DeF"}, Environment: map[string]string{"LEVEL": "fine"}},
		},
		Extra:       map[string]any{"paramFile": map[string]any{"id": "GhI"}, "monteCarloIterations": json.Number("5")},
		JobAnalyses: job.Request.JobAnalyses,
	}
	if diff := cmp.Diff(want, job.Request); diff != "" {
		t.Errorf("body (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"Cost center": "A-17", "Level": json.Number("3")}, job.Fields); diff != "" {
		t.Errorf("custom fields (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([][]string{{"a", "b"}, {"TOKEN"}}, [][]string{job.Tags, job.Secrets}); diff != "" {
		t.Errorf("tags and secrets (-want +got)\n%s", diff)
	}
}

// TestNetworksThatAreNotWritten are not sent: empty is another thing.
func TestNetworksThatAreNotWritten(t *testing.T) {
	t.Parallel()
	if rule := written(t, t.TempDir(), single+"ssh: {port: 22}\n").Request.CIDRRule; rule != nil {
		t.Errorf("sent as %q", *rule)
	}
	if rule := written(t, t.TempDir(), single+"ssh: {cidr: \"\"}\n").Request.CIDRRule; rule == nil || *rule != "" {
		t.Errorf("sent as %v", rule)
	}
}
