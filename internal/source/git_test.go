package source

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Nothing that git is asked needs another machine, so that no remote is ever used: an old
// git fetches what a partial clone lacks, and ignores GIT_NO_LAZY_FETCH.
func TestGitReachesNobody(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil && os.Getenv("CI") == "" {
		t.Skip("there is no git on this machine")
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "gitconfig")
	if err := os.WriteFile(config, []byte("[protocol]\nallow = always\n[protocol \"ext\"]\nallow = always\n[protocol \"file\"]\nallow = always\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	environ := append(os.Environ(), "HOME="+dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+config)
	create := exec.CommandContext(t.Context(), "git", "init", "-q", "--bare", dir+"/other")
	create.Env = environ
	if out, err := create.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	ran := filepath.Join(dir, "ran")
	for _, remote := range []string{"ext::touch " + ran, "file://" + filepath.ToSlash(dir) + "/other", filepath.Join(dir, "other")} {
		if out, err := (asked{folder: dir, environ: environ}).line(t.Context(), "ls-remote", remote); err == nil {
			t.Errorf("%s: git answered %q", remote, out)
		}
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("git ran the program of a remote")
	}
}
