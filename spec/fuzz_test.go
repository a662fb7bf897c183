package spec_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
)

// FuzzLoad: no text makes Load panic, problems have words and places in the
// text, and jobs without problems have all that is required.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"/ok/*.yaml", "/bad/offline/*.yaml"} {
		files, err := filepath.Glob(corpus + pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("no seeds %s: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		src := []diag.Source{{Name: "f", Text: text}}
		jobs, list := spec.Load(src)
		for _, d := range list {
			checkProblem(t, text, d)
		}
		seen := make(map[string]bool)
		for _, job := range jobs {
			checkJob(t, job)
			if seen[job.Name.V] || !job.Called(job.Family) || job.Family == "" {
				t.Errorf("job %q is there twice, or of family %q", job.Name.V, job.Family)
			}
			seen[job.Name.V] = true
		}
		if (len(jobs) == 0) == (len(list) == 0) {
			t.Errorf("%d jobs and %d problems", len(jobs), len(list))
		}
		printed(src, list)
	})
}

// FuzzVariables: no file of variables makes Load panic, problems have words and places in
// the text that they are about, and no problem is kept back beside jobs.
func FuzzVariables(f *testing.F) {
	const manifest = "version: 1\nname: wing\nvars: {mach: 0.2, mesh: coarse, fine: false}\nanalysis: {code: openfoam, version: \"12\"}\n" +
		"hardware: {coreType: emerald}\ncommand: run ${{ vars.mach }} ${{ vars.mesh }} ${{ vars.fine }}\n"
	for _, seed := range []string{
		"mach: 0.3\n", "mach: {a: 1}\n", "mesh: 'a\n  b'\nfine: yes\n", "mach: 0,3\nmesh: ${{ vars.mach }}\n", "- mach\n", "other: 1\n", "---\nmach: 1\n---\nmesh: x\n", "mach: &a 1\nmesh: *a\n", "mach:", "\ufeffmach: 1e999\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		loader := spec.Loader{Files: []diag.Source{{Name: "vars.yaml", Text: text}}}
		src := diag.Source{Name: "job.yaml", Text: []byte(manifest)}
		jobs, list := loader.Load([]diag.Source{src})
		for _, d := range list {
			about := text
			if d.Pos.File == src.Name {
				about = src.Text
			}
			checkProblem(t, about, d)
		}
		for _, job := range jobs {
			checkJob(t, job)
		}
		if (len(jobs) == 0) == (len(list) == 0) {
			t.Errorf("%d jobs and %d problems", len(jobs), len(list))
		}
	})
}

func checkProblem(t *testing.T, text []byte, d diag.Diagnostic) {
	t.Helper()
	if d.Message == "" || d.Rule == "" || strings.ContainsAny(d.Hint, "\n") {
		t.Errorf("problem without words, or a hint of several lines: %+v", d)
	}
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(string(text), "\ufeff")), "\n")
	if d.Pos.Line < 1 || d.Pos.Line > len(lines) || d.Pos.Col < 1 || d.Pos.Col > utf8.RuneCountInString(lines[d.Pos.Line-1])+1 {
		t.Errorf("place outside of the text: %s", d)
	}
}

func checkJob(t *testing.T, job spec.Job) {
	t.Helper()
	for name, ok := range map[string]bool{
		"name":  job.Name.Written() && job.Name.V != "" && job.Pos == job.Name.Pos,
		"title": job.Title.V != "",
		"tiles": len(job.Tiles) > 0,
	} {
		if !ok {
			t.Errorf("%s is not as promised: %+v", name, job)
		}
	}
	for _, tile := range job.Tiles {
		for name, ok := range map[string]bool{
			"code":    tile.Analysis.Code.Written() && tile.Analysis.Code.V != "",
			"type":    tile.Hardware.CoreType.Written() && tile.Hardware.CoreType.V != "",
			"cores":   tile.Hardware.CoresPerSlot.V >= 1,
			"slots":   tile.Hardware.Slots.V >= 1,
			"time":    tile.Hardware.Walltime.Written() == (tile.Hardware.Walltime.V > 0),
			"command": strings.TrimSpace(tile.Command.V) != "" || tile.Interactive.V && tile.Hardware.Walltime.Written(),
			"before":  (tile.PreProcess.Path.Written() || tile.PreProcess.ID.Written()) == (tile.PreProcess.Command.V != ""),
			"after":   (tile.PostProcess.Path.Written() || tile.PostProcess.ID.Written()) == (tile.PostProcess.Command.V != ""),
		} {
			if !ok {
				t.Errorf("%s of an analysis is not as promised: %+v", name, job)
			}
		}
	}
	for _, in := range job.Inputs {
		if in.Tile < 0 || in.Tile >= len(job.Tiles) {
			t.Errorf("input of no analysis: %+v", in)
		}
		forms := 0
		for _, form := range []spec.Value[string]{in.Path, in.ID, in.From} {
			if form.Written() {
				forms++
			}
		}
		if forms != 1 || in.From.Written() != (len(in.Files) > 0) || in.Pos.IsZero() {
			t.Errorf("input without exactly one of path, id and from: %+v", in)
		}
	}
}

// BenchmarkLoad reads documents with all keys.
func BenchmarkLoad(b *testing.B) {
	full := string(sources(b, corpus+"/ok/full.yaml")[0].Text)
	for _, n := range []int{1, 100} {
		var text strings.Builder
		for i := range n {
			job := strings.Replace(full, "airfoil-aoa-4", fmt.Sprintf("airfoil-aoa-%d", i), 1)
			text.WriteString("---\n" + strings.Replace(job, "results/airfoil", fmt.Sprintf("results/airfoil-%d", i), 1))
		}
		b.Run(fmt.Sprintf("jobs=%d", n), func(b *testing.B) { benchmark(b, text.String(), n) })
	}
}

// BenchmarkSweep reads one document with all keys and a matrix of 10,000 points.
func BenchmarkSweep(b *testing.B) {
	text := string(sources(b, corpus+"/ok/full.yaml")[0].Text)
	text = strings.NewReplacer("--aoa 4", "--aoa ${{ matrix.aoa }}", "results/airfoil", "results/${{ job.name }}",
		"coresPerSlot: 18", "coresPerSlot: ${{ matrix.cores }}", "decks/deck-4.k", "'decks/deck-${{ matrix.aoa }}.k'").Replace(text)
	text += "matrix: {aoa: {from: 0, to: 100, count: 5000}, cores: [18, 36]}\n"
	benchmark(b, text, 10_000)
}

func benchmark(b *testing.B, text string, want int) {
	b.Helper()
	src := []diag.Source{{Name: "f", Text: []byte(text)}}
	b.ReportAllocs()
	for b.Loop() {
		if jobs, list := spec.Load(src); len(jobs) != want {
			b.Fatal(len(jobs), list)
		}
	}
}
