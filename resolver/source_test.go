package resolver_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// TestInputTooLarge refuses what the platform will not take, with its place in
// the manifest, before the file is read.
func TestInputTooLarge(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, size := range map[string]int64{"fits.msh": rescale.MaxUpload, "large.msh": rescale.MaxUpload + 1} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, nil, 0o644), os.Truncate(path, size)); err != nil {
			t.Fatal(err)
		}
	}
	_, problems := resolver.FindInputs(load(t, dir, plain+"inputs:\n  - fits.msh\n  - large.msh\n"))
	if len(problems) != 1 || problems[0].Rule != diag.InputTooLarge || problems[0].Pos.Line != 8 || problems[0].Pos.Col != 5 {
		t.Fatalf("%v", problems)
	}
	const want = "input large.msh has 5.4 GB, and the platform takes files of up to 5 GB"
	if d := problems[0]; d.Message != want || !strings.Contains(d.Hint, "split") {
		t.Errorf("%s\n%s", d.Message, d.Hint)
	}
}

func TestInputIsReadAnewAndWatched(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "deck.k")
	write := func(text string, at time.Time) {
		t.Helper()
		if err := errors.Join(os.WriteFile(path, []byte(text), 0o644), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	write("deck", at)
	in := resolveIn(t, shop{price: 1}, dir, plain+"inputs: [deck.k]\n").Inputs[0]
	for range 2 {
		body, err := in.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(body)
		if err = errors.Join(err, body.Close()); err != nil || string(text) != "deck" {
			t.Errorf("%q, %v", text, err)
		}
	}
	if err := in.Unchanged(); err != nil {
		t.Errorf("untouched: %v", err)
	}
	for name, change := range map[string]func(){
		"longer": func() { write("deck!", at) },
		"newer":  func() { write("deck", at.Add(time.Microsecond)) },
		"older":  func() { write("deck", at.Add(-time.Hour)) },
		"gone": func() {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		change()
		var changed *resolver.ChangedError
		if err := in.Unchanged(); !errors.As(err, &changed) || changed.Path != in.Path || changed.Hint() == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
