package arch

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// moduleRoot is the module's folder, seen from this package.
const moduleRoot = "../.."

// check is one rule about the source text.
type check struct {
	rule string
	find func(tree) []finding
}

func checks() []check {
	return []check{
		{"imports go one way through the layers", checkLayers},
		{"rooms do not know each other", checkRooms},
		{"every outside module has an owner", checkOwners},
		{"test tools do not ship", checkLinked},
		{"packages are named after what they answer", checkGenericNames},
		{"files are short", checkFileSize},
		{"packages are small", checkPackageSize},
		{"verbs are short", checkVerbs},
		{"one type Platform a floor", checkPlatforms},
		{"functions are short", checkFunctionSize},
		{"functions take few parameters", checkParameters},
		{"exported functions take no bool", checkBoolParameters},
		{"nothing runs before main", checkInit},
		{"only cmd touches the process", checkProcess},
		{"messages name no Go types", checkTypeNames},
		{"package variables do not change", checkVariables},
		{"no context is used after the end of its group", checkGroupContexts},
		{"fakes obey their contexts", checkFakes},
		{"every package has a comment", checkPackageComments},
		{"every exported name has a comment", checkComments},
		{"comments put nothing off", checkPromises},
	}
}

func TestSource(t *testing.T) {
	t.Parallel()
	source, err := readTree(moduleRoot)
	if err != nil {
		t.Fatal(err)
	}
	if len(source) == 0 {
		t.Fatal("found no Go files")
	}
	for _, c := range checks() {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			report(t, c.find(source))
		})
	}
}

func report(t *testing.T, found []finding) {
	t.Helper()
	for _, line := range sortedText(found) {
		t.Error(line)
	}
}

func sortedText(found []finding) []string {
	slices.SortFunc(found, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.line, b.line), cmp.Compare(a.text, b.text))
	})
	var lines []string
	for _, f := range found {
		lines = append(lines, f.String())
	}
	return lines
}

// TestTopLevel keeps the top of the repository as the customer wants it.
func TestTopLevel(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(moduleRoot)
	if err != nil {
		t.Fatal(err)
	}
	ignored, err := os.ReadFile(moduleRoot + "/.gitignore")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	report(t, checkTopLevel(names, string(ignored)))
}

// checkTopLevel finds names that do not belong at the top of the repository.
// Hidden ones may stand there, and what .gitignore names as /NAME. GitHub looks for
// action.yml there and nowhere else.
func checkTopLevel(names []string, ignored string) []finding {
	allowed := strings.Fields("go.mod go.sum cmd spec resolver executor schema examples testdata internal README.md LICENSE action.yml")
	var found []finding
	for _, name := range names {
		known := slices.Contains(allowed, name) || strings.HasPrefix(name, ".")
		if !known && !slices.Contains(strings.Fields(ignored), "/"+name) {
			found = append(found, finding{path: name, text: "does not belong at the top level, which holds only: " + strings.Join(allowed, " ")})
		}
	}
	return found
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
