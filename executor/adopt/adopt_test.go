package adopt_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/adopt"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// pair is a stored job and a manifest that say the same.
type pair struct {
	stored  rescale.Job
	job     resolver.Job
	records map[string]rescale.File
}

func (p *pair) tile() *rescale.Tile          { return &p.stored.Tiles[0] }
func (p *pair) wanted() *rescale.JobAnalysis { return &p.job.Request.JobAnalyses[0] }
func (p *pair) raw(body string)              { p.stored.Raw = json.RawMessage(body) }

func alike() *pair {
	no := false
	return &pair{
		stored: rescale.Job{
			ID: "Hand", Name: "by hand", Automations: []rescale.JobAutomation{},
			Raw: json.RawMessage(`{"id":"Hand","jobanalyses":[{"flags":{"igCv":true,"runForever":false},"hardware":{"type":"compute"},"templateTasks":[]}],"paramFile":null,"resourceFilters":[]}`),
			Tiles: []rescale.Tile{{
				AnalysisCode: "solver", VersionCode: "1", Command: "run\n", CoreType: "emerald", CoresPerSlot: 4, Slots: 1,
				EnvVars: map[string]string{
					"A": "1", "TOKEN": "hidden", "RESCALE_X": "theirs", "LM_LICENSE_FILE": "1@host", "ANSYSLI_SERVERS": "2325@a:2325@b",
				},
				InputFiles: []rescale.TileFile{
					{File: rescale.File{ID: "f2", Name: "mesh.dat", SHA512: "bb"}, Decompress: &no},
					{File: rescale.File{ID: "f1", Name: "deck.k", SHA512: "AA"}},
				},
				PreProcess:  rescale.Script{Known: true, File: rescale.File{ID: "s1", Name: "pre.sh", SHA512: "cc"}, Command: "sh pre.sh"},
				PostProcess: rescale.Script{Known: true},
			}},
		},
		job: resolver.Job{
			Name: "wing", Secrets: []string{"TOKEN"}, Tiles: []resolver.Tile{{Analysis: "solver"}},
			Parts: []resolver.Part{{Field: "env A", Value: "sha256:a"}},
			Inputs: []files.Input{
				{Name: "deck.k", Path: "/deck.k", SHA512: "aa", Decompress: true},
				{Name: "mesh.dat", ID: "f2"},
				{Name: "pre.sh", Path: "/pre.sh", SHA512: "cc", Decompress: true, Use: spec.Before},
			},
			Request: rescale.JobRequest{JobAnalyses: []rescale.JobAnalysis{{
				Analysis: rescale.AnalysisRef{Code: "solver", Version: "1"}, Command: "run", PreProcessScriptCommand: "sh pre.sh",
				Hardware: rescale.Hardware{CoreType: "emerald", CoresPerSlot: 4, Slots: 1, Walltime: 8},
				EnvVars:  map[string]string{"A": "1", "LM_LICENSE_FILE": "1@other"}, Extra: map[string]any{"flags": map[string]any{"igCv": true}},
			}}},
		},
	}
}

// swept makes both a sweep, by a table and a template of the same content.
func swept(p *pair) {
	p.raw(`{"paramFile":{"id":"q","name":"p.csv"},"jobanalyses":[{"flags":{"igCv":true},"templateTasks":[{"templateFile":{"id":"t"},"processedFilename":"U"}]}]}`)
	p.stored.Params = rescale.Params{Known: true, File: rescale.File{ID: "q", Name: "p.csv", SHA512: "ee"}}
	p.tile().Templates = []rescale.TileTemplate{{File: rescale.File{ID: "t", Name: "any", SHA512: "dd"}, To: "U"}}
	p.job.Inputs = append(p.job.Inputs,
		files.Input{Name: "p.csv", Path: "/p.csv", SHA512: "ee", Decompress: true, Use: spec.ForRuns},
		files.Input{Name: "U.tmpl", Path: "/U.tmpl", SHA512: "dd", Decompress: true, Use: spec.ForEach, To: "U"})
}

func TestCompare(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(p *pair)
		want   []string
	}{
		"the same":     {func(*pair) {}, nil},
		"a license":    {func(p *pair) { delete(p.tile().EnvVars, "LM_LICENSE_FILE") }, nil},
		"software":     {func(p *pair) { p.tile().AnalysisCode = "other" }, []string{"analysis is other in it, and solver here"}},
		"a version":    {func(p *pair) { p.tile().VersionCode = "" }, []string{"version is not in it"}},
		"hardware":     {func(p *pair) { p.tile().CoreType, p.tile().CoresPerSlot = "granite", 8 }, []string{"coreType is granite in it, and emerald here", "coresPerSlot is 8 in it, and 4 here"}},
		"slots":        {func(p *pair) { p.tile().Slots = 2 }, []string{"slots is 2 in it, and 1 here"}},
		"slots unsaid": {func(p *pair) { p.tile().Slots = 0 }, nil},
		"a command":    {func(p *pair) { p.tile().Command = "run -v" }, []string{"command differs"}},
		"no command":   {func(p *pair) { p.tile().Command, p.wanted().Command = " ", ":" }, nil},
		"a variable":   {func(p *pair) { p.tile().EnvVars["A"] = "2" }, []string{"env A differs"}},
		"none":         {func(p *pair) { delete(p.tile().EnvVars, "A") }, []string{"env A is not in it"}},
		"another":      {func(p *pair) { p.tile().EnvVars["MAIL"] = "a@b@c" }, []string{"env MAIL is only in it"}},
		"no secret":    {func(p *pair) { delete(p.tile().EnvVars, "TOKEN") }, []string{"secret TOKEN is not in it"}},
		"its value":    {func(p *pair) { p.tile().EnvVars["TOKEN"] = "other" }, nil},
		"an automation": {func(p *pair) {
			p.stored.Automations = []rescale.JobAutomation{{Automation: rescale.AutomationRef{ID: "u"}}}
		}, []string{"automation u is only in it"}},
		"another tile": {func(p *pair) {
			p.stored.Tiles = append(p.stored.Tiles, rescale.Tile{AnalysisCode: "post"})
		}, []string{"analyses[1].analysis is only in it"}},
		"a missing tile": {func(p *pair) { p.stored.Tiles = nil }, []string{"analysis is not in it", "secret TOKEN is not in it"}},
		"content": {
			func(p *pair) { p.tile().InputFiles[1].SHA512 = "ff" }, []string{"input deck.k differs"},
		},
		"no checksum": {
			func(p *pair) { p.tile().InputFiles[1].SHA512 = "" },
			[]string{"input deck.k: the platform has no checksum of file f1, so that nobody knows its content"},
		},
		"its record has it": {func(p *pair) {
			p.tile().InputFiles[1].SHA512, p.tile().InputFiles[1].Name = "", ""
			p.records = map[string]rescale.File{"f1": {ID: "f1", Name: "deck.k", SHA512: "aa"}}
		}, nil},
		"a name":            {func(p *pair) { p.tile().InputFiles[1].Name = "old.k" }, []string{"input deck.k is not in it", "input old.k is only in it"}},
		"another id":        {func(p *pair) { p.tile().InputFiles[0].ID = "f9" }, []string{"input mesh.dat is id:f9 in it, and id:f2 packed here"}},
		"it is unpacked":    {func(p *pair) { p.tile().InputFiles[0].Decompress = nil }, []string{"input mesh.dat is id:f2 unpacked in it, and id:f2 packed here"}},
		"a further input":   {func(p *pair) { p.tile().InputFiles = append(p.tile().InputFiles, p.tile().InputFiles[0]) }, []string{"input mesh.dat is only in it"}},
		"inputs untold":     {func(p *pair) { p.tile().InputFiles, p.job.Inputs = nil, p.job.Inputs[1:] }, []string{"input mesh.dat: the platform does not say which inputs it has"}},
		"no script":         {func(p *pair) { p.tile().PreProcess.File = rescale.File{} }, []string{"preProcess pre.sh is not in it"}},
		"a script untold":   {func(p *pair) { p.tile().PreProcess = rescale.Script{} }, []string{"preProcess pre.sh: the platform does not say which script it has"}},
		"another script":    {func(p *pair) { p.tile().PreProcess.File.SHA512 = "dd" }, []string{"preProcess pre.sh differs"}},
		"a script more":     {func(p *pair) { p.tile().PostProcess.File = rescale.File{ID: "s2", Name: "post.sh"} }, []string{"postProcess post.sh is only in it"}},
		"starting a script": {func(p *pair) { p.tile().PreProcess.Command = "bash pre.sh" }, []string{"preProcess.command differs"}},
		"flags": {func(p *pair) {
			p.raw(`{"jobanalyses":[{"flags":{"igCv":true,"runForever":true}}]}`)
		}, []string{`analyses[0].extra flags: it is {"igCv":true,"runForever":true} in it, and {"igCv":true} here`}},
		"no flags": {func(p *pair) { p.raw(`{"jobanalyses":[{"flags":{}}]}`) }, []string{"analyses[0].extra flags is not in it"}},
		"a desktop": {func(p *pair) {
			p.raw(`{"jobanalyses":[{"flags":{"igCv":true},"hardware":{"type":"interactive"}}]}`)
		}, []string{"analyses[0].extra hardware.type is only in it"}},
		"a sweep": {func(p *pair) {
			p.raw(`{"paramFile":{"id":"q"},"jobanalyses":[{"flags":{"igCv":true},"templateTasks":[{"templateFile":{"id":"t"},"processedFilename":"x"}]}]}`)
		}, []string{"extra paramFile is only in it", "analyses[0].extra templateTasks is only in it"}},
		"the same sweep": {func(p *pair) {
			p.job.Request.Extra = map[string]any{"paramFile": map[string]any{"id": "q"}, "resourceFilters": []any{}}
			p.raw(`{"paramFile":{"id":"q","name":"p.csv","typeId":3},"jobanalyses":[{"flags":{"igCv":true}}]}`)
		}, nil},
		"the platform's own filters": {func(p *pair) {
			p.raw(`{"resourceFilters":[{"include":true,"selector":"Input files"}],"jobanalyses":[{"flags":{"igCv":true}}]}`)
		}, nil},
		"a filter": {func(p *pair) {
			p.raw(`{"resourceFilters":[{"include":false,"selector":"*.tmp"}],"jobanalyses":[{"flags":{"igCv":true}}]}`)
		}, []string{"extra resourceFilters is only in it"}},
		"a sweep by files": {swept, nil},
		"another table": {func(p *pair) {
			swept(p)
			p.stored.Params.File.SHA512 = "ff"
		}, []string{"doe.params p.csv differs"}},
		"a template elsewhere": {func(p *pair) {
			swept(p)
			p.tile().Templates[0].To = "V"
		}, []string{"doe.templates U is not in it", "doe.templates V is only in it"}},
		"a template without a checksum": {func(p *pair) {
			swept(p)
			p.tile().Templates[0].File.SHA512 = ""
		}, []string{"doe.templates U: the platform has no checksum of file t, so that nobody knows its content"}},
		"a field that nobody knows": {func(p *pair) { p.job.Request.Extra = map[string]any{"colour": json.Number("1.0")} }, []string{"extra colour is not in it"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := alike()
			tc.change(p)
			var got []string
			for _, d := range adopt.Compare(p.stored, p.job, p.records) {
				got = append(got, d.Words())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestUnclear are the files whose records must be read.
func TestUnclear(t *testing.T) {
	t.Parallel()
	p := alike()
	p.tile().InputFiles = append(p.tile().InputFiles, rescale.TileFile{File: rescale.File{ID: "g"}}, rescale.TileFile{File: rescale.File{ID: "h", Name: "x"}}, rescale.TileFile{File: rescale.File{ID: "g"}})
	if got := adopt.Unclear(p.stored); !slices.Equal(got, []string{"g", "h"}) {
		t.Errorf("got %q", got)
	}
}

// TestNoSecretIsTold: neither values of variables nor their hashes leave a stored job.
func TestNoSecretIsTold(t *testing.T) {
	t.Parallel()
	p := alike()
	maps.Copy(p.tile().EnvVars, map[string]string{"A": "hunter2", "B": "hunter2"})
	for _, d := range adopt.Compare(p.stored, p.job, nil) {
		if d.Was != "sha256:" && d.Was != "" {
			t.Errorf("%s tells %q", d.Field, d.Was)
		}
	}
}
