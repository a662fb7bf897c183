package proof_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/jobsetup"
	"github.com/rescale-apply/rescale-apply/internal/convert/manifest"
	"github.com/rescale-apply/rescale-apply/internal/convert/massjobs"
	"github.com/rescale-apply/rescale-apply/internal/convert/nextflow"
	"github.com/rescale-apply/rescale-apply/internal/convert/pur"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
)

func FuzzJobsCSV(f *testing.F)  { fuzz(f, "jobs.csv", pur.Read) }
func FuzzJobsJSON(f *testing.F) { fuzz(f, "jobs.json", pur.ReadJSON) }
func FuzzMatrix(f *testing.F)   { fuzz(f, "matrix.csv", massjobs.Read) }
func FuzzSetup(f *testing.F)    { fuzz(f, "job_setup.txt", jobsetup.Read) }
func FuzzBody(f *testing.F)     { fuzz(f, "body.json", reader("body")) }
func FuzzScript(f *testing.F)   { fuzz(f, "script.sh", reader("sge")) }
func FuzzNextflow(f *testing.F) { fuzz(f, "nextflow.config", nextflow.Read) }

// fuzz holds a reader to this: a text is refused with places in it, or it becomes a
// manifest without problems.
func fuzz(f *testing.F, file string, read convert.Reader) {
	f.Helper()
	samples, err := filepath.Glob(filepath.Join("testdata", "*"+filepath.Ext(file)))
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range samples {
		if text, err := os.ReadFile(name); err == nil { // the folder of a fuzzer is none
			f.Add(string(text))
		}
	}
	f.Add("")
	const seeds = 8
	for seed := range uint64(seeds) {
		f.Add(formats()[file].make(dice{rand.New(rand.NewPCG(seed, 1))}).text) //nolint:gosec // chance, and no secret
	}
	f.Fuzz(func(t *testing.T, text string) { checkReader(t, read, file, text) })
}

// checkReader is what holds for any text.
func checkReader(t *testing.T, read convert.Reader, file, text string) {
	t.Helper()
	found, err := read(file, []byte(text))
	lines := 1 + strings.Count(text, "\n")
	if err != nil {
		var list diag.List
		if !errors.As(err, &list) || len(list) == 0 {
			t.Fatalf("%v is no list of problems", err)
		}
		for _, d := range list {
			checkPlace(t, d.Pos, lines+jobsetupLines)
		}
		return
	}
	for _, w := range found.Warnings {
		checkPlace(t, w.Pos, lines)
	}
	text = string(manifest.Write(found.Jobs, manifest.Place{Source: found.From}).YAML)
	if _, problems := spec.Load([]diag.Source{{Name: "job.yaml", Text: []byte(text)}}); len(problems) > 0 {
		t.Fatalf("the manifest is not clean: %v\n%s", problems, text)
	}
}

// TestBrokenTexts changes pieces of sound texts, which a fuzzer seldom does: it keeps to
// the words of the format.
func TestBrokenTexts(t *testing.T) {
	t.Parallel()
	const seeds, changes = 100, 3
	for name, f := range formats() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(seeds) {
				d := dice{rand.New(rand.NewPCG(seed, 2))} //nolint:gosec // chance, and no secret
				text := f.make(d).text
				for range 1 + d.IntN(changes) {
					text = d.broken(text)
				}
				checkReader(t, f.read, name, text)
			}
		})
	}
}

// broken drops, doubles or replaces a piece of a text.
func (d dice) broken(text string) string {
	from := d.IntN(len(text) + 1)
	to := min(len(text), from+d.IntN(pick(d, 2, 6, 60)))
	piece := pick(d, "", text[from:to]+text[from:to], ",", "\"", "'", "''", "\n", "\x00", "\xff", "\r", "\u200b", "${{ x }}", "[", "]", "{", "}", ":", "=", "/*", "//", "\\", "-1", "1e9", "NaN", "99999999999999999999", "ssh-ed25519 A", "RESCALE_X", "..", "/", "*", "params.x", "null", "${x}", "\"\"\"")
	return text[:from] + piece + text[to:]
}

// jobsetupLines is how far behind the end of a text a missing line may be.
const jobsetupLines = 12

func checkPlace(t *testing.T, pos diag.Position, lines int) {
	t.Helper()
	if pos.Line < 1 || pos.Line > lines || pos.Col < 1 {
		t.Fatalf("%v is no place in %d lines", pos, lines)
	}
}

// FuzzState holds the reader of states to the same, less the manifest.
func FuzzState(f *testing.F) {
	f.Add("Index,JobName,Directory,TarPath,TarStatus,FileID,UploadStatus,JobID,SubmitStatus,ExtraFileIDs,ErrorMessage,LastUpdated\n1,Wing_1,./Run_1,x.tar,success,FiLe,success,AbCdEf,success,,,\n")
	f.Fuzz(func(t *testing.T, text string) {
		runs, err := pur.ReadState("state.csv", []byte(text))
		var list diag.List
		if err != nil && (!errors.As(err, &list) || len(list) == 0) {
			t.Fatalf("%v is no list of problems", err)
		}
		found := convert.Found{Jobs: []convert.Job{{Title: "Wing_1", Tiles: []convert.Tile{{Inputs: []convert.Input{{Path: "Run_1", Pack: "Run_1.tar.gz"}}}}}}}
		pur.Adopt(&found, runs)
		for _, w := range found.Warnings {
			checkPlace(t, w.Pos, 1+strings.Count(text, "\n"))
		}
	})
}
