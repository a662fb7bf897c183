package arch

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// constantMakers are functions whose result nobody can change, or only once and
// safely.
func constantMakers() map[string][]string {
	return map[string][]string{
		"errors":  {"New"},
		"fmt":     {"Errorf"},
		"regexp":  {"MustCompile"},
		"strings": {"NewReplacer"},
		"sync":    {"OnceValue", "OnceValues", "OnceFunc"},
	}
}

// linked is the one file whose variables the linker sets, before anything runs.
const linked = "internal/app/release/linked.go"

// checkVariables finds package variables that can change while the program
// runs. What is left: errors, embedded files, compiled patterns, values made
// once, and lookup tables that no code of their package writes to.
func checkVariables(t tree) []finding {
	var found []finding
	for _, files := range t.production().packages() {
		written := writtenNames(files)
		for _, f := range files {
			for _, decl := range f.ast.Decls {
				variables, ok := decl.(*ast.GenDecl)
				if !ok || variables.Tok != token.VAR || isEmbed(variables) {
					continue
				}
				for _, spec := range variables.Specs {
					found = append(found, f.checkVariable(spec.(*ast.ValueSpec), written)...)
				}
			}
		}
	}
	return found
}

func (f goFile) checkVariable(spec *ast.ValueSpec, written map[string]bool) []finding {
	var found []finding
	for i, name := range spec.Names {
		if name.Name == "_" || f.path == linked && !name.IsExported() && !written[name.Name] {
			continue
		}
		var why string
		switch {
		case i >= len(spec.Values):
			why = "has no value yet, so something must change it later"
		case written[name.Name]:
			why = "is changed by its package"
		case !f.isConstant(spec.Values[i]):
			why = "is not an error, a compiled pattern, a sync.OnceValue or a lookup table"
		case name.IsExported() && !f.isError(spec.Values[i]):
			why = "can be changed by every package; export a function"
		default:
			continue
		}
		found = append(found, f.at(name.Pos(), "package variable %s %s", name.Name, why))
	}
	return found
}

func isEmbed(decl *ast.GenDecl) bool {
	return decl.Doc != nil && slices.ContainsFunc(decl.Doc.List, func(c *ast.Comment) bool {
		return strings.HasPrefix(c.Text, "//go:embed ")
	})
}

// isConstant reports whether a value stays as it is unless code of its package writes
// to it.
func (f goFile) isConstant(value ast.Expr) bool {
	switch value := value.(type) {
	case *ast.CompositeLit:
		importPath, _ := f.selects(value.Type)
		return !strings.HasPrefix(importPath, "sync") // a lock or an atomic is there to change
	case *ast.CallExpr:
		if _, converts := value.Fun.(*ast.ArrayType); converts {
			return true
		}
		importPath, name := f.selects(genericFunction(value.Fun))
		return slices.Contains(constantMakers()[importPath], name)
	}
	return false
}

// genericFunction is F of F[T].
func genericFunction(fun ast.Expr) ast.Expr {
	if index, ok := fun.(*ast.IndexExpr); ok {
		return index.X
	}
	return fun
}

func (f goFile) isError(value ast.Expr) bool {
	call, ok := value.(*ast.CallExpr)
	if !ok {
		return false
	}
	importPath, name := f.selects(call.Fun)
	return importPath == "errors" && name == "New" || importPath == "fmt" && name == "Errorf"
}

// writtenNames holds the names that functions of a package write to without
// declaring them. It goes by name: a function that declares a variable of the
// same name anywhere is taken to mean its own.
func writtenNames(files tree) map[string]bool {
	written := make(map[string]bool)
	for _, f := range files {
		for _, function := range f.functions() {
			own := declaredNames(function)
			ast.Inspect(function, func(n ast.Node) bool {
				for _, target := range targets(n) {
					if name := root(target); name != "" && !own[name] {
						written[name] = true
					}
				}
				return true
			})
		}
	}
	return written
}

// targets are the expressions that n changes, or hands out to be changed.
func targets(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			return []ast.Expr{n.X}
		}
	case *ast.CallExpr:
		name, ok := n.Fun.(*ast.Ident)
		if ok && slices.Contains([]string{"delete", "clear", "copy"}, name.Name) && len(n.Args) > 0 {
			return n.Args[:1]
		}
	}
	return nil
}

// root is the variable behind table, table[key], table.field and *table.
func root(e ast.Expr) string {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x.Name
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		default:
			return ""
		}
	}
}

// declaredNames are the names that a function declares anywhere inside.
func declaredNames(function *ast.FuncDecl) map[string]bool {
	own := make(map[string]bool)
	ast.Inspect(function, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			for _, name := range n.Names {
				own[name.Name] = true
			}
		case *ast.ValueSpec:
			for _, name := range n.Names {
				own[name.Name] = true
			}
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				declare(own, n.Lhs...)
			}
		case *ast.RangeStmt:
			if n.Tok == token.DEFINE {
				declare(own, n.Key, n.Value)
			}
		}
		return true
	})
	return own
}

func declare(own map[string]bool, names ...ast.Expr) {
	for _, e := range names {
		if name, ok := e.(*ast.Ident); ok {
			own[name.Name] = true
		}
	}
}
