package source_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/source"
)

func (r *repository) history() *source.History {
	r.Helper()
	finder := source.Finder{Environ: r.environ, Getenv: func(string) string { return "" }}
	h, err := finder.History(r.Context(), r.path("jobs"))
	if err != nil {
		r.Fatal(err)
	}
	return h
}

func TestHistory(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	first := r.git("rev-parse", "HEAD")
	r.write("jobs/job.yaml", "name: cold\n")
	second := r.commit()
	r.git("rm", "-q", "jobs/job.yaml")
	third := r.commit()
	r.write("other.txt", "x")
	fourth := r.commit()
	r.git("checkout", "-q", "-b", "side", first)
	r.write("jobs/side.yaml", "x")
	side := r.commit()
	r.git("checkout", "-q", "main")
	h := r.history()
	if h.Here.Commit != fourth || h.Here.Ref != "refs/heads/main" || h.Here.Repo != "https://example.com/acme/sims.git" || !h.Here.Clean() {
		t.Errorf("here: %+v", h.Here)
	}
	for commit, want := range map[string]bool{first: true, third: true, fourth: false, side: false, strings.Repeat("0", 40): false, "main": false, "": false, "--all": false} {
		if got := h.Includes(t.Context(), commit); got != want {
			t.Errorf("includes %q: %v", commit, got)
		}
	}
	for _, tc := range []struct{ since, path, want string }{
		{first, "jobs/job.yaml", third}, {second, "jobs/job.yaml", third}, {third, "jobs/job.yaml", ""}, {first, "jobs/plate.inp", ""}, {third, "other.txt", fourth}, {first, "none", ""},
	} {
		if got, err := h.Changed(t.Context(), tc.since, tc.path); err != nil || got != tc.want {
			t.Errorf("%s since %s: %q, %v", tc.path, tc.since, got, err)
		}
	}
	for path, want := range map[string]bool{"jobs/job.yaml": false, "jobs/plate.inp": true} {
		if got, err := h.Has(t.Context(), path); err != nil || got != want {
			t.Errorf("has %s: %v, %v", path, got, err)
		}
	}
	if path, ok := h.Path(r.path("jobs")); path != "jobs" || !ok {
		t.Errorf("path %q, %v", path, ok)
	}
}

// Every version counts, also those of branches that were merged and undone.
func TestVersions(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	first := r.git("rev-parse", "HEAD")
	r.git("config", "log.showSignature", "true")
	r.git("checkout", "-q", "-b", "side")
	r.write("jobs/job.yaml", "name: side\n")
	r.commit()
	r.write("jobs/job.yaml", "name: heat\n")
	r.commit()
	r.git("checkout", "-q", "main")
	r.write("jobs/plate.inp", "finer\n")
	r.commit()
	r.git("merge", "-q", "--no-edit", "side")
	r.write("jobs/job.yaml", "name: cold\n")
	r.commit()
	r.git("rm", "-q", "jobs/job.yaml")
	last := r.commit()
	h := r.history()
	blobs, err := h.Versions(t.Context(), first, "jobs/job.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, blob := range blobs {
		text, err := h.Text(t.Context(), blob)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	slices.Sort(texts)
	if diff := cmp.Diff([]string{"name: cold", "name: heat", "name: side"}, texts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if blobs, err := h.Versions(t.Context(), last, "jobs/job.yaml"); err != nil || len(blobs) > 0 {
		t.Errorf("%v of what is gone, %v", blobs, err)
	}
	if blobs, err := h.Versions(t.Context(), "main", "jobs/plate.inp"); err == nil {
		t.Errorf("%v since a branch", blobs)
	}
}

// A file of many versions is an error, not a part of them.
func TestTooManyVersions(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	first := r.git("rev-parse", "HEAD")
	var stream strings.Builder
	for i := range 201 {
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter Ada <ada@example.com> %d +0000\ndata 0\n", 1772452800+i)
		if i == 0 {
			fmt.Fprintf(&stream, "from %s\n", first)
		}
		fmt.Fprintf(&stream, "M 100644 inline jobs/job.yaml\ndata <<END\nname: n%d\nEND\n", i)
	}
	r.write("../stream", stream.String())
	r.git("-c", "alias.import=!git fast-import --quiet <../stream", "import")
	r.git("reset", "-q", "--hard")
	h := r.history()
	var tooMany *source.TooManyError
	if _, err := h.Versions(t.Context(), first, "jobs/job.yaml"); !errors.As(err, &tooMany) {
		t.Errorf("got %v", err)
	}
	second := r.git("rev-parse", "HEAD~200")
	if blobs, err := h.Versions(t.Context(), second, "jobs/job.yaml"); err != nil || len(blobs) != 201 {
		t.Errorf("%d versions, %v", len(blobs), err)
	}
}

func TestMovedFiles(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	text := strings.Repeat("command: run\n", 20)
	r.write("jobs/job.yaml", text)
	r.write("jobs/copy.yaml", text)
	first := r.commit()
	blob := r.git("rev-parse", "HEAD:jobs/job.yaml")
	r.git("rm", "-q", "jobs/job.yaml")
	r.write("other/ü.yaml", text+"name: warm\n")
	second := r.commit()
	h := r.history()
	if paths, err := h.Moved(t.Context(), "jobs/job.yaml", first, second); err != nil || cmp.Diff([]string{"other/ü.yaml"}, paths) != "" {
		t.Errorf("moved to %v, %v", paths, err)
	}
	if paths, err := h.Moved(t.Context(), "jobs/plate.inp", first, second); err != nil || len(paths) > 0 {
		t.Errorf("what stays moved to %v, %v", paths, err)
	}
	want := map[string][]string{blob: {"jobs/copy.yaml"}}
	if copies, err := h.Copies(t.Context(), []string{blob}); err != nil || cmp.Diff(want, copies) != "" {
		t.Errorf("copies %v, %v", copies, err)
	}
}

// What is not committed has removed nothing.
func TestChangesThatAreNotCommitted(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(r *repository){
		"changed":     func(r *repository) { r.write("jobs/job.yaml", "name: warm\n") },
		"removed":     func(r *repository) { r.git("rm", "-q", "jobs/job.yaml") },
		"there again": func(r *repository) { r.git("rm", "-q", "jobs/job.yaml"); r.commit(); r.write("jobs/job.yaml", "x") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepository(t)
			first := r.git("rev-parse", "HEAD")
			r.write("jobs/job.yaml", "name: cold\n")
			r.commit()
			change(r)
			if got, err := r.history().Changed(t.Context(), first, "jobs/job.yaml"); err != nil || got != "" {
				t.Errorf("changed in %q, %v", got, err)
			}
		})
	}
}

func TestShallowHistory(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.commit()
	clone := filepath.Join(filepath.Dir(r.dir), "clone")
	r.git("clone", "-q", "--depth=1", "file://"+filepath.ToSlash(r.dir), clone)
	finder := source.Finder{Environ: r.environ, Getenv: func(string) string { return "" }}
	var shallow *source.ShallowError
	if _, err := finder.History(t.Context(), clone); !errors.As(err, &shallow) || shallow.Hint() == "" {
		t.Errorf("got %v", err)
	}
	if _, err := finder.History(t.Context(), filepath.Dir(r.dir)); err == nil {
		t.Error("a history without a repository")
	}
}

// A checkout of an old commit says nothing about what its branch wants.
func TestNewest(t *testing.T) {
	t.Parallel()
	const main = "refs/remotes/origin/main"
	for name, tc := range map[string]struct {
		change   func(r *repository, second, third string)
		pipeline bool
		fine     bool
		newer    int // 3 for the third commit
	}{
		"no remote":                {func(*repository, string, string) {}, false, true, 0},
		"no remote, in a pipeline": {func(*repository, string, string) {}, true, false, 0},
		"the newest":               {func(r *repository, _, third string) { r.git("update-ref", main, third) }, true, true, 0},
		"before the remote":        {func(r *repository, second, _ string) { r.git("update-ref", main, second) }, false, true, 0},
		"behind the remote": {func(r *repository, second, third string) {
			r.git("update-ref", main, third)
			r.git("reset", "-q", "--hard", second)
		}, false, false, 3},
		"the commit of an old run": {func(r *repository, second, third string) {
			r.git("update-ref", main, third)
			r.git("checkout", "-q", second)
		}, true, false, 3},
		"a checkout that put it back": {func(r *repository, second, third string) {
			r.git("update-ref", main, third)
			r.git("update-ref", main, second)
			r.git("checkout", "-q", second)
		}, true, false, 3},
		"another way than the remote's": {func(r *repository, second, third string) {
			r.git("update-ref", main, third)
			r.git("reset", "-q", "--hard", second)
			r.write("other.txt", "x")
			r.commit()
		}, false, false, 3},
		"a branch that began anew": {func(r *repository, second, third string) {
			r.git("update-ref", main, third)
			r.git("reset", "-q", "--hard", second)
			r.write("other.txt", "x")
			r.git("update-ref", main, r.commit())
		}, true, true, 0},
		"no branch": {func(r *repository, _, _ string) { r.git("checkout", "-q", "--detach") }, false, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepository(t)
			second, third := r.commit(), r.commit()
			tc.change(r, second, third)
			variables := map[string]string{}
			if tc.pipeline {
				variables = map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_SHA": r.git("rev-parse", "HEAD"), "GITHUB_REF": "refs/heads/main"}
			}
			finder := source.Finder{Environ: r.environ, Getenv: func(name string) string { return variables[name] }}
			h, err := finder.History(t.Context(), r.dir)
			if err != nil {
				t.Fatal(err)
			}
			err = h.Newest(t.Context())
			var stale *source.StaleError
			switch {
			case (err == nil) != tc.fine:
				t.Errorf("got %v", err)
			case !tc.fine && (!errors.As(err, &stale) || stale.Hint() == "" || (stale.Newer == third) != (tc.newer == 3)):
				t.Errorf("got %v", err)
			}
		})
	}
}
