package spec_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
	"github.com/rescale-apply/rescale-apply/spec"
	"github.com/rescale-apply/rescale-apply/spec/expr"
)

// written is a value with a place as line:col+width.
func written[T any](v T, line, col, width int) spec.Value[T] {
	return spec.Value[T]{V: v, Pos: at(line, col, width)}
}

func at(line, col, width int) diag.Position {
	return diag.Position{File: "full.yaml", Line: line, Col: col, Width: width}
}

// TestLoadFull pins every field and every place of the manifest that has all keys.
func TestLoadFull(t *testing.T) {
	t.Parallel()
	jobs, list := spec.Load(sources(t, corpus+"/ok/full.yaml"))
	if len(list) != 0 || len(jobs) != 1 {
		t.Fatalf("%d jobs, problems: %v", len(jobs), list)
	}
	want := spec.Job{
		Pos: at(3, 7, 13), File: "full.yaml", Dir: filepath.Join(corpus, "ok"),
		Family:      "airfoil-aoa-4",
		Name:        written("airfoil-aoa-4", 3, 7, 13),
		Namespace:   written("aero/polars", 41, 12, 11),
		Title:       written("NACA0012 at 4 degrees", 4, 8, 23),
		Description: written("Polar of the NACA0012 airfoil, one point", 5, 14, 40),
		Project:     written("aero-2026", 6, 10, 9),
		Tags:        []spec.Value[string]{written("naca0012", 7, 8, 8), written("aero", 7, 18, 4)},
		Tiles: []spec.Tile{{
			Analysis: spec.Analysis{
				Pos: at(9, 3, 4), Code: written("openfoam_plus", 9, 9, 13), Version: written("v2312", 10, 12, 7),
			},
			Hardware: spec.Hardware{
				Pos: at(12, 3, 8), CoreType: written("emerald", 12, 13, 7), CoresPerSlot: written(18, 13, 17, 2),
				Slots: written(1, 14, 10, 1), Walltime: written(36*time.Hour+30*time.Minute, 15, 13, 8),
			},
			License: spec.License{
				Pos: at(18, 3, 7),
				Servers: []spec.Variable{
					{Name: written("LM_LICENSE_FILE", 19, 5, 15), Value: written("27000@license.example.com", 19, 22, 25)},
					{Name: written("ANSYSLI_SERVERS", 20, 5, 15), Value: written("2325@a.example.com:2325@b.example.com", 20, 22, 37)},
				},
			},
			Env: []spec.Variable{
				{Name: written("OMP_NUM_THREADS", 29, 3, 15), Value: written("18", 29, 20, 4)},
				{Name: written("EMPTY", 30, 3, 5), Value: written("", 30, 10, 2)},
			},
			Command: written("set -e\ncd case\n./Allrun --aoa 4\n", 31, 10, 1),
		}},
		Priority: written(spec.Economy, 16, 11, 7),
		Inputs: []spec.Input{
			{Pos: at(22, 5, 9), Path: written("input.zip", 22, 5, 9), Decompress: spec.Value[bool]{V: true}},
			{
				Pos: at(23, 5, 4), Path: written("case/**", 23, 11, 7), Decompress: spec.Value[bool]{V: true},
				Exclude: []spec.Value[string]{written("*.log", 24, 15, 7), written("tmp/**", 24, 24, 8)},
			},
			{Pos: at(25, 5, 1), Path: written("decks/deck-4.k", 25, 12, 14), As: written("deck.k", 25, 32, 6), Template: written(true, 25, 50, 4), Decompress: spec.Value[bool]{V: true}},
			{Pos: at(26, 5, 1), Path: written("tools.zip", 26, 12, 9), Decompress: written(false, 26, 35, 5)},
			{Pos: at(27, 5, 1), ID: written("AbCdEf", 27, 10, 6), Decompress: spec.Value[bool]{V: true}},
		},
		Outputs: spec.Outputs{
			Pos:       at(36, 3, 8),
			Download:  []spec.Value[string]{written("*.csv", 36, 14, 7), written("post/**", 36, 23, 9)},
			Exclude:   []spec.Value[string]{written("tmp/**", 37, 13, 8)},
			To:        written("results/airfoil", 38, 7, 15),
			OnFailure: written(true, 39, 14, 4),
		},
		Values: expr.Scope{"vars": {}, "job": {"name": {V: "airfoil-aoa-4"}}},
		Rerun:  spec.Rerun{OnFailure: written(spec.Always, 40, 20, 6), Generation: written(3, 40, 40, 1), AtMost: written(2, 40, 51, 1)},
	}
	if diff := cmp.Diff(want, jobs[0]); diff != "" {
		t.Errorf("job (-want +got):\n%s", diff)
	}
}

func TestLoadDefaults(t *testing.T) {
	t.Parallel()
	jobs, list := spec.Load(sources(t, corpus+"/ok/minimal.yaml"))
	if len(list) != 0 || len(jobs) != 1 {
		t.Fatalf("%d jobs, problems: %v", len(jobs), list)
	}
	job := jobs[0]
	if job.Title != (spec.Value[string]{V: "hello"}) {
		t.Errorf("title: %+v", job.Title)
	}
	if job.Tiles[0].Hardware.Slots != (spec.Value[int]{V: 1}) || job.Tiles[0].Hardware.Walltime.Written() {
		t.Errorf("hardware: %+v", job.Tiles[0].Hardware)
	}
	if job.Priority != (spec.Value[spec.Priority]{V: spec.OnDemand}) {
		t.Errorf("priority: %+v", job.Priority)
	}
	if job.Rerun != (spec.Rerun{OnFailure: spec.Value[spec.OnFailure]{V: spec.Never}, Generation: spec.Value[int]{V: 1}}) {
		t.Errorf("rerun: %+v", job.Rerun)
	}
	if !job.Tiles[0].License.Pos.IsZero() || job.Outputs.To.Written() || job.Tiles[0].Analysis.Version.Written() {
		t.Errorf("license, outputs, analysis: %+v %+v %+v", job.Tiles[0].License, job.Outputs, job.Tiles[0].Analysis)
	}
}

func TestLoadLicenses(t *testing.T) {
	t.Parallel()
	jobs, list := spec.Load(sources(t, corpus+"/ok/licenses.yaml"))
	if len(list) != 0 {
		t.Fatal(list)
	}
	type source struct {
		Rescale                      bool
		Seller                       string
		Servers, Variables, Features int
	}
	var got []source
	for _, job := range jobs {
		l := job.Tiles[0].License
		got = append(got, source{l.Rescale, l.Seller.V, len(l.Servers), len(l.Variables), len(l.Features)})
	}
	want := []source{{Rescale: true}, {Seller: "rescale"}, {Servers: 1}, {Features: 2}, {Servers: 1, Variables: 3, Features: 1}, {Variables: 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
	features := jobs[3].Tiles[0].License.Features
	if len(features) != 2 || features[0].Name != "ansys_hpc" || features[0].Count != 8 || features[1].Count != 1 {
		t.Errorf("features: %+v", features)
	}
}

// Anchors, merge keys and odd spellings of numbers arrive as what they mean.
func TestLoadMeaning(t *testing.T) {
	t.Parallel()
	read := func(name string) []spec.Job {
		jobs, list := spec.Load(sources(t, corpus+"/ok/"+name+".yaml"))
		if len(list) != 0 {
			t.Fatal(list)
		}
		return jobs
	}
	if hw := read("merge")[1].Tiles[0].Hardware; hw.CoreType.V != "emerald" || hw.Walltime.V != 8*time.Hour || hw.CoresPerSlot.V != 36 {
		t.Errorf("merged hardware: %+v", hw)
	}
	if hw := read("json")[0].Tiles[0].Hardware; hw.CoresPerSlot.V != 10 || hw.Slots.V != 1 {
		t.Errorf("numbers of JSON: %+v", hw)
	}
	env := make(map[string]string)
	for _, v := range read("quoted")[0].Tiles[0].Env {
		env[v.Name.V] = v.Value.V
	}
	want := map[string]string{"ON": "on", "YES": "yes", "DATE": "2024-01-01", "OCTAL": "0777", "HEX": "0x1F", "TILDE": "~", "NUMBER": "007"}
	if diff := cmp.Diff(want, env); diff != "" {
		t.Errorf("texts that other programs take for numbers (-want +got):\n%s", diff)
	}
	if command := read("crlf")[0].Tiles[0].Command.V; command != "cd neon\nls-dyna -n 4 -i neon.refined.rev01.k\n" {
		t.Errorf("a command from a CR LF file would not run: %q", command)
	}
	names := []string{}
	for _, job := range read("documents") {
		names = append(names, job.Name.V)
	}
	if diff := cmp.Diff([]string{"mesh", "solve", "post"}, names); diff != "" {
		t.Errorf("order of documents (-want +got):\n%s", diff)
	}
}

func TestWalltime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"1m": time.Minute, "90m": 90 * time.Minute, "8h": 8 * time.Hour, "1d": 24 * time.Hour, "1d12h": 36 * time.Hour,
		"1h30m": 90 * time.Minute, "1d1h1m": 25*time.Hour + time.Minute, "365d": 365 * 24 * time.Hour, "08h": 8 * time.Hour,
		"0d8h": 8 * time.Hour, "1d5m": 24*time.Hour + 5*time.Minute,
	} {
		src := diag.Source{Name: "f", Text: []byte(strings.Replace(job("a"), "coresPerSlot: 1", "coresPerSlot: 1, walltime: "+text, 1))}
		jobs, list := spec.Load([]diag.Source{src})
		if len(list) != 0 {
			t.Errorf("%s: %v", text, list)
		} else if got := jobs[0].Tiles[0].Hardware.Walltime.V; got != want {
			t.Errorf("%s = %v, want %v", text, got, want)
		}
	}
}

// job is a minimal manifest.
func job(name string) string {
	return "version: 1\nname: " + name + "\nanalysis: {code: x}\nhardware: {coreType: e, coresPerSlot: 1}\ncommand: run\n"
}

// Sources keep their order, whichever has its problem first.
func TestLoadSeveralSources(t *testing.T) {
	t.Parallel()
	src := []diag.Source{
		{Name: "b.yaml", Text: []byte(job("x") + "---\n" + job("y"))},
		{Name: "-", Text: []byte(strings.Replace(job("z"), "command", "comand", 1))},
		{Name: "a.yaml", Text: []byte(job("x") + "---\nname: [\n")},
		{Name: "empty.yaml"},
		{Name: "b.yaml", Text: []byte(job("x") + "---\n" + job("y"))},
	}
	jobs, list := spec.Load(src)
	if jobs != nil {
		t.Errorf("%d jobs in spite of problems", len(jobs))
	}
	var got []string
	for _, d := range list {
		got = append(got, d.String())
	}
	want := []string{
		`<stdin>:5:1: unknown key "comand" [unknown-key]`,
		`a.yaml:2:7: job name "x" is already used at b.yaml:2:7 [duplicate-name]`,
		`a.yaml:7:7: [ is not closed [yaml-syntax]`,
		`empty.yaml:1:1: the text holds no job [empty-file]`,
		`b.yaml:2:7: b.yaml is given twice [duplicate-name]`,
		`b.yaml:8:7: b.yaml is given twice [duplicate-name]`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if jobs, list := spec.Load(nil); jobs != nil || list != nil {
		t.Errorf("no source: %v, %v", jobs, list)
	}
}

// The same file twice is that one mistake: its job is no two points of a matrix.
func TestSameFileTwiceIsOneProblem(t *testing.T) {
	t.Parallel()
	src := diag.Source{Name: "a.yaml", Text: []byte(job("x") + "outputs: {download: [\"*.csv\"], to: results}\n")}
	_, list := spec.Load([]diag.Source{src, src})
	if len(list) != 1 || list[0].Rule != diag.DuplicateName || list[0].Hint != "give every file once" {
		t.Errorf("problems: %v", list)
	}
}

func TestLoadTooLarge(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"10 MB":  strings.Repeat("# x\n", 10<<18),
		"values": job("a") + "tags: [" + strings.Repeat("x,", yamlsrc.MaxValues) + "]\n",
	} {
		_, list := spec.Load([]diag.Source{{Name: "f", Text: []byte(text)}})
		if len(list) != 1 || list[0].Rule != diag.TooLarge || list[0].Hint == "" {
			t.Errorf("%s: %v", name, list)
		}
	}
}

// A text with very many mistakes is still answered: what takes the square of their
// number does not end within the time of all tests.
func TestLoadManyMistakes(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("name: x\n")
	for i := range 30_000 {
		fmt.Fprintf(&text, "hardwares%d: 1\n", i)
	}
	_, list := spec.Load([]diag.Source{{Name: "f", Text: []byte(text.String())}})
	if len(list) < 30_000 {
		t.Errorf("%d problems", len(list))
	}
}
