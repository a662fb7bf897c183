package spec_test

import (
	"errors"
	"flag"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
	"github.com/rescale-apply/rescale-apply/spec/places"
)

var update = flag.Bool("update", false, "write the expected outputs of testdata/manifest")

const corpus = "../testdata/manifest"

// sources reads a manifest, or all manifests of a folder, under their base names.
func sources(tb testing.TB, path string) []diag.Source {
	tb.Helper()
	files := []string{path}
	if info, err := os.Stat(path); err != nil {
		tb.Fatal(err)
	} else if info.IsDir() {
		if files, err = filepath.Glob(filepath.Join(path, "*.yaml")); err != nil {
			tb.Fatal(err)
		}
	}
	var all []diag.Source
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, diag.Source{Name: filepath.Base(file), Dir: filepath.Dir(file), Text: text})
	}
	return all
}

// load reads a case: manifests, the tables that they name, and for a folder the
// file vars.yaml in it as a file of variables. It gives all texts that it read.
func load(tb testing.TB, path string) ([]spec.Job, diag.List, []diag.Source) {
	tb.Helper()
	texts := sources(tb, path)
	loader := spec.Loader{Open: func(_, name string) (diag.Source, error) {
		text, err := os.ReadFile(name)
		table := diag.Source{Name: filepath.Base(name), Text: text}
		texts = append(texts, table)
		return table, err
	}, Find: globbed}
	var manifests []diag.Source
	for _, src := range texts {
		if src.Name == "vars.yaml" {
			loader.Files = append(loader.Files, src)
			continue
		}
		manifests = append(manifests, src)
	}
	jobs, list := loader.Load(manifests)
	return jobs, list, texts
}

// globbed finds places as simply as the library does.
func globbed(q places.Query) (found []places.Place, err error) {
	names, err := filepath.Glob(filepath.Join(q.Dir, q.Pattern))
	for _, name := range names {
		info, err := os.Stat(name)
		rel, errRel := filepath.Rel(q.Dir, name)
		if err != nil || errRel != nil {
			return nil, errors.Join(err, errRel)
		}
		if rel = filepath.ToSlash(rel); info.IsDir() == (q.Kind == places.Folders) {
			found = append(found, places.Place{Path: rel, Begin: path.Dir(rel)})
		}
	}
	if len(found) == 0 && err == nil {
		err = &places.NoneError{Query: q}
	}
	return found, err
}

func printed(sources []diag.Source, list diag.List) string {
	var out strings.Builder
	diag.Printer{Sources: sources}.Print(&out, list)
	return out.String()
}

func TestGoodManifests(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(corpus + "/ok/*.yaml")
	if err != nil || len(files) < 12 {
		t.Fatalf("%d good manifests, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			jobs, list, src := load(t, file)
			if len(list) > 0 {
				t.Errorf("a good manifest has problems:\n%s", printed(src, list))
			}
			if len(jobs) == 0 {
				t.Error("no job was read")
			}
		})
	}
}

// TestBadManifests compares everything that is printed, so that the words, the
// carets and the hints are read by a person in every review.
func TestBadManifests(t *testing.T) {
	t.Parallel()
	for _, path := range badManifests(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			jobs, list, src := load(t, path)
			if len(jobs) > 0 {
				t.Errorf("%d jobs in spite of problems", len(jobs))
			}
			got, golden := printed(src, list), strings.TrimSuffix(path, ".yaml")+".out"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("printed (-want +got), go test ./spec -update accepts it:\n%s", diff)
			}
			if rule := ruleOf(path); !strings.Contains(got, "["+string(rule)+"]") {
				t.Errorf("no problem of rule %q:\n%s", rule, got)
			}
		})
	}
}

// badManifests returns every case: a manifest, or a folder of manifests.
func badManifests(tb testing.TB) []string {
	tb.Helper()
	entries, err := os.ReadDir(corpus + "/bad/offline")
	if err != nil {
		tb.Fatal(err)
	}
	var paths []string
	for _, e := range entries {
		if e.IsDir() || strings.HasSuffix(e.Name(), ".yaml") {
			paths = append(paths, filepath.Join(corpus, "bad", "offline", e.Name()))
		}
	}
	return paths
}

// ruleOf reads the rule from RULE.yaml or RULE-variant.yaml.
func ruleOf(path string) diag.Rule {
	name := strings.TrimSuffix(filepath.Base(path), ".yaml")
	var best diag.Rule
	for _, rule := range diag.Rules() {
		if (name == string(rule) || strings.HasPrefix(name, string(rule)+"-")) && len(rule) > len(best) {
			best = rule
		}
	}
	return best
}

// offline are the rules that need neither files nor the platform.
func offline() []diag.Rule {
	rules := diag.Rules()
	return rules[:slices.Index(rules, diag.MissingInput)]
}

func TestEveryOfflineRuleHasACase(t *testing.T) {
	t.Parallel()
	cases := make(map[diag.Rule]int)
	for _, path := range badManifests(t) {
		cases[ruleOf(path)]++
	}
	for _, rule := range offline() {
		if cases[rule] == 0 {
			t.Errorf("rule %q has no case in testdata/manifest/bad/offline", rule)
		}
	}
	if n := cases[""]; n > 0 {
		t.Errorf("%d cases are named after no rule", n)
	}
}

func TestEveryExpectationHasACase(t *testing.T) {
	t.Parallel()
	outs, err := filepath.Glob(corpus + "/bad/offline/*.out")
	if err != nil {
		t.Fatal(err)
	}
	cases := badManifests(t)
	for _, out := range outs {
		name := strings.TrimSuffix(out, ".out")
		if !slices.Contains(cases, name) && !slices.Contains(cases, name+".yaml") {
			t.Errorf("%s belongs to no manifest", out)
		}
	}
}
