package source_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/source"
)

// repository is a new one in a temporary folder, for a person without settings.
type repository struct {
	*testing.T
	dir     string
	environ []string
}

// newRepository makes one with a manifest and an input in its first commit. The tests are
// skipped on a machine without git, but not where they are to prove something.
func newRepository(t *testing.T) *repository {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil && os.Getenv("CI") == "" {
		t.Skip("there is no git on this machine")
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := &repository{T: t, dir: filepath.Join(dir, "sims"), environ: append(
		os.Environ(), "HOME="+dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+filepath.Join(dir, "gitconfig"), "GIT_CONFIG_COUNT=",
	)}
	r.write("../gitconfig", "[user]\nname = Ada\nemail = ada@example.com\n[init]\ndefaultBranch = main\n[protocol \"file\"]\nallow = always\n")
	r.write("jobs/job.yaml", "name: heat\n")
	r.write("jobs/plate.inp", "mesh\n")
	r.git("init", "-q")
	r.git("remote", "add", "origin", "https://ada:s3cret@example.com/acme/sims.git")
	r.commit()
	return r
}

func (r *repository) git(args ...string) string {
	r.Helper()
	cmd := exec.CommandContext(r.Context(), "git", append([]string{"-C", r.dir}, args...)...)
	cmd.Env = r.environ
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit commits all that is there, and returns the commit.
func (r *repository) commit() string {
	r.Helper()
	r.git("add", "-A")
	r.git("commit", "-q", "--allow-empty", "-m", "change")
	return r.git("rev-parse", "HEAD")
}

func (r *repository) path(name string) string { return filepath.Join(r.dir, filepath.FromSlash(name)) }

func (r *repository) write(name, text string) {
	r.Helper()
	if err := os.MkdirAll(filepath.Dir(r.path(name)), 0o755); err != nil {
		r.Fatal(err)
	}
	if err := os.WriteFile(r.path(name), []byte(text), 0o600); err != nil {
		r.Fatal(err)
	}
}

func (r *repository) link(target, name string) {
	r.Helper()
	if err := os.Symlink(target, r.path(name)); err != nil {
		r.Skip("no links on this machine: ", err)
	}
}

// find asks for one job of jobs/job.yaml, in a process with further variables.
func (r *repository) find(variables map[string]string, files ...string) (source.Source, []error) {
	r.Helper()
	made := source.Made{Manifest: r.path("jobs/job.yaml")}
	for _, file := range files {
		made.Files = append(made.Files, r.path(file))
	}
	finder := source.Finder{Environ: r.environ, Getenv: func(name string) string { return variables[name] }}
	found, err := finder.Find(r.Context(), []source.Made{made})
	if err != nil {
		r.Fatal(err)
	}
	return found.Sources[0], found.Unknown
}

func TestSourceOfACleanCheckout(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	commit := r.git("rev-parse", "HEAD")
	got, unknown := r.find(nil, "jobs/plate.inp")
	want := source.Source{Version: 1, Repo: "https://example.com/acme/sims.git", Commit: commit, Ref: "refs/heads/main", Path: "jobs/job.yaml"}
	if diff := cmp.Diff(want, got); diff != "" || len(unknown) > 0 || !got.Clean() {
		t.Errorf("unknown %v (-want +got):\n%s", unknown, diff)
	}
}

func TestDirtyFiles(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(r *repository)
		files  []string
		want   []string
		more   int
	}{
		"a changed manifest":             {func(r *repository) { r.write("jobs/job.yaml", "name: cold\n") }, nil, []string{"jobs/job.yaml"}, 0},
		"a changed input":                {func(r *repository) { r.write("jobs/plate.inp", "finer\n") }, []string{"jobs/plate.inp"}, []string{"jobs/plate.inp"}, 0},
		"a change that is staged":        {func(r *repository) { r.write("jobs/plate.inp", "finer\n"); r.git("add", "-A") }, []string{"jobs/plate.inp"}, []string{"jobs/plate.inp"}, 0},
		"a change elsewhere":             {func(r *repository) { r.write("jobs/other.txt", "x"); r.write("jobs/plate.inp", "finer\n") }, nil, nil, 0},
		"an untracked input":             {func(r *repository) { r.write("jobs/new.inp", "x") }, []string{"jobs/new.inp"}, []string{"jobs/new.inp"}, 0},
		"an input that is to be tracked": {func(r *repository) { r.write("jobs/new.inp", "x"); r.git("add", "-N", "jobs/new.inp") }, []string{"jobs/new.inp"}, []string{"jobs/new.inp"}, 0},
		"an ignored input": {func(r *repository) {
			r.write(".gitignore", "*.msh\n")
			r.write("jobs/big.msh", "x")
			r.commit()
		}, []string{"jobs/big.msh"}, []string{"jobs/big.msh"}, 0},
		"a change that git is told to pass over": {func(r *repository) {
			r.git("update-index", "--assume-unchanged", "jobs/plate.inp")
			r.write("jobs/plate.inp", "finer\n")
		}, []string{"jobs/plate.inp"}, []string{"jobs/plate.inp"}, 0},
		"names that are no plain words": {func(r *repository) {
			r.write("jobs/ü *[a].inp", "x")
			r.write("jobs/new\nline", "x")
			r.commit()
			r.write("jobs/new\nline", "y")
		}, []string{"jobs/ü *[a].inp", "jobs/new\nline"}, []string{"jobs/new\nline"}, 0},
		"outside of the repository": {func(r *repository) { r.write("../private/mesh.msh", "x") }, []string{"../private/mesh.msh"}, []string{".../mesh.msh"}, 0},
		"a link":                    {func(r *repository) { r.link("plate.inp", "jobs/link.inp"); r.commit() }, []string{"jobs/link.inp"}, []string{"jobs/link.inp (link)"}, 0},
		"a link to a folder": {func(r *repository) {
			r.write("data/a.inp", "x")
			r.link("../data", "jobs/data")
			r.commit()
		}, []string{"jobs/data/a.inp"}, []string{"data/a.inp (link)"}, 0},
		"a link to a folder outside": {func(r *repository) {
			r.write("../private/a.inp", "x")
			r.link("../../private", "jobs/data")
			r.commit()
		}, []string{"jobs/data/a.inp"}, []string{".../a.inp"}, 0},
		"another repository inside": {func(r *repository) {
			r.write("jobs/lib/a.inp", "x")
			r.git("init", "-q", "jobs/lib")
		}, []string{"jobs/lib/a.inp"}, []string{"jobs/lib/a.inp"}, 0},
		"a pointer of LFS": {func(r *repository) {
			r.write("jobs/big.msh", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")
			r.commit()
		}, []string{"jobs/big.msh"}, nil, 0},
		"seven files": {func(r *repository) {
			for i := range 7 {
				r.write(fmt.Sprintf("jobs/%d", i), "x")
			}
		}, []string{"jobs/0", "jobs/1", "jobs/2", "jobs/3", "jobs/4", "jobs/5", "jobs/6", "jobs/0"}, []string{"jobs/0", "jobs/1", "jobs/2", "jobs/3", "jobs/4"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepository(t)
			tc.change(r)
			got, unknown := r.find(nil, tc.files...)
			if diff := cmp.Diff(tc.want, got.Dirty); diff != "" || got.More != tc.more || len(unknown) > 0 {
				t.Errorf("more %d, want %d, unknown %v (-want +got):\n%s", got.More, tc.more, unknown, diff)
			}
		})
	}
}

// A commit names the commits of its submodules, so that their files are in it.
func TestSubmodules(t *testing.T) {
	t.Parallel()
	r, library := newRepository(t), newRepository(t)
	r.git("submodule", "--quiet", "add", library.dir, "lib")
	r.commit()
	if got, unknown := r.find(nil, "lib/jobs/plate.inp"); !got.Clean() || len(unknown) > 0 {
		t.Errorf("clean: %+v, %v", got, unknown)
	}
	r.write("lib/jobs/plate.inp", "finer\n")
	if got, _ := r.find(nil, "lib/jobs/plate.inp"); cmp.Diff([]string{"lib/jobs/plate.inp"}, got.Dirty) != "" {
		t.Errorf("changed: %+v", got)
	}
}

// Variables that git sets for hooks, and programs that a repository names, change nothing.
func TestGitIsRunAlone(t *testing.T) {
	t.Parallel()
	r, other := newRepository(t), newRepository(t)
	r.write("evil", "#!/bin/sh\ntouch "+r.path("ran")+"\n")
	if err := os.Chmod(r.path("evil"), 0o700); err != nil {
		t.Fatal(err)
	}
	r.git("config", "core.fsmonitor", r.path("evil"))
	r.environ = append(r.environ, "GIT_DIR="+other.path(".git"), "GIT_WORK_TREE="+other.dir, "GIT_INDEX_FILE="+other.path(".git/index"))
	got, unknown := r.find(nil, "jobs/plate.inp")
	if !got.Clean() || got.Path != "jobs/job.yaml" || len(unknown) > 0 {
		t.Errorf("%+v, %v", got, unknown)
	}
	if _, err := os.Stat(r.path("ran")); err == nil {
		t.Error("a program of the repository ran")
	}
}

func TestNoSource(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(r *repository)
		want   string // in the only reason; empty for none
	}{
		"no repository": {func(r *repository) { _ = os.RemoveAll(r.path(".git")) }, ""},
		"no commit":     {func(r *repository) { _ = os.RemoveAll(r.path(".git")); r.git("init", "-q") }, "has no commit"},
		"of another account": {func(r *repository) {
			if os.Chown(r.dir, 12345, -1) != nil || os.Chown(r.path(".git"), 12345, -1) != nil {
				r.Skip("only root can give files away")
			}
		}, "ownership"},
		"damaged": {func(r *repository) { _ = os.RemoveAll(r.path(".git")); r.write(".git", "gitdir: nowhere\n") }, "not a git repository"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepository(t)
			tc.change(r)
			got, unknown := r.find(nil, "jobs/plate.inp")
			told := fmt.Sprint(unknown)
			if !got.IsZero() || (tc.want == "") != (len(unknown) == 0) || !strings.Contains(told, tc.want) {
				t.Errorf("%+v, %v", got, unknown)
			}
		})
	}
}

func TestNoGitProgram(t *testing.T) {
	r := newRepository(t)
	t.Setenv("PATH", r.dir)
	if got, unknown := r.find(nil); !got.IsZero() || len(unknown) != 1 || !errors.Is(unknown[0], exec.ErrNotFound) {
		t.Errorf("%+v, %v", got, unknown)
	}
}

func TestManyInputs(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	var files []string
	for i := range 2000 {
		files = append(files, fmt.Sprintf("jobs/case/%d.inp", i))
		r.write(files[i], "x")
	}
	r.commit()
	r.write("jobs/case/1999.inp", "y")
	got, unknown := r.find(nil, files...)
	if diff := cmp.Diff([]string{"jobs/case/1999.inp"}, got.Dirty); diff != "" || len(unknown) > 0 {
		t.Errorf("unknown %v (-want +got):\n%s", unknown, diff)
	}
}

// A list that several jobs share counts for each of them.
func TestSharedFiles(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.write("jobs/plate.inp", "finer\n")
	shared := []string{r.path("jobs/job.yaml"), r.path("jobs/plate.inp")}
	job := source.Made{Manifest: r.path("jobs/job.yaml"), Shared: [][]string{nil, shared}}
	finder := source.Finder{Environ: r.environ, Getenv: func(string) string { return "" }}
	found, err := finder.Find(t.Context(), []source.Made{job, job, {Manifest: job.Manifest}})
	if err != nil {
		t.Fatal(err)
	}
	var got [][]string
	for _, s := range found.Sources {
		got = append(got, s.Dirty)
	}
	want := []string{"jobs/plate.inp"}
	if diff := cmp.Diff([][]string{want, want, nil}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
