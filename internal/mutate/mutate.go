// Package mutate runs tests with one thing of the program broken, to show that they can
// fail.
package mutate

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Mutant is the program with one thing broken.
type Mutant struct{ File, Old, Broken string }

// Overlay writes into dir the broken file and the file that makes "go test -overlay" use
// it instead of the real one. The old text must occur in the file exactly once, so that a
// mutant cannot outlive the code that it breaks.
func (m Mutant) Overlay(dir string) (overlay string, err error) {
	file, err := filepath.Abs(m.File)
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(text), m.Old); n != 1 {
		return "", fmt.Errorf("%s has %d times %q", m.File, n, m.Old)
	}
	broken := filepath.Join(dir, filepath.Base(file))
	if err := os.WriteFile(broken, []byte(strings.Replace(string(text), m.Old, m.Broken, 1)), 0o600); err != nil {
		return "", err
	}
	return overlayOf(dir, map[string]string{file: broken})
}

// overlayOf writes into dir which files "go test -overlay" uses instead of which.
func overlayOf(dir string, replace map[string]string) (overlay string, err error) {
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, text, 0o600)
}

// Test runs tests of the package in the current folder with an overlay. It returns their
// output, and an error unless one of them failed because it found something.
func Test(ctx context.Context, overlay string, args ...string) (out string, err error) {
	args = append([]string{"test", "-vet=off", "-timeout", "300s", "-overlay", overlay}, args...)
	text, err := exec.CommandContext(ctx, "go", args...).CombinedOutput()
	if !strings.Contains(string(text), "--- FAIL: ") || err == nil {
		return string(text), fmt.Errorf("nothing failed: %v", err) //nolint:errorlint // nil tells as much
	}
	return string(text), nil
}
