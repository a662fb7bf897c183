package arch

import "testing"

func TestCheckVariables(t *testing.T) {
	t.Parallel()
	run(t, map[string]example{
		"constant": {find: checkVariables, files: one("spec/a.go", `package spec
import (
	"embed"
	"errors"
	"regexp"
	once "sync"
)
var ErrGone = errors.New("gone")
var name = regexp.MustCompile("x")
var schema = once.OnceValue(func() int { return 1 })
var table = map[string]int{"a": 1}
var bom = []byte("x")
var _ error = (*E)(nil)
//go:embed x
var text []byte
func f(table map[string]int) { table["b"] = 2 }
func g() { for name := range table { name += "x" } }
`)},
		"changing": {
			find: checkVariables,
			files: map[string]string{
				"spec/a.go": `package spec
import "sync"
import "errors"
var count int
var lock = sync.Mutex{}
var hook = func() {}
var level = 3
var made = make(map[string]int)
var table = map[string]int{"a": 1}
var list = []int{1}
var address = [2]int{}
var Public = []string{"a"}
var errA = errors.New("a")
`,
				"spec/b.go": `package spec
func f() {
	table["b"] = 2
	list[0]++
	g(&address)
	errA = nil
}
`,
			},
			want: []string{
				"spec/a.go:4: package variable count has no value yet, so something must change it later",
				"spec/a.go:5: package variable lock is not an error, a compiled pattern, a sync.OnceValue or a lookup table",
				"spec/a.go:6: package variable hook is not an error, a compiled pattern, a sync.OnceValue or a lookup table",
				"spec/a.go:7: package variable level is not an error, a compiled pattern, a sync.OnceValue or a lookup table",
				"spec/a.go:8: package variable made is not an error, a compiled pattern, a sync.OnceValue or a lookup table",
				"spec/a.go:9: package variable table is changed by its package",
				"spec/a.go:10: package variable list is changed by its package",
				"spec/a.go:11: package variable address is changed by its package",
				"spec/a.go:12: package variable Public can be changed by every package; export a function",
				"spec/a.go:13: package variable errA is changed by its package",
			},
		},
		"what the linker sets": {find: checkVariables, files: one("internal/app/release/linked.go", "package release\nvar version string\n")},
		"what the linker sets, changed": {
			find:  checkVariables,
			files: one("internal/app/release/linked.go", "package release\nvar version string\nfunc set() { version = \"1\" }\n"),
			want:  []string{"internal/app/release/linked.go:2: package variable version has no value yet, so something must change it later"},
		},
		"a test may": {find: checkVariables, files: one("spec/a_test.go", "package spec\nvar count int\n")},
	})
}

func TestCheckComments(t *testing.T) {
	t.Parallel()
	run(t, map[string]example{
		"package without": {
			find:  checkPackageComments,
			files: map[string]string{"spec/a.go": "package spec\n", "spec/b.go": "package spec\n", "schema/a_test.go": "package schema\n"},
			want:  []string{"spec: no file has a package comment"},
		},
		"package with two": {
			find:  checkPackageComments,
			files: map[string]string{"spec/a.go": "// Package spec x.\npackage spec\n", "spec/b.go": "// Package spec y.\npackage spec\n"},
			want:  []string{"spec/b.go: a second package comment; spec/a.go has one"},
		},
		"documented": {find: checkComments, files: one("spec/a.go", `package spec
// F does.
func F() {}
// T is.
type T struct{}
func (t T) Error() string { return "" }
func (t hidden) M() {}
// These are.
const (
	A = 1
	B = 2
)
const C = 3 // that
`)},
		"not documented": {
			find: checkComments,
			files: one("spec/a.go", `package spec
func F() {}
type T struct{}
func (t *T) M() {}
func (g G[A, B]) N() {}
func Error() {}
const A, b = 1, 2
// A comment of a block is not one of its types.
type (
	U int
	// V is.
	V int
)
`),
			want: []string{
				"spec/a.go:2: exported F has no comment",
				"spec/a.go:3: exported T has no comment",
				"spec/a.go:4: exported M has no comment",
				"spec/a.go:5: exported N has no comment",
				"spec/a.go:6: exported Error has no comment",
				"spec/a.go:7: exported A has no comment",
				"spec/a.go:10: exported U has no comment",
			},
		},
	})
}
