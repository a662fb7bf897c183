package release_test

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var tools = flag.String("tools", "", "`FOLDER` with goreleaser and cyclonedx-gomod: makes a release for two systems, twice")

// TestSnapshot makes a release of this tree in two folders: all that a person downloads is
// the same in both, byte for byte, and holds what it must.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	if *tools == "" {
		t.Skip("needs -tools FOLDER, with goreleaser and cyclonedx-gomod; .ci/run release builds them")
	}
	first, second := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "another", "folder")
	copyTree(t, first)
	run(t, first, "git", "init", "--quiet")
	run(t, first, "git", "add", "--all")
	run(t, first, "git", "commit", "--quiet", "--message", "a release")
	run(t, first, "git", "clone", "--quiet", first, second)
	run(t, first, "git", "remote", "add", "origin", first) // without one goreleaser knows no commit
	sums := made(t, first)
	if diff := cmp.Diff(sums, made(t, second)); diff != "" {
		t.Fatalf("another folder makes other bytes (-one +another)\n%s", diff)
	}
	dist := filepath.Join(first, ".release", "dist")
	version := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(single(t, dist, "*.tar.gz")), "rescale-apply_"), "_linux_amd64.tar.gz")
	if got := strings.Count(sums, "\n"); got != 6 {
		t.Errorf("%d files, want an archive and a list of components for each system, and two packages:\n%s", got, sums)
	}
	t.Run("archive", func(t *testing.T) { archive(t, single(t, dist, "*_linux_amd64.tar.gz")) })
	t.Run("deb", func(t *testing.T) {
		installed := t.TempDir()
		run(t, dist, "dpkg-deb", "--extract", single(t, dist, "*.deb"), installed)
		installs(t, installed, version, strings.TrimSpace(run(t, first, "git", "rev-parse", "HEAD")))
	})
	t.Run("components", func(t *testing.T) { components(t, single(t, dist, "*_linux_amd64.cdx.json")) })
	t.Run("manifests", func(t *testing.T) {
		for _, name := range []string{"homebrew/Casks/rescale-apply.rb", "scoop/rescale-apply.json"} {
			if text := read(t, filepath.Join(dist, name)); !strings.Contains(text, version) {
				t.Errorf("%s says nothing of %s:\n%s", name, version, text)
			}
		}
	})
}

// copyTree is this repository in a folder, without its history and what git ignores, for
// two of its systems.
func copyTree(t *testing.T, to string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		switch {
		case name == ".git", name == ".release", entry.IsDir() && entry.Name() == "testdata":
			if !entry.IsDir() { // of a worktree
				return nil
			}
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		case !entry.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), text, info.Mode())
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(to, ".goreleaser.yaml")
	text := strings.NewReplacer("[linux, darwin, windows]", "[linux, windows]", "[amd64, arm64]", "[amd64]").Replace(read(t, file))
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// made releases a tree, and is the sums of what came of it.
func made(t *testing.T, tree string) string {
	t.Helper()
	run(t, tree, filepath.Join(*tools, "goreleaser"), "check")
	run(t, tree, filepath.Join(*tools, "goreleaser"), "release", "--snapshot", "--clean")
	return read(t, filepath.Join(tree, ".release", "dist", "checksums.txt"))
}

// run is what a program prints, with an empty configuration of git and a time of its own.
func run(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(),
		"PATH="+*tools+string(os.PathListSeparator)+os.Getenv("PATH"), "GOFLAGS=",
		"GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_AUTHOR_DATE="+committed,
		"GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com", "GIT_COMMITTER_DATE="+committed)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}

const committed = "2026-11-28T15:39:12Z"

func single(t *testing.T, folder, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, pattern))
	if err != nil || len(files) != 1 {
		t.Fatalf("%s: %v, %v", pattern, files, err)
	}
	return files[0]
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// archive looks for what an archive must hold.
func archive(t *testing.T, path string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	reader := tar.NewReader(unzipped)
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, header.Name)
	}
	for _, want := range []string{
		"rescale-apply", "LICENSE", "README.md", "man1/rescale-apply.1", "man1/rescale-apply-plan.1",
		"completions/rescale-apply.bash", "completions/_rescale-apply", "completions/rescale-apply.fish", "completions/rescale-apply.ps1",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("no %s among %v", want, names)
		}
	}
}

// installs runs what a package installed.
func installs(t *testing.T, folder, version, commit string) {
	t.Helper()
	var got map[string]any
	said := run(t, folder, filepath.Join(folder, "usr", "bin", "rescale-apply"), "version", "-o", "json")
	if err := json.Unmarshal([]byte(said), &got); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{"version": version, "commit": commit, "date": committed, "platform": "linux/amd64"} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
	}
	page := run(t, folder, "gzip", "--decompress", "--stdout", filepath.Join(folder, "usr", "share", "man", "man1", "rescale-apply.1.gz"))
	if want := `.TH RESCALE\-APPLY 1 "2026-11-28" "rescale-apply ` + version + `"`; !strings.HasPrefix(page, want) {
		t.Errorf("the manual begins %.80q, want %q", page, want)
	}
	for _, name := range []string{"bash-completion/completions/rescale-apply", "zsh/vendor-completions/_rescale-apply", "fish/vendor_completions.d/rescale-apply.fish", "doc/rescale-apply/copyright"} {
		if _, err := os.Stat(filepath.Join(folder, "usr", "share", name)); err != nil {
			t.Error(err)
		}
	}
}

// components looks whether a list of what is in the program names it and what it is made of.
func components(t *testing.T, path string) {
	t.Helper()
	var list struct {
		BomFormat  string
		Components []struct{ Name string }
	}
	if err := json.Unmarshal([]byte(read(t, path)), &list); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range list.Components {
		names = append(names, c.Name)
	}
	if list.BomFormat != "CycloneDX" || !slices.Contains(names, "gopkg.in/yaml.v3") || !slices.Contains(names, "std") {
		t.Errorf("%s of %v", list.BomFormat, names)
	}
}
