//go:build unix

package reporting_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/app/report"
)

// A pipe takes a report while somebody reads from it; otherwise nobody waits for a reader.
func TestPipes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	read, unread := filepath.Join(dir, "read"), filepath.Join(dir, "unread")
	for _, name := range []string{read, unread} {
		if err := syscall.Mkfifo(name, 0o600); err != nil {
			t.Skip("no pipes here")
		}
	}
	reader, err := os.OpenFile(read, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	c, _, err := clerk(t, "plan", nil, "md="+read, "junit="+unread)
	if err != nil {
		t.Fatal(err)
	}
	err = c.Write(t.Context(), nil)
	var failed *report.WriteError
	if !errors.As(err, &failed) || failed.Path != unread || !strings.Contains(err.Error(), "nobody reads from the pipe") {
		t.Errorf("%v", err)
	}
	if text, err := io.ReadAll(reader); err != nil || !strings.HasPrefix(string(text), "<!-- rescale-apply:plan:") {
		t.Errorf("%q, %v", text, err)
	}
}

// A file of GitHub's that is none is left alone, and the other one is written.
func TestPipesInPlaceOfGitHubsFiles(t *testing.T) {
	t.Parallel()
	for pipe, file := range map[string]string{"GITHUB_OUTPUT": "GITHUB_STEP_SUMMARY", "GITHUB_STEP_SUMMARY": "GITHUB_OUTPUT"} {
		dir := t.TempDir()
		environment := map[string]string{pipe: filepath.Join(dir, "pipe"), file: filepath.Join(dir, "file")}
		if err := syscall.Mkfifo(environment[pipe], 0o600); err != nil {
			t.Skip("no pipes here")
		}
		c, stderr, err := clerk(t, "plan", environment, "github")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Write(t.Context(), nil); err != nil {
			t.Error(err)
		}
		if !strings.HasPrefix(stderr.String(), "warning: "+pipe+" names no file") {
			t.Errorf("%q", stderr)
		}
		if text, err := os.ReadFile(environment[file]); err != nil || len(text) == 0 {
			t.Errorf("%s: %q, %v", file, text, err)
		}
	}
}
