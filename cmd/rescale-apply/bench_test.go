package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/app"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

// BenchmarkStart runs "rescale-apply version" as a process, beside the least
// program with the same command line library.
func BenchmarkStart(b *testing.B) {
	for name, target := range map[string]struct {
		source string
		args   []string
	}{
		"version": {".", []string{"version"}},
		"hello":   {"./testdata/hello", nil},
	} {
		b.Run(name, func(b *testing.B) {
			program := filepath.Join(b.TempDir(), "program")
			build(b, program, target.source)
			for b.Loop() {
				if err := exec.CommandContext(b.Context(), program, target.args...).Run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// openServer opens an emulator with one account until the test ends.
func openServer(tb testing.TB, key, shell string) *emulator.Server {
	tb.Helper()
	server, err := emulator.Open(emulator.Config{
		Dir: tb.TempDir(), Shell: shell, Env: os.Environ(), Accounts: []emulator.Account{{Key: key, Email: "ada@example.com"}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := server.Close(); err != nil {
			tb.Error(err)
		}
	})
	return server
}

// build makes the program of a folder.
func build(b *testing.B, program, source string) {
	b.Helper()
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", program, source).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
}

// benchURL serves a handler until the benchmark ends.
func benchURL(b *testing.B, handler http.Handler) string {
	b.Helper()
	web := httptest.NewServer(handler)
	b.Cleanup(web.Close)
	return web.URL
}

// BenchmarkHeat applies examples/heat on an emulator: the first apply of a new
// state, and a second one that finds nothing to do. It reports the requests.
func BenchmarkHeat(b *testing.B) {
	server := openServer(b, activeKey, "")
	url := benchURL(b, server)
	deck := filepath.Join(b.TempDir(), "heat")
	if err := os.CopyFS(deck, os.DirFS("../../examples/heat")); err != nil {
		b.Fatal(err)
	}
	manifest := filepath.Join(deck, "job.yaml")
	text, err := os.ReadFile(manifest)
	if err != nil {
		b.Fatal(err)
	}
	number := 0
	first := func(b *testing.B) {
		b.Helper()
		// A name of its own makes each round a new job.
		number++
		name := "name: heat" + strings.Repeat("x", number%50) + string(rune('a'+number/50%26))
		if err := os.WriteFile(manifest, bytes.Replace(text, []byte("name: heat"), []byte(name), 1), 0o644); err != nil {
			b.Fatal(err)
		}
		runTool(b, url, "-f", manifest)
	}
	for name, round := range map[string]func(*testing.B){
		"first":  first,
		"second": func(b *testing.B) { b.Helper(); runTool(b, url, "-f", manifest) },
	} {
		b.Run(name, func(b *testing.B) {
			first(b)
			server.ResetRequests()
			for b.Loop() {
				round(b)
			}
			b.ReportMetric(float64(len(server.Requests()))/float64(b.N), "requests/op")
		})
	}
}

// BenchmarkSweep checks and plans a manifest of 10,000 points. MB is the memory
// of the whole process, the emulator included.
func BenchmarkSweep(b *testing.B) {
	url := benchURL(b, openServer(b, activeKey, ""))
	manifest := filepath.Join(b.TempDir(), "job.yaml")
	if err := os.WriteFile(manifest, []byte(tenThousand), 0o644); err != nil {
		b.Fatal(err)
	}
	for _, verb := range []string{"validate", "plan"} {
		b.Run(verb, func(b *testing.B) {
			for b.Loop() {
				runTool(b, url, verb, "-f", manifest)
			}
			var memory runtime.MemStats
			runtime.ReadMemStats(&memory)
			b.ReportMetric(float64(memory.Sys)/1e6, "MB")
		})
	}
}

const tenThousand = `version: 1
name: airfoil
title: NACA0012 at ${{ matrix.aoa }} degrees
tags: [naca0012, "aoa-${{ matrix.aoa }}"]
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, coresPerSlot: 1, walltime: 1h}
matrix: {aoa: {from: 0, to: 100, count: 5000}, mesh: [fine, coarse]}
inputs: [job.yaml]
env: {AOA: "${{ matrix.aoa }}"}
command: |
  set -e
  ./run --aoa ${{ matrix.aoa }} --mesh ${{ matrix.mesh }}
outputs: {download: ["*.csv"], to: "results/${{ job.name }}"}
`

func runTool(b *testing.B, url string, args ...string) {
	b.Helper()
	env := map[string]string{"RESCALE_API_URL": url, "RESCALE_API_KEY": activeKey}
	var out bytes.Buffer
	code := app.Main(context.Background(), app.Env{
		Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out,
		Getenv: func(name string) string { return env[name] },
		Screen: app.Screen{Size: func() (int, int, bool) { return 0, 0, false }},
	})
	if code != 0 {
		b.Fatalf("exit code %d\n%s", code, out.String())
	}
}
