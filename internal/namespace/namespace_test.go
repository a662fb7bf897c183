package namespace_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/namespace"
)

// folder is a new folder without links in its path, where git is. The tests are
// skipped on a machine without git, but not where they are to prove something.
func folder(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil && os.Getenv("CI") == "" {
		t.Skip("there is no git on this machine")
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// git runs git without the settings of the person who tests.
func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "protocol.file.allow=always"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// repository makes one with an origin.
func repository(t *testing.T, dir, origin string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "init", "-q")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "start")
	if origin != "" {
		git(t, dir, "remote", "add", "origin", origin)
	}
}

// of is the namespace of a manifest as a new process finds it.
func of(t *testing.T, parts ...string) (string, error) {
	t.Helper()
	finder := namespace.Finder{Environ: append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull)}
	return finder.Of(t.Context(), filepath.Join(parts...))
}

const origin = "git@github.com:acme/sims.git"

func TestNamespaces(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		make     func(t *testing.T, dir string)
		manifest string
		want     string
	}{
		"no repository": {
			make: func(*testing.T, string) {}, manifest: "case1/job.yaml", want: "case1/job.yaml",
		},
		"top folder": {
			make: func(t *testing.T, dir string) { t.Helper(); repository(t, dir, origin) }, manifest: "job.yaml", want: "github.com/acme/sims/job.yaml",
		},
		"subfolder": {
			make: func(t *testing.T, dir string) { t.Helper(); repository(t, dir, origin) }, manifest: "jobs/heat/job.yaml", want: "github.com/acme/sims/jobs/heat/job.yaml",
		},
		"standard input": {
			make: func(t *testing.T, dir string) { t.Helper(); repository(t, dir, origin) }, manifest: "jobs/stdin", want: "github.com/acme/sims/jobs/stdin",
		},
		"no remote": {
			make: func(t *testing.T, dir string) { t.Helper(); repository(t, dir, "") }, manifest: "case1/job.yaml", want: "case1/job.yaml",
		},
		"another remote": {
			make: func(t *testing.T, dir string) {
				t.Helper()
				repository(t, dir, "")
				git(t, dir, "remote", "add", "upstream", origin)
			},
			manifest: "case1/job.yaml", want: "case1/job.yaml",
		},
		"a remote without address": {
			make: func(t *testing.T, dir string) {
				t.Helper()
				repository(t, dir, "")
				git(t, dir, "config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
			},
			manifest: "case1/job.yaml", want: "case1/job.yaml",
		},
		"several addresses": {
			make: func(t *testing.T, dir string) {
				t.Helper()
				repository(t, dir, origin)
				git(t, dir, "remote", "set-url", "--add", "origin", "https://mirror.example.com/sims")
				git(t, dir, "remote", "set-url", "--push", "origin", "https://push.example.com/sims")
			},
			manifest: "job.yaml", want: "github.com/acme/sims/job.yaml",
		},
		"only some objects": {
			make: func(t *testing.T, dir string) {
				t.Helper()
				repository(t, dir, origin)
				git(t, dir, "config", "remote.origin.promisor", "true")
				git(t, dir, "config", "remote.origin.partialclonefilter", "blob:none")
			},
			manifest: "job.yaml", want: "github.com/acme/sims/job.yaml",
		},
		"an abbreviation": {
			make: func(t *testing.T, dir string) {
				t.Helper()
				repository(t, dir, "gh:acme/sims")
				git(t, dir, "config", "url.https://github.com/.insteadOf", "gh:")
			},
			manifest: "job.yaml", want: "github.com/acme/sims/job.yaml",
		},
		"worktree": {
			make: func(t *testing.T, dir string) {
				t.Helper()
				repository(t, filepath.Join(dir, "main"), origin)
				git(t, filepath.Join(dir, "main"), "worktree", "add", "-q", "../tree")
			},
			manifest: "tree/jobs/job.yaml", want: "github.com/acme/sims/jobs/job.yaml",
		},
		"submodule": {
			make: func(t *testing.T, dir string) {
				t.Helper()
				repository(t, filepath.Join(dir, "part"), "")
				repository(t, filepath.Join(dir, "main"), origin)
				git(t, filepath.Join(dir, "main"), "submodule", "--quiet", "add", filepath.Join(dir, "part"), "sub")
				git(t, filepath.Join(dir, "main", "sub"), "remote", "set-url", "origin", "https://host/acme/part")
			},
			manifest: "main/sub/jobs/job.yaml", want: "host/acme/part/jobs/job.yaml",
		},
		"a repository in a repository": {
			make: func(t *testing.T, dir string) {
				t.Helper()
				repository(t, dir, origin)
				repository(t, filepath.Join(dir, "inner"), "")
			},
			manifest: "inner/job.yaml", want: "inner/job.yaml",
		},
		"no commit": {
			make: func(t *testing.T, dir string) {
				t.Helper()
				git(t, dir, "init", "-q")
				git(t, dir, "remote", "add", "origin", origin)
			},
			manifest: "job.yaml", want: "github.com/acme/sims/job.yaml",
		},
		"a clone of a folder": {
			make: func(t *testing.T, dir string) {
				t.Helper()
				repository(t, filepath.Join(dir, "sims"), "")
				git(t, dir, "clone", "-q", "sims", "copy")
			},
			manifest: "copy/jobs/job.yaml", want: "sims/jobs/job.yaml",
		},
		"what is no text": {
			make: func(t *testing.T, dir string) { t.Helper(); repository(t, dir, origin) }, manifest: "größe/a\x1bb\xff.yaml", want: "github.com/acme/sims/größe/a%1Bb%FF.yaml",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t)
			tc.make(t, dir)
			if got, err := of(t, dir, filepath.FromSlash(tc.manifest)); err != nil || got != tc.want {
				t.Errorf("namespace %q, %v; want %q", got, err, tc.want)
			}
		})
	}
}

// A repository that cannot be read is an error, also where one further up could be,
// and never tells a token.
func TestUnreadableRepositories(t *testing.T) {
	t.Parallel()
	const secret = "s3cret"
	write := func(text string, path ...string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			if err := os.WriteFile(filepath.Join(append([]string{dir}, path...)...), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	remove := func(path ...string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			if err := os.RemoveAll(filepath.Join(append([]string{dir}, path...)...)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, damage := range map[string]func(*testing.T, string){
		"empty folder": func(t *testing.T, dir string) {
			t.Helper()
			remove(".git")(t, dir)
			if err := os.Mkdir(filepath.Join(dir, ".git"), 0o755); err != nil {
				t.Fatal(err)
			}
		},
		"a file of something else": func(t *testing.T, dir string) { t.Helper(); remove(".git")(t, dir); write("x", ".git")(t, dir) },
		"a folder that is gone": func(t *testing.T, dir string) {
			t.Helper()
			remove(".git")(t, dir)
			write("gitdir: /gone/x\n", ".git")(t, dir)
		},
		"no HEAD":      remove(".git", "HEAD"),
		"bad HEAD":     write("x", ".git", "HEAD"),
		"no objects":   remove(".git", "objects"),
		"no config":    remove(".git", "config"),
		"bad config":   write("[remote \"origin\"]\n\turl = https://ada:"+secret+"@host/x\n[core\n", ".git", "config"),
		"bad value":    write("[core]\n\trepositoryformatversion = https://ada:"+secret+"@host/x\n", ".git", "config"),
		"a newer form": write("[core]\n\trepositoryformatversion = 99\n", ".git", "config"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			above := folder(t)
			repository(t, above, origin)
			dir := filepath.Join(above, "sims")
			repository(t, dir, "https://ada:"+secret+"@github.com/acme/sims")
			damage(t, dir)
			got, err := of(t, dir, "jobs", "job.yaml")
			var unreadable *namespace.UnreadableError
			if !errors.As(err, &unreadable) || got != "" {
				t.Fatalf("namespace %q, %v", got, err)
			}
			text := err.Error() + unreadable.Hint()
			if !strings.Contains(text, filepath.Join(dir, ".git")) || !strings.HasSuffix(text, "write into the manifest: namespace: sims/jobs/job.yaml") {
				t.Errorf("error: %v\nhint: %s", err, unreadable.Hint())
			}
			if strings.Contains(text, secret) {
				t.Errorf("a token in %s", text)
			}
		})
	}
}

func TestForbiddenRepository(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("whoever may read everything is refused nothing")
	}
	dir := folder(t)
	repository(t, dir, origin)
	closed := filepath.Join(dir, ".git")
	if err := os.Chmod(closed, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(closed, 0o755) })
	if got, err := of(t, dir, "job.yaml"); err == nil {
		t.Errorf("namespace %q", got)
	}
}

// Without git a repository cannot be read, and where there is none nobody misses it.
func TestNoGitProgram(t *testing.T) {
	dir := folder(t)
	repository(t, filepath.Join(dir, "my sims"), origin)
	t.Setenv("PATH", dir)
	_, err := of(t, dir, "my sims", "job.yaml")
	var unreadable *namespace.UnreadableError
	if !errors.As(err, &unreadable) {
		t.Fatalf("error: %v", err)
	}
	if got, want := unreadable.Hint(), `install git, or write into the manifest: namespace: "my sims/job.yaml"`; got != want {
		t.Errorf("hint %s\nwant %s", got, want)
	}
	if got, err := of(t, dir, "case1", "job.yaml"); err != nil || got != "case1/job.yaml" {
		t.Errorf("namespace %q, %v", got, err)
	}
}

// A hook of git has variables that name a repository.
func TestVariablesOfGitDoNotCount(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	repository(t, filepath.Join(dir, "a"), origin)
	repository(t, filepath.Join(dir, "b"), "https://host/b")
	finder := namespace.Finder{Environ: append(
		os.Environ(), "GIT_DIR="+filepath.Join(dir, "b", ".git"), "GIT_WORK_TREE="+filepath.Join(dir, "b"), "GIT_COMMON_DIR="+filepath.Join(dir, "b", ".git"),
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=url.https://host/.insteadOf", "GIT_CONFIG_VALUE_0=git@github.com:", "GIT_CEILING_DIRECTORIES="+dir, "git_dir=x",
	)}
	if got, err := finder.Of(t.Context(), filepath.Join(dir, "a", "job.yaml")); err != nil || got != "github.com/acme/sims/job.yaml" {
		t.Errorf("namespace %q, %v", got, err)
	}
}

// A repository is asked once: taking it away in between is not noticed.
func TestRepositoryIsAskedOnce(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	repository(t, dir, origin)
	finder := namespace.Finder{Environ: os.Environ()}
	for i, manifest := range []string{"a/job.yaml", "b/job.yaml", "c.yaml"} {
		got, err := finder.Of(t.Context(), filepath.Join(dir, filepath.FromSlash(manifest)))
		if err != nil || got != "github.com/acme/sims/"+manifest {
			t.Errorf("namespace %q, %v", got, err)
		}
		if i == 0 {
			git(t, dir, "remote", "remove", "origin")
		}
	}
}

func TestInterruptedFinder(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	repository(t, dir, origin)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var finder namespace.Finder
	var unreadable *namespace.UnreadableError
	if _, err := finder.Of(ctx, filepath.Join(dir, "job.yaml")); !errors.Is(err, context.Canceled) || errors.As(err, &unreadable) {
		t.Errorf("error: %v", err)
	}
}
