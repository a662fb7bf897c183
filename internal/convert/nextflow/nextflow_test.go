package nextflow_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/manifest"
	"github.com/rescale-apply/rescale-apply/internal/convert/nextflow"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// said is what a reader says of a text, a line each: errors, else warnings.
func said(t *testing.T, found convert.Found, err error) []string {
	t.Helper()
	var lines []string
	var list diag.List
	switch {
	case errors.As(err, &list):
		for _, d := range list {
			lines = append(lines, d.String())
		}
		return lines
	case err != nil:
		t.Fatalf("%v is no list of problems", err)
	}
	for _, w := range found.Warnings {
		lines = append(lines, w.Pos.String()+": "+w.Text)
	}
	return lines
}

const (
	analyses = `ext.jobAnalyses = [[analysisCode: 'abaqus', analysisVersion: '2023']]`
	sound    = "process {\nwithLabel: solver {\n" + analyses + "\nmachineType = 'emerald'\n}\n}\n"
	noScript = "n.config:2:1: the script of withLabel solver is not in this file; the command here fails at once"
	noDevice = "n.config:2:1: the plugin attaches the storage device that Nextflow runs on; which that is, no file says"
)

func TestWhatAConfigurationSays(t *testing.T) {
	t.Parallel()
	with := func(more string) string {
		return "process {\nwithLabel: solver {\n" + analyses + "\nmachineType = 'emerald'\n" + more + "\n}\n}\n"
	}
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"sound":                 {text: sound, want: []string{noScript, noDevice}},
		"quotes that stay open": {text: "process { a = 'b\n}", want: []string{"n.config:1:17: a text in quotes has no end [bad-value]"}},
		"three quotes that do":  {text: "process { a = '''b\n}", want: []string{"n.config:1:15: a text in quotes has no end [bad-value]"}},
		"a comment that does":   {text: "process {\n /* a\n}", want: []string{"n.config:2:2: a comment has no end [bad-value]"}},
		"a block that does":     {text: "env { }\nprocess {\n a = 1\n", want: []string{"n.config:2:1: the block process has no end [bad-value]"}},
		"a list that does":      {text: "process {\n a = [1,\n", want: []string{"n.config:2:6: a list has no end [bad-value]"}},
		"a brace too many":      {text: sound + "}", want: []string{"n.config:7:1: there is a } too many [bad-value]"}},
		"a bracket too many":    {text: "process { a = 1 ] }", want: []string{"n.config:1:17: ] closes nothing [bad-value]"}},
		"a map with a value":    {text: "process { a = [b: 1, 2] }", want: []string{"n.config:1:22: an entry of a map has no key [bad-value]"}},
		"a list with a key":     {text: "process { a = [1, b: 2] }", want: []string{"n.config:1:19: an entry of a map has no key [bad-value]"}},
		"no job":                {text: "process { cpus = 1 }", want: []string{"n.config:1:1: no process of the file sets ext.jobAnalyses [empty-file]"}},
		"what is unknown": {
			text: with("cpus = { task.attempt * 2 }\next.wallTime = hours\next.projectId = \"p${x}\"\nmachineType = params.type"),
			want: []string{
				noScript,
				noDevice,
				"n.config:5:8: { task.attempt * 2 } is not known before the run: hardware.coresPerSlot becomes ${{ vars.coresPerSlot }}",
				"n.config:6:16: hours is not known before the run: hardware.walltime becomes ${{ vars.hours }}",
				`n.config:7:17: "p${x}" is not known before the run: project becomes ${{ vars.project }}`,
				"n.config:8:15: params.type is not known before the run: hardware.coreType becomes ${{ vars.type }}",
			},
		},
		"closures without an equals sign": {
			text: with("cpus { cores }\nmachineType { params.type }"),
			want: []string{
				noScript,
				noDevice,
				"n.config:5:6: { cores } is not known before the run: hardware.coresPerSlot becomes ${{ vars.cores }}",
				"n.config:6:13: { params.type } is not known before the run: hardware.coreType becomes ${{ vars.type }}",
			},
		},
		"what params give": {
			text: "params.cores = 8\n" + with("cpus = params.cores"),
			want: []string{
				"n.config:3:1: the script of withLabel solver is not in this file; the command here fails at once",
				"n.config:3:1: the plugin attaches the storage device that Nextflow runs on; which that is, no file says",
				"n.config:6:8: params.cores is what the file gives; a --cores of the command line would win",
			},
		},
		"what must be known": {
			text: "process {\nwithLabel: a {\next.jobAnalyses = [[analysisCode: code, rescaleLicense: x()], 1]\next.billingPriorityValue = 'LOW'\ncpus = 0\next.wallTime = '1 h'\n}\nwithLabel: b { ext.jobAnalyses = 'x'\nmachineType = 1 } }",
			want: []string{
				"n.config:2:1: withLabel a has no machineType [missing-key]",
				"n.config:3:20: analysisVersion is missing [missing-key]",
				"n.config:3:35: analysisCode is not known before the run: code [bad-value]",
				"n.config:3:57: rescaleLicense is not known before the run: x() [bad-value]",
				"n.config:3:63: an entry of ext.jobAnalyses is no map [wrong-type]",
				"n.config:4:28: ext.billingPriorityValue is LOW [bad-value]",
				`n.config:5:8: cpus is "0" [wrong-type]`,
				`n.config:6:16: ext.wallTime is "1 h" [wrong-type]`,
				"n.config:8:34: ext.jobAnalyses is no list of maps [wrong-type]",
				"n.config:9:15: machineType is no text [wrong-type]",
			},
		},
		"licenses": {
			text: "process {\nmachineType = 'a'\nwithLabel: a {\next.jobAnalyses = [[analysisCode: 'a', analysisVersion: '1', rescaleLicense: true, onDemandLicenseSeller: [code: 'x']]]\n}\nwithLabel: b {\next.jobAnalyses = [[analysisCode: 'a', analysisVersion: '1', onDemandLicenseSeller: 'x', userDefinedLicenseSettings: [featureSets: [[features: [[name: 'f']]]]]]]\n}}",
			want: []string{
				"n.config:4:20: a license is Rescale's, a seller's, or your own with features [bad-choice]",
				"n.config:7:85: onDemandLicenseSeller has no code [bad-value]",
				"n.config:7:145: a license feature has a name and a count [bad-value]",
			},
		},
		"what is dropped": {
			text: "plugins { id 'nf' }\nincludeConfig 'more.config'\nworkDir = '/tmp'\nprofiles { here { process { cpus = 4 } } }\n" +
				"process {\nwithLabel: solver {\next.jobAnalyses = [[analysisCode: 'a', analysisVersion: '1', useRescaleLicense: true, colour: 'red']]\nmachineType = 'emerald'; memory = 2.GB; container 'x'\next.customFields = [a: x, b: 1]\n}\nwithName: other { cpus = 1 }\nwithName: local { executor = 'local'; ext.jobAnalyses = [[:]] }\n}\nenv { A = b; RESCALE_CLUSTER_TOKEN = 'k' }",
			want: []string{
				"n.config:1:1: plugins is left out: it is about Nextflow",
				"n.config:2:1: includeConfig is not followed",
				"n.config:3:1: workDir is left out: it is about Nextflow",
				"n.config:4:1: profiles is left out: it is about Nextflow",
				"n.config:6:1: the script of withLabel solver is not in this file; the command here fails at once",
				"n.config:6:1: the plugin attaches the storage device that Nextflow runs on; which that is, no file says",
				"n.config:7:81: useRescaleLicense is left out: the plugin reads rescaleLicense",
				"n.config:7:95: colour is left out: the plugin does not read it",
				"n.config:8:26: memory is left out: the plugin does not read it",
				"n.config:8:41: container is left out: the plugin does not read it",
				"n.config:9:24: custom field a is left out: its value is not known before the run",
				"n.config:11:1: withName other is left out: it has no ext.jobAnalyses",
				"n.config:12:19: withName local is left out: its executor is local",
				"n.config:14:7: variable A is left out: its value is not known before the run",
				"n.config:14:14: variable RESCALE_CLUSTER_TOKEN is left out: the platform sets its own",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := nextflow.Read("n.config", []byte(tc.text))
			if diff := cmp.Diff(tc.want, said(t, found, err)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestForms are other ways to say what the sample says.
func TestForms(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, want string }{
		"one process for all": {
			text: "process.executor = 'rescale-executor'\nprocess { ext = [jobAnalyses: [[analysisCode: 'abaqus', analysisVersion: '2023']], wallTime: 3]\n machineType 'emerald'\n cpus 4 }\n",
			want: "name: process\nanalysis: {code: abaqus, version: \"2023\"}\nhardware: {coreType: emerald, coresPerSlot: 4, walltime: 3h}\n" +
				"command: echo \"the script of process belongs here\" >&2; exit 1\nextra: {flags: {igCv: true}}\n",
		},
		"the first version of the plugin": {
			text: "process nastran {\n  ext.analysisCode=\"msc_nastran\"\n  ext.analysisVersion=\"2023.2\"\n  ext.rescaleLicense=true\n  machineType \"emerald\"\n  cpus 1\n\n  input:\n  path 'x'\n\n  script:\n  '''\n  cd \"$HOME\"\n    ls\n  '''\n}\nworkflow { nastran | view }\n",
			want: "name: nastran\nanalysis: {code: msc_nastran, version: \"2023.2\"}\nhardware: {coreType: emerald, coresPerSlot: 1}\nlicense: rescale\n" +
				"command: |-\n  cd \"$HOME\"\n  ls\nextra: {flags: {igCv: true}}\n",
		},
		"a script with references": {
			text: "include { x } from 'plugin/y'\nprocess hello {\n  " + analyses + "\n  machineType='emerald'\n  output:\n  stdout\n  script:\n  x = f()\n  \"\"\"\n  echo $x\n  \"\"\"\n}\n",
			want: "name: hello\nanalysis: {code: abaqus, version: \"2023\"}\nhardware: {coreType: emerald, coresPerSlot: 1}\n" +
				"command: echo \"the script of hello belongs here\" >&2; exit 1\nextra: {flags: {igCv: true}}\n",
		},
		"a script without a section": {
			text: "process hello {\n  " + analyses + "\n  machineType='emerald'\n\n  \"\"\"\n  sleep 60; echo \\$HOME\n  \"\"\"\n}\n",
			want: "name: hello\nanalysis: {code: abaqus, version: \"2023\"}\nhardware: {coreType: emerald, coresPerSlot: 1}\ncommand: sleep 60; echo $HOME\nextra: {flags: {igCv: true}}\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := nextflow.Read("n.config", []byte(tc.text))
			if err != nil {
				t.Fatal(err)
			}
			got := string(manifest.Write(found.Jobs, manifest.Place{}).YAML)
			if diff := cmp.Diff("version: 1\n"+tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestIs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		sound:                                   true,
		"process x {\n ext.analysisCode='a' }":  true,
		"process.executor = 'rescale-executor'": true,
		"process { cpus = 1 }":                  false,
		"#!/bin/sh\n#RESCALE_NAME=process {":    false,
		"jobAnalyses":                           false,
	} {
		if got := nextflow.Is([]byte(text)); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
