package arch

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const modulePath = "github.com/rescale-apply/rescale-apply"

// goFile is one parsed file; path is relative to the module, with slashes.
type goFile struct {
	path  string
	test  bool
	lines int
	fset  *token.FileSet
	ast   *ast.File
}

// tree is the module: its Go files in the order of their paths.
type tree []goFile

// finding is one place where the code breaks a rule.
type finding struct {
	path string
	line int
	text string
}

func (f finding) String() string {
	if f.line == 0 {
		return f.path + ": " + f.text
	}
	return fmt.Sprintf("%s:%d: %s", f.path, f.line, f.text)
}

// parseTree parses files by path. Build constraints are ignored on purpose: the
// files of every operating system are checked on each of them.
func parseTree(files map[string]string) (tree, error) {
	fset := token.NewFileSet()
	var result tree
	for name, text := range files {
		syntax, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		result = append(result, goFile{
			path:  name,
			test:  strings.HasSuffix(name, "_test.go"),
			lines: strings.Count(text, "\n"),
			fset:  fset,
			ast:   syntax,
		})
	}
	slices.SortFunc(result, func(a, b goFile) int { return cmp.Compare(a.path, b.path) })
	return result, nil
}

// readTree reads every Go file below root, save testdata and hidden folders.
func readTree(root string) (tree, error) {
	files := make(map[string]string)
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			hidden := strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata"
			if hidden && name != root {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" || !entry.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(rel)] = string(text)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return parseTree(files)
}

// production is the part of t that ships.
func (t tree) production() tree {
	return slices.DeleteFunc(slices.Clone(t), func(f goFile) bool { return f.test })
}

// packages groups t by folder.
func (t tree) packages() map[string]tree {
	byDir := make(map[string]tree)
	for _, f := range t {
		byDir[f.dir()] = append(byDir[f.dir()], f)
	}
	return byDir
}

func (f goFile) dir() string { return path.Dir(f.path) }

// isCommand reports whether f belongs to a program; only there may the world outside be
// touched without asking.
func (f goFile) isCommand() bool { return strings.HasPrefix(f.path, "cmd/") }

func (f goFile) line(pos token.Pos) int { return f.fset.Position(pos).Line }

func (f goFile) at(pos token.Pos, format string, args ...any) finding {
	return finding{path: f.path, line: f.line(pos), text: fmt.Sprintf(format, args...)}
}

func (f goFile) functions() []*ast.FuncDecl {
	var found []*ast.FuncDecl
	for _, decl := range f.ast.Decls {
		if function, ok := decl.(*ast.FuncDecl); ok {
			found = append(found, function)
		}
	}
	return found
}

// selects reports whether e is name.selected, with name the local name of the import;
// it gives "" for an expression of another form.
func (f goFile) selects(e ast.Expr) (importPath, selected string) {
	selector, ok := e.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	name, ok := selector.X.(*ast.Ident)
	if !ok {
		return "", ""
	}
	for _, spec := range f.ast.Imports {
		if localName(spec) == name.Name {
			return importOf(spec), selector.Sel.Name
		}
	}
	return "", ""
}

func localName(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	return path.Base(importOf(spec))
}

func importOf(spec *ast.ImportSpec) string {
	value, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value
	}
	return value
}
