package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/app"
)

// BenchmarkPlan plans a folder: 10,000 small files in an archive that was never
// packed (to stay below 5 s), and 1,000 files of 10 MB together 10 GB that did not
// change since the last plan (to stay below 300 ms), packed and one by one.
func BenchmarkPlan(b *testing.B) {
	url := benchURL(b, openServer(b, activeKey, ""))

	b.Run("10000-small-packed-cold", func(b *testing.B) {
		dir := b.TempDir()
		for i := range 10_000 {
			grow(b, filepath.Join(dir, "case", fmt.Sprint(i%100), fmt.Sprintf("processor%d", i)), []byte(strings.Repeat(fmt.Sprintln(i), 200)), 0)
		}
		manifest := manifestWith(b, dir, "{path: case, pack: case.tar.gz}")
		for b.Loop() {
			plan(b, url, manifest)
			if err := os.RemoveAll(filepath.Join(dir, ".rescale")); err != nil {
				b.Fatal(err)
			}
		}
	})
	for name, input := range map[string]string{
		"10GB-packed-unchanged": "{path: case/0, pack: 0.tar}, {path: case/1, pack: 1.tar}, {path: case/2, pack: 2.tar}", // each below 5 GB
		"10GB-unchanged":        "case/**",
	} {
		b.Run(name, func(b *testing.B) {
			dir := b.TempDir()
			for i := range 1000 {
				grow(b, filepath.Join(dir, "case", fmt.Sprint(i%3), fmt.Sprintf("f%d", i)), fmt.Append(nil, i), 10_000_000)
			}
			manifest := manifestWith(b, dir, input)
			plan(b, url, manifest)
			for b.Loop() {
				plan(b, url, manifest)
			}
		})
	}
}

// grow writes a file that was last written to an hour ago; what is longer than its
// head is a hole.
func grow(b *testing.B, path string, head []byte, size int64) {
	b.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(path, head, 0o600); err != nil {
		b.Fatal(err)
	}
	at := time.Now().Add(-time.Hour)
	if size > 0 {
		if err := os.Truncate(path, size); err != nil {
			b.Fatal(err)
		}
	}
	if err := os.Chtimes(path, at, at); err != nil {
		b.Fatal(err)
	}
}

func manifestWith(b *testing.B, dir, input string) string {
	b.Helper()
	path := filepath.Join(dir, "job.yaml")
	text := "version: 1\nname: big\nanalysis: {code: user_included, version: \"0\"}\nhardware: {coreType: emerald, coresPerSlot: 1}\n" +
		"inputs: [" + input + "]\ncommand: ls\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

func plan(b *testing.B, url, manifest string) {
	b.Helper()
	env := map[string]string{"RESCALE_API_URL": url, "RESCALE_API_KEY": activeKey}
	var out bytes.Buffer
	code := app.Main(context.Background(), app.Env{
		Args: []string{"plan", "-f", manifest}, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out,
		Getenv: func(name string) string { return env[name] },
		Screen: app.Screen{Size: func() (int, int, bool) { return 0, 0, false }},
	})
	if code != 0 {
		b.Fatalf("exit code %d\n%s", code, out.String())
	}
}
