package topics_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app/topics"
)

const root = "../../.."

// TestEveryPageIsATopic compares the pages with the names that help offers.
func TestEveryPageIsATopic(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("text/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for i, page := range pages {
		pages[i] = strings.TrimSuffix(filepath.Base(page), ".txt")
		if topics.Text(pages[i]) == "" {
			t.Errorf("page %s is empty", pages[i])
		}
	}
	if diff := cmp.Diff(topics.Names(), pages); diff != "" {
		t.Errorf("topics (-names +pages):\n%s", diff)
	}
	if text := topics.Text("../topics"); text != "" {
		t.Errorf("a path is a topic: %q", text)
	}
}

// TestTheRecordNamesEveryStory holds the record of faults against the stories that the
// simulation keeps: none is missing, and none is made up.
func TestTheRecordNamesEveryStory(t *testing.T) {
	t.Parallel()
	_, record, found := strings.Cut(topics.Text("guarantee"), "\nThe record\n")
	if !found {
		t.Fatal("the page has no record")
	}
	var told []string
	for line := range strings.Lines(record) {
		if names, of := strings.CutPrefix(strings.TrimSpace(line), "story "); of {
			told = append(told, strings.Split(strings.TrimSpace(names), ", ")...)
		}
	}
	kept, err := filepath.Glob(root + "/executor/sim/testdata/kept/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range kept {
		kept[i] = strings.TrimSuffix(filepath.Base(name), ".json")
	}
	slices.Sort(told)
	if diff := cmp.Diff(kept, told); diff != "" {
		t.Errorf("stories (-kept +in the record):\n%s", diff)
	}
}

// TestTheTestsThatAPageNamesExist looks for each of them.
func TestTheTestsThatAPageNamesExist(t *testing.T) {
	t.Parallel()
	var tests strings.Builder
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		tests.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`\bTest[A-Z]\w+`).FindAllString(topics.Text("guarantee"), -1)
	if len(names) < 5 {
		t.Errorf("the page names the tests %v only", names)
	}
	for _, name := range names {
		if !strings.Contains(tests.String(), "func "+name+"(") {
			t.Errorf("there is no %s", name)
		}
	}
}
