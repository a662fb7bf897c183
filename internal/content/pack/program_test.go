package pack

import (
	"os"
	"path/filepath"
	"testing"
)

// TestIsProgram recognizes a script on Windows, where files have no mode.
func TestIsProgram(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"#!/bin/sh\n": true, "#!": true, "\x7fELF\x02": true, "": false, "#": false, "#\n!": false, "MZ\x90\x00": false, "mesh": false,
	} {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := isProgram(path); got != want || err != nil {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	if _, err := isProgram(t.TempDir()); err == nil {
		t.Error("a folder was read")
	}
}
