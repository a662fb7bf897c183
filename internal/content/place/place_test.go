package place_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/content/place"
	"github.com/rescale-apply/rescale-apply/internal/content/reach"
)

func TestReserved(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		".git": true, ".GIT": true, ".git.": true, ".git ": true, ".git . .": true, "GIT~1": true, "gi7eba~1": true,
		".git::$INDEX_ALLOCATION": true, ".g\u200cit": true, ".hg": true, ".svn": true, "RESCAL~2": true, ".rescale": true,
		".rescale-results": true, ".Previous": true,
		"git": false, ".gitlab": false, ".github": false, "results": false, "git~": false, "~1": false, "a.git": false,
	} {
		if place.Reserved(name) != want {
			t.Errorf("%q: %v, want %v", name, !want, want)
		}
	}
}

// A folder that Windows cannot hold, or holds under another name, is refused there before
// anything is paid for; elsewhere it is a folder like any other.
func TestFolderThatWindowsCannotHold(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	for below, refused := range map[string]bool{
		"out/NUL": true, "aux.d/x": true, "out./x": true, "out /x": true, "results/console": false, "a.b/c": false, "./x/../y": false,
	} {
		err := place.Check(top, filepath.Join(top, filepath.FromSlash(below)))
		if want := refused && runtime.GOOS == "windows"; (err != nil) != want {
			t.Errorf("%q: %v", below, err)
		}
	}
}

// TestCheck judges the real path, and repositories by what is in them.
func TestCheck(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	repo := filepath.Join(top, ".git", "repo") // what is above the repository does not matter
	bare := filepath.Join(repo, "mirror")
	err := errors.Join(
		os.MkdirAll(filepath.Join(repo, ".git", "hooks"), 0o755), os.MkdirAll(filepath.Join(top, "scratch"), 0o755),
		os.MkdirAll(filepath.Join(bare, "objects"), 0o755), os.MkdirAll(filepath.Join(bare, "refs"), 0o755),
		os.WriteFile(filepath.Join(bare, "HEAD"), nil, 0o600),
	)
	for link, target := range map[string]string{"link": ".git/hooks", "linked": "mirror"} {
		err = errors.Join(err, os.Symlink(filepath.FromSlash(target), filepath.Join(repo, link)))
	}
	if err != nil {
		t.Skip(err)
	}
	for folder, refused := range map[string]bool{
		"results": false, "a/b": false, ".git": true, ".git/hooks": true, "a/.GIT": true, "link": true, "link/deep": true,
		"mirror/hooks": true, "linked": true, ".rescale/x": true, "../..": false, "../../scratch": false, "../x": true,
	} {
		err := place.Check(reach.Root(repo), filepath.Join(repo, filepath.FromSlash(folder)))
		if refused != (err != nil) {
			t.Errorf("%s: %v, want refused %v", folder, err, refused)
		}
	}
}
