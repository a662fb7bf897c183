package locking_test

import (
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/locking"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/workspace"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/spec/lock"
)

// seller sells one version of two analyses, on one core type.
type seller struct{ version string }

func (s seller) Analyses(ctx context.Context) ([]rescale.Analysis, error) {
	versions := []rescale.Version{{Version: "R" + s.version, VersionCode: s.version}}
	return []rescale.Analysis{{Code: "solver", Versions: versions}, {Code: "mesher", Versions: versions}}, ctx.Err()
}

func (seller) CoreTypes(ctx context.Context) ([]rescale.CoreType, error) {
	return []rescale.CoreType{{Code: "big", Cores: []int{4}, Price: 0.5, LowPriorityPrice: 0.2, Active: true}}, ctx.Err()
}

func (seller) ComputePrices(ctx context.Context) ([]rescale.Price, error) { return nil, ctx.Err() }

// disk makes files; a name that ends in a slash is a folder.
func disk(t *testing.T, texts map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range texts {
		path := filepath.Join(root, filepath.FromSlash(name))
		folder := filepath.Dir(path)
		if strings.HasSuffix(name, "/") {
			folder = path
		}
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if folder == path {
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func manifest(name, analysis string) string {
	return "version: 1\nname: " + name + "\nanalysis: {code: " + analysis + "}\nhardware: {coreType: big, coresPerSlot: 4}\ncommand: run\n"
}

func work(t *testing.T, scope options.Scope, version string) locking.Work {
	t.Helper()
	around := workspace.Surroundings{Getenv: func(string) string { return "" }, Notice: func(line string) { t.Error(line) }, Warn: func(line string) { t.Error(line) }}
	w, err := around.Load(scope)
	if err != nil {
		t.Fatal(err)
	}
	return locking.Work{Workspace: w, Catalogs: seller{version}, Day: "2026-11-01"}
}

// given are manifests of a folder, by names below it.
func given(root string, names ...string) options.Scope {
	var scope options.Scope
	for _, name := range names {
		scope.Files = append(scope.Files, filepath.Join(root, filepath.FromSlash(name)))
	}
	return scope
}

// locked are the codes of every lock below a folder, by its path.
func locked(t *testing.T, root string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.Contains(filepath.Base(path), lock.Name) {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(root, path) // both are below one folder
		var codes []string
		for line := range strings.Lines(string(text)) {
			if code, ok := strings.CutPrefix(line, "  - code: "); ok {
				codes = append(codes, strings.TrimSpace(code))
			}
		}
		found[filepath.ToSlash(rel)] = strings.Join(codes, " ")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestWhereLocksAre: one manifest has one lock, however it is named.
func TestWhereLocksAre(t *testing.T) {
	t.Parallel()
	texts := map[string]string{"a/job.yaml": manifest("a", "solver"), "a/more.yaml": manifest("more", "mesher"), "b/job.yaml": manifest("b", "mesher")}
	for name, tc := range map[string]struct {
		more  map[string]string
		names []string
		want  map[string]string
	}{
		"beside the manifest":         {map[string]string{".git/": ""}, []string{"a/job.yaml", "b"}, map[string]string{"a/rescale.lock.yaml": "solver big", "b/rescale.lock.yaml": "mesher big"}},
		"in the given folder":         {map[string]string{".git/": ""}, []string{"."}, map[string]string{"rescale.lock.yaml": "mesher solver big"}},
		"that of a folder above":      {map[string]string{".git/": "", lock.Name: "formatVersion: 1\n"}, []string{"a/job.yaml"}, map[string]string{"rescale.lock.yaml": "solver big"}},
		"the nearest":                 {map[string]string{".git/": "", lock.Name: "formatVersion: 1\n", "a/" + lock.Name: "formatVersion: 1\n"}, []string{"a/job.yaml"}, map[string]string{"rescale.lock.yaml": "", "a/rescale.lock.yaml": "solver big"}},
		"none above the repository":   {map[string]string{"a/.git/": "", lock.Name: "formatVersion: 1\n"}, []string{"a"}, map[string]string{"rescale.lock.yaml": "", "a/rescale.lock.yaml": "mesher solver big"}},
		"no repository: its own only": {map[string]string{lock.Name: "formatVersion: 1\n"}, []string{"."}, map[string]string{"rescale.lock.yaml": "", "a/rescale.lock.yaml": "mesher solver big", "b/rescale.lock.yaml": "mesher big"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := maps.Clone(texts)
			maps.Copy(all, tc.more)
			root := disk(t, all)
			scope := given(root, tc.names...)
			scope.Recursive = true
			for range 2 { // the second time finds what the first one wrote
				if _, err := work(t, scope, "1").Lock(t.Context()); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, locked(t, root)); diff != "" {
					t.Errorf("locks (-want +got)\n%s", diff)
				}
			}
		})
	}
}

// TestUnused: entries go only where it is known that nothing uses them.
func TestUnused(t *testing.T) {
	t.Parallel()
	const former = "formatVersion: 1\nanalyses: [{code: former, version: '1', since: 2026-01-01}]\n"
	for name, tc := range map[string]struct {
		names     []string
		recursive bool
		targets   []string
		below     string
		kept      bool
	}{
		"a manifest":           {[]string{"job.yaml"}, false, nil, "", true},
		"the folder":           {[]string{"."}, false, nil, "", false},
		"with folders in it":   {[]string{"."}, false, nil, "sub/", true},
		"and all of them":      {[]string{"."}, true, nil, "sub/", false},
		"some jobs of it only": {[]string{"."}, false, []string{"heat"}, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			texts := map[string]string{"job.yaml": manifest("heat", "solver"), lock.Name: former}
			if tc.below != "" {
				texts[tc.below] = ""
			}
			root := disk(t, texts)
			scope := given(root, tc.names...)
			scope.Recursive, scope.Targets = tc.recursive, tc.targets
			report, err := work(t, scope, "1").Lock(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.HasPrefix(locked(t, root)[lock.Name], "former "); got != tc.kept || (len(report[0].Kept) > 0) != tc.kept {
				t.Errorf("kept: %v, told %+v", got, report[0].Kept)
			}
		})
	}
}

// TestUpdate writes what changed and nothing else, over a file that keeps its mode.
func TestUpdate(t *testing.T) {
	t.Parallel()
	root := disk(t, map[string]string{"job.yaml": manifest("heat", "solver"), "more.yaml": manifest("mesh", "mesher")})
	path := filepath.Join(root, lock.Name)
	scope := given(root, "job.yaml", "more.yaml")
	if _, err := work(t, scope, "1").Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	report, err := work(t, scope, "2").Update(t.Context(), []string{"mesher"})
	if err != nil {
		t.Fatal(err)
	}
	var text, object bytes.Buffer
	report.Text(&text)
	const want = ": 1 change\n  the newest version of mesher was 1 on 2026-11-01 and is 2 now\n  kept: the newest version of solver was 1 on 2026-11-01 and is 2 now\n"
	if got := strings.TrimPrefix(text.String(), path); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := report.JSON(&object); err != nil || !strings.Contains(object.String(), `"code": "mesher"`) {
		t.Errorf("%v %s", err, object.String())
	}
	after, _ := os.ReadFile(path)
	if diff := cmp.Diff(strings.Replace(string(before), `version: "1"`, `version: "2"`, 1), string(after)); diff != "" {
		t.Errorf("text (-want +got)\n%s", diff)
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o640 {
		t.Errorf("%v %v", err, info.Mode())
	}
	if _, err := work(t, scope, "2").Update(t.Context(), []string{"mehser"}); exit.Of(err) != exit.Usage {
		t.Errorf("an unknown code: %v", err)
	}
	if files, _ := filepath.Glob(filepath.Join(root, ".*")); len(files) > 0 {
		t.Errorf("left behind: %v", files)
	}
}

// TestRefused: nothing is written where a lock is no file, and what the catalog does not
// sell is a problem of the manifest.
func TestRefused(t *testing.T) {
	t.Parallel()
	root := disk(t, map[string]string{"job.yaml": manifest("heat", "solver"), "none/job.yaml": manifest("lost", "nothing"), "odd/job.yaml": manifest("odd", "solver"), "odd/" + lock.Name + "/": ""})
	for name, file := range map[string]string{"an analysis that nobody sells": "none/job.yaml", "a folder": "odd/job.yaml"} {
		if _, err := work(t, given(root, file), "1").Lock(t.Context()); exit.Of(err) != exit.Usage {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := work(t, given(root, "job.yaml"), "1").Lock(ctx); exit.Of(err) != exit.Interrupted {
		t.Errorf("cancelled: %v", err)
	}
	if diff := cmp.Diff(map[string]string{}, locked(t, filepath.Join(root, "none"))); diff != "" {
		t.Error(diff)
	}
}
