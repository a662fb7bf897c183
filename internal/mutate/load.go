package mutate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// source is a package with its types.
type source struct {
	dir, name string
	files     []*file
	info      *types.Info
	pkg       *types.Package
	set       *token.FileSet
}

// file is one source file.
type file struct {
	path   string // on this disk
	name   string // for people: the package's path in the module, and the file's name
	text   []byte
	syntax *ast.File
}

// listed is what "go list" says about a package.
type listed struct {
	ImportPath, Name, Dir, Export string
	GoFiles                       []string
	DepOnly                       bool
	Module                        *struct{ Path string }
}

// load reads the one package that pattern names, as built for this system, with the types
// of its imports from the build cache.
func load(ctx context.Context, pattern string) (*source, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-export", "-deps", "-json=ImportPath,Name,Dir,Export,GoFiles,DepOnly,Module", pattern).Output()
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", pattern, err)
	}
	exports := make(map[string]string)
	var root listed
	for all := json.NewDecoder(bytes.NewReader(out)); ; {
		var one listed
		if err := all.Decode(&one); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("listing %s: %w", pattern, err)
		}
		exports[one.ImportPath] = one.Export
		if !one.DepOnly {
			root = one
		}
	}
	s := &source{dir: root.Dir, name: root.Name, set: token.NewFileSet()}
	if err := s.parse(root); err != nil {
		return nil, err
	}
	return s, s.check(root.ImportPath, exports)
}

func (s *source) parse(root listed) error {
	place := root.ImportPath
	if root.Module != nil {
		place = strings.TrimPrefix(strings.TrimPrefix(place, root.Module.Path), "/")
	}
	for _, name := range root.GoFiles {
		f := &file{path: filepath.Join(root.Dir, name), name: path.Join(place, name)}
		var err error
		if f.text, err = os.ReadFile(f.path); err != nil {
			return err
		}
		if f.syntax, err = parser.ParseFile(s.set, f.path, f.text, parser.SkipObjectResolution); err != nil {
			return err
		}
		s.files = append(s.files, f)
	}
	return nil
}

func (s *source) check(importPath string, exports map[string]string) (err error) {
	s.info = &types.Info{
		Types: make(map[ast.Expr]types.TypeAndValue), Defs: make(map[*ast.Ident]types.Object),
		Scopes: make(map[ast.Node]*types.Scope),
	}
	var syntax []*ast.File
	for _, f := range s.files {
		syntax = append(syntax, f.syntax)
	}
	config := types.Config{Importer: importer.ForCompiler(s.set, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })}
	s.pkg, err = config.Check(importPath, s.set, syntax, s.info)
	return err
}

// typeText returns how a type is written at a place; false where one of its names cannot
// be written, because it means something else there or its package is not imported.
func (s *source) typeText(t types.Type, f *file, at token.Pos) (text string, ok bool) {
	ok = true
	scope := s.info.Scopes[f.syntax].Innermost(at)
	text = types.TypeString(t, func(p *types.Package) string {
		if p == s.pkg {
			return ""
		}
		_, found := scope.LookupParent(p.Name(), at)
		name, is := found.(*types.PkgName)
		ok = ok && is && name.Imported().Path() == p.Path()
		return p.Name()
	})
	if named, is := types.Unalias(t).(*types.Named); is && named.Obj().Pkg() == s.pkg {
		_, found := scope.LookupParent(named.Obj().Name(), at)
		ok = ok && found == named.Obj()
	}
	return text, ok
}
