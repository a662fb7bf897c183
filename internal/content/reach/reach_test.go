package reach_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/content/reach"
)

// world is a repository with a manifest's folder in it, and a folder beside it.
func world(t *testing.T) (repo, outside string) {
	t.Helper()
	top := reach.Real(t.TempDir())
	repo, outside = filepath.Join(top, "repo"), filepath.Join(top, "outside")
	err := errors.Join(
		os.MkdirAll(filepath.Join(repo, ".git"), 0o755), os.MkdirAll(filepath.Join(repo, "case", "deep"), 0o755),
		os.MkdirAll(outside, 0o755), os.WriteFile(filepath.Join(outside, "key"), nil, 0o600),
		os.WriteFile(filepath.Join(repo, "deck.k"), nil, 0o600),
	)
	for link, target := range map[string]string{
		"in": "../deck.k", "out": "../../outside/key", "absolute": filepath.Join(outside, "key"), "folder": outside,
		"twice": "out", "none": "../../outside/none", "proc": "/proc/self/environ", "root": "/proc/self/root", "circle": "circle",
	} {
		err = errors.Join(err, os.Symlink(target, filepath.Join(repo, "case", link)))
	}
	if err != nil {
		t.Skip(err)
	}
	return repo, outside
}

// TestCheck follows links before it judges, and judges what is not there too: who may not
// read a file need not learn whether it is there.
func TestCheck(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there is no /proc")
	}
	repo, _ := world(t)
	const system, outside = "system", "outside"
	for name, tc := range map[string]struct{ open, contained string }{
		"in": {}, "../deck.k": {}, "deep/none": {}, "circle": {}, "../../repo/deck.k": {},
		"out": {"", outside}, "absolute": {"", outside}, "folder/key": {"", outside}, "twice": {"", outside},
		"none": {"", outside}, "../../outside/key": {"", outside}, "../../outside/none": {"", outside}, "folder/../deck.k": {"", outside},
		"proc": {system, system}, "root/etc/hostname": {system, system}, "/proc/self/environ": {system, system},
		"/proc": {system, system}, "/dev/fd/0": {system, system}, "/sys/none": {system, system}, "/processes": {"", outside},
		"/dev/shm/none": {"", outside}, "/dev/shm": {system, system}, "/dev/shm/../fd/0": {system, system}, "/dev/shm/../../proc/self": {system, system},
	} {
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(repo, "case") + "/" + name
		}
		got := []string{kind(reach.Reach{}.Check(path)), kind(reach.Reach{Root: repo}.Check(path))}
		if diff := cmp.Diff([]string{tc.open, tc.contained}, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

func kind(err error) string {
	var system *reach.SystemError
	var outside *reach.OutsideError
	switch {
	case errors.As(err, &system):
		return "system"
	case errors.As(err, &outside):
		return "outside"
	case err != nil:
		return err.Error()
	}
	return ""
}

// TestRoot is the top of the repository, and the folder where there is none.
func TestRoot(t *testing.T) {
	t.Parallel()
	repo, outside := world(t)
	for folder, want := range map[string]string{
		repo: repo, filepath.Join(repo, "case", "deep"): repo, filepath.Join(repo, "case", "folder"): outside, outside: outside,
	} {
		if got := reach.Root(folder); got != want {
			t.Errorf("%s: %s, want %s", folder, got, want)
		}
	}
}

// TestRepository goes by .git, and not by what looks like a repository.
func TestRepository(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"top/.git/HEAD", "top/in/HEAD"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for folder, want := range map[string]string{"top": "top", "top/in": "top", "top/none": "top"} {
		if got := reach.Repository(filepath.Join(dir, folder)); got != filepath.Join(dir, want) {
			t.Errorf("%s: %s", folder, got)
		}
	}
}
