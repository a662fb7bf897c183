package examples_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
)

const modeline = "# yaml-language-server: $schema=https://raw.githubusercontent.com/rescale-apply/rescale-apply/main/schema/job.schema.json\n"

// TestManifests checks what every example has in common.
func TestManifests(t *testing.T) {
	t.Parallel()
	manifests, err := filepath.Glob("*/job.yaml")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.IsDir() && !slices.Contains(manifests, filepath.Join(entry.Name(), "job.yaml")) {
			t.Errorf("example %s has no job.yaml", entry.Name())
		}
	}
	readme := read(t, "README.md")
	for _, manifest := range manifests {
		loadAll(t, manifest)
		if !strings.HasPrefix(read(t, manifest), modeline) {
			t.Errorf("%s does not begin with the line that tells editors the schema", manifest)
		}
		if !strings.Contains(readme, "examples/"+filepath.ToSlash(manifest)) {
			t.Errorf("README.md does not say how to run %s", manifest)
		}
	}
}

// load reads a manifest of one job, which must have no mistake.
func load(t *testing.T, manifest string) spec.Job {
	t.Helper()
	jobs := loadAll(t, manifest)
	if len(jobs) != 1 {
		t.Fatalf("%s holds %d jobs, want 1", manifest, len(jobs))
	}
	return jobs[0]
}

// loadAll reads a manifest, which must have no mistake.
func loadAll(t *testing.T, manifest string) []spec.Job {
	t.Helper()
	loader := spec.Loader{Open: func(_, name string) (diag.Source, error) {
		return diag.Source{Name: name, Text: []byte(read(t, name))}, nil
	}}
	source := diag.Source{Name: manifest, Dir: filepath.Dir(manifest), Text: []byte(read(t, manifest))}
	jobs, mistakes := loader.Load([]diag.Source{source})
	for _, mistake := range mistakes {
		t.Errorf("%s (%s)", mistake, mistake.Hint)
	}
	return jobs
}

// TestLSDyna checks that the archive holds the deck that the command reads, and
// that it is only a stand-in.
func TestLSDyna(t *testing.T) {
	t.Parallel()
	archive, err := zip.OpenReader("ls-dyna/input.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	if len(archive.File) != 1 {
		t.Fatalf("input.zip holds %d files, want 1", len(archive.File))
	}
	deck := archive.File[0]
	if !strings.Contains(load(t, "ls-dyna/job.yaml").Tiles[0].Command.V, " -i "+deck.Name+" ") {
		t.Errorf("the command does not read %s", deck.Name)
	}
	body, err := deck.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte("stand-in")) || len(text) > 2000 {
		t.Errorf("%s (%d bytes) is not the stand-in", deck.Name, len(text))
	}
}

// need returns the path of a program. Where the program is part of what must be proven,
// as in CI, its absence is a failure.
func need(t *testing.T, program, hint string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not on this machine, but CI=true: %s", program, hint)
	}
	t.Skipf("%s is not on this machine: %s", program, hint)
	return ""
}

// outcome is what a script said and whether it succeeded.
type outcome struct {
	stdout, stderr string
	err            error
}

// runIn runs a command line of the shell in dir, with folders before PATH.
func runIn(t *testing.T, dir, line string, folders ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), need(t, "sh", "the examples need a POSIX shell"), "-c", line)
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	path := strings.Join(append(folders, os.Getenv("PATH")), string(os.PathListSeparator))
	cmd.Env = append(os.Environ(), "PATH="+path, "OMP_NUM_THREADS=1")
	err := cmd.Run()
	return outcome{stdout: stdout.String(), stderr: stderr.String(), err: err}
}

// copied copies the regular files of an example to a temporary folder.
func copied(t *testing.T, example string) string {
	t.Helper()
	dir := t.TempDir()
	entries, err := os.ReadDir(example)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !entry.Type().IsRegular() {
			continue
		}
		text := read(t, filepath.Join(example, entry.Name()))
		write(t, filepath.Join(dir, entry.Name()), text)
	}
	return dir
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// table reads a CSV file of numbers below one line of names.
func table(t *testing.T, path string) (names []string, rows [][]float64) {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(read(t, path))).ReadAll()
	if err != nil {
		t.Fatalf("reading %s: %v", path, err)
	}
	if len(lines) < 2 {
		t.Fatalf("%s has %d lines", path, len(lines))
	}
	for _, line := range lines[1:] {
		var row []float64
		for _, field := range line {
			row = append(row, toNumber(t, field))
		}
		rows = append(rows, row)
	}
	return lines[0], rows
}

func toNumber(t *testing.T, text string) float64 {
	t.Helper()
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}
