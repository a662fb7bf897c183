package arch

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// example is a small module and what a check must find in it.
type example struct {
	find  func(tree) []finding
	files map[string]string
	want  []string
}

func run(t *testing.T, examples map[string]example) {
	t.Helper()
	for name, tc := range examples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, err := parseTree(tc.files)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, sortedText(tc.find(source))); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// one is a module of one file.
func one(path, text string) map[string]string { return map[string]string{path: text} }

func importing(pkg string, paths ...string) string {
	text := "package " + pkg + "\n"
	for _, path := range paths {
		text += "import _ \"" + strings.Replace(path, "OURS", modulePath, 1) + "\"\n"
	}
	return text
}

func TestCheckLayers(t *testing.T) {
	t.Parallel()
	const specRule = "spec is pure: no file system, no network; it may import schema, internal/yamlsrc, internal/diag, internal/glob"
	run(t, map[string]example{
		"downwards": {find: checkLayers, files: map[string]string{
			"cmd/x/main.go":          importing("main", "OURS/internal/app", "fmt"),
			"internal/app/app.go":    importing("app", "OURS/executor", "OURS/internal/app/sub"),
			"internal/app/sub/x.go":  importing("sub", "OURS/internal/diag"),
			"executor/x.go":          importing("executor", "OURS/resolver"),
			"internal/emulator/x.go": importing("emulator", "OURS/internal/emulator/store"),
		}},
		"upwards": {
			find:  checkLayers,
			files: one("spec/x.go", importing("spec", "OURS/internal/content")),
			want:  []string{"spec/x.go:2: spec -> internal/content: " + specRule},
		},
		"the chain from the program": {
			find: checkLayers,
			files: map[string]string{
				"cmd/x/main.go":       importing("main", "OURS/internal/app"),
				"internal/app/app.go": importing("app", "OURS/spec"),
				"spec/x.go":           importing("spec", "OURS/executor"),
			},
			want: []string{"spec/x.go:2: cmd/x -> internal/app -> spec -> executor: " + specRule},
		},
		"the emulator and the client": {
			find: checkLayers,
			files: map[string]string{
				"internal/emulator/x.go":      importing("emulator", "OURS/internal/rescale"),
				"internal/emulator/x_test.go": importing("emulator", "OURS/internal/rescale"),
			},
			want: []string{
				"internal/emulator/x.go:2: internal/emulator -> internal/rescale: the emulator is a leaf: wire structs shared with the client would let a wrong JSON tag pass every test; it may import nothing of ours",
				"internal/emulator/x_test.go:2: internal/emulator -> internal/rescale: the emulator is a leaf: wire structs shared with the client would let a wrong JSON tag pass every test; it may import nothing of ours",
			},
		},
		"files of another system": {
			find:  checkLayers,
			files: one("schema/x_windows.go", "//go:build windows\n\n"+importing("schema", "OURS/spec")),
			want:  []string{"schema/x_windows.go:4: schema -> spec: schema imports nothing of ours; it may import nothing of ours"},
		},
		"tests may use test tools": {
			find: checkLayers,
			files: map[string]string{
				"spec/x_test.go":             importing("spec", "OURS/internal/golden"),
				"internal/rescale/x_test.go": importing("rescale", "OURS/internal/emulator"),
				"examples/x_test.go":         importing("examples_test", "OURS/internal/app"),
			},
		},
		"code that ships may not": {
			find:  checkLayers,
			files: one("spec/x.go", importing("spec", "OURS/internal/golden")),
			want:  []string{"spec/x.go:2: spec -> internal/golden: " + specRule},
		},
		"a folder without a layer": {
			find:  checkLayers,
			files: one("internal/extra/x.go", importing("extra")),
			want:  []string{"internal/extra/x.go: no layer holds this folder; give it one in internal/arch, or move the file"},
		},
	})
}

func TestCheckImports(t *testing.T) {
	t.Parallel()
	run(t, map[string]example{
		"an owned module": {find: checkOwners, files: one("internal/yamlsrc/x.go", importing("yamlsrc", "gopkg.in/yaml.v3", "strings"))},
		"a module of another layer": {
			find:  checkOwners,
			files: one("spec/x.go", importing("spec", "gopkg.in/yaml.v3")),
			want:  []string{"spec/x.go:2: spec -> gopkg.in/yaml.v3: only internal/yamlsrc may import it"},
		},
		"an owned module in a test elsewhere": {
			find:  checkOwners,
			files: one("spec/x_test.go", importing("spec", "github.com/santhosh-tekuri/jsonschema/v5")),
			want:  []string{"spec/x_test.go:2: spec -> github.com/santhosh-tekuri/jsonschema/v5: only schema, internal/golden may import it"},
		},
		"a module nobody knows": {
			find:  checkOwners,
			files: one("spec/x.go", importing("spec", "example.com/new")),
			want:  []string{"spec/x.go:2: spec -> example.com/new: no layer owns this module; give it an owner in internal/arch"},
		},
		"test libraries": {
			find: checkOwners,
			files: map[string]string{
				"spec/x.go":      importing("spec", "github.com/rogpeppe/go-internal/testscript"),
				"spec/x_test.go": importing("spec", "github.com/google/go-cmp/cmp", "github.com/rogpeppe/go-internal/testscript"),
			},
			want: []string{"spec/x.go:2: spec -> github.com/rogpeppe/go-internal/testscript: only tests may import it"},
		},
		"testing ships": {
			find: checkLinked,
			files: map[string]string{
				"spec/x.go":            importing("spec", "testing/fstest"),
				"internal/golden/x.go": importing("golden", "testing"),
				"spec/x_test.go":       importing("spec", "testing"),
			},
			want: []string{"spec/x.go:2: spec -> testing/fstest: this would ship in the program"},
		},
		"a name without meaning": {
			find:  checkGenericNames,
			files: map[string]string{"internal/util/x.go": "package util\n", "spec/x.go": "package spec\n"},
			want:  []string{"internal/util: package util says nothing about what it answers"},
		},
	})
}

func TestCheckSizes(t *testing.T) {
	t.Parallel()
	many := make(map[string]string)
	for _, name := range strings.Split("abcdefghijklm", "") {
		many["spec/"+name+".go"] = "package spec\n"
		many["schema/"+name+"_test.go"] = "package schema\n"
	}
	body := func(lines int) string {
		return "package spec\n\nfunc f() {\n" + strings.Repeat("\tf()\n", lines) + "}\n"
	}
	long := func(lines int) string { return "package spec\n" + strings.Repeat("\n", lines-1) }
	run(t, map[string]example{
		"files at the limit": {find: checkFileSize, files: map[string]string{"spec/a.go": long(400), "spec/a_test.go": long(600)}},
		"long files": {
			find:  checkFileSize,
			files: map[string]string{"spec/a.go": long(401), "spec/a_test.go": long(601)},
			want: []string{
				"spec/a.go: 401 lines, at most 400 lines are allowed",
				"spec/a_test.go: 601 lines, at most 600 lines are allowed",
			},
		},
		"many files": {
			find:  checkPackageSize,
			files: many,
			want:  []string{"spec: 13 files, at most 12 files are allowed: a sub-package is missing"},
		},
		"function at the limit": {find: checkFunctionSize, files: map[string]string{"spec/a.go": body(58), "spec/a_test.go": body(99)}},
		"long function": {
			find:  checkFunctionSize,
			files: one("spec/a.go", body(59)),
			want:  []string{"spec/a.go:3: f has 61 lines, at most 60 are allowed"},
		},
	})
}

func TestCheckParameters(t *testing.T) {
	t.Parallel()
	run(t, map[string]example{
		"few": {find: checkParameters, files: one("spec/a.go", `package spec
import "context"
func f(ctx context.Context, a, b, c, d int) {}
func g(a, b, c int, format string, args ...any) {}
`)},
		"many": {
			find: checkParameters,
			files: one("spec/a.go", `package spec
func (t T) m(a, b, c int, d, e string) {}
type I interface { M(int, int, int, int, int) }
`),
			want: []string{
				"spec/a.go:2: m takes 5 parameters after the context, at most 4 are allowed: a struct is missing",
				"spec/a.go:3: M takes 5 parameters after the context, at most 4 are allowed: a struct is missing",
			},
		},
		"bool": {
			find: checkBoolParameters,
			files: one("spec/a.go", `package spec
func F(yes bool) {}
func (t T) M(a int, b ...bool) {}
func f(inside bool) {}
func G(each func(bool) bool, maybe *bool) bool { return false }
type I interface { Set(on bool) }
`),
			want: []string{
				"spec/a.go:2: F takes a bool: two functions, or a named type, say what is meant",
				"spec/a.go:3: M takes a bool: two functions, or a named type, say what is meant",
				"spec/a.go:6: Set takes a bool: two functions, or a named type, say what is meant",
			},
		},
	})
}

func TestCheckConduct(t *testing.T) {
	t.Parallel()
	const process = `package p
import (
	"fmt"
	sys "os"
	"log"
)
func f() {
	fmt.Println(sys.Getenv("HOME"))
	fmt.Fprintln(nil, sys.TempDir())
	log.Print()
	println()
	exit := sys.Exit
}
`
	run(t, map[string]example{
		"init": {
			find:  checkInit,
			files: map[string]string{"spec/a.go": "package spec\nfunc init() {}\n", "spec/b.go": "package spec\nfunc (t T) init() {}\n"},
			want:  []string{"spec/a.go:2: init() runs unasked; use sync.OnceValue or a constructor"},
		},
		"process in cmd":    {find: checkProcess, files: one("cmd/x/main.go", process)},
		"process in a test": {find: checkProcess, files: one("spec/a_test.go", process)},
		"process in library": {
			find:  checkProcess,
			files: one("spec/a.go", process),
			want: []string{
				"spec/a.go:5: log writes to a stream that nobody passed in",
				"spec/a.go:8: fmt.Println belongs in cmd: library code is given what it needs",
				"spec/a.go:8: os.Getenv belongs in cmd: library code is given what it needs",
				"spec/a.go:11: print and println are for debugging",
				"spec/a.go:12: os.Exit belongs in cmd: library code is given what it needs",
			},
		},
		"type names": {
			find:  checkTypeNames,
			files: one("spec/a.go", "package spec\nvar s = \"a %T\"\n"),
			want:  []string{"spec/a.go:2: %T prints a Go type, which means nothing to users"},
		},
		"promises": {
			find:  checkPromises,
			files: one("spec/a_test.go", "package spec\n\n// TODO: later\nvar s = \"TODO\" // mastodon\n"),
			want:  []string{"spec/a_test.go:3: TODO: do it now, or open an issue and describe the limit"},
		},
	})
}

func TestCheckTopLevel(t *testing.T) {
	t.Parallel()
	got := sortedText(checkTopLevel([]string{"go.mod", ".ci", "docs", "rescale-apply", "spec"}, "# built\n/rescale-apply\n"))
	want := []string{"docs: does not belong at the top level, which holds only: " +
		"go.mod go.sum cmd spec resolver executor schema examples testdata internal README.md LICENSE action.yml"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}
