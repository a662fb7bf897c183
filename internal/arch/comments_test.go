package arch

import (
	"go/ast"
	"slices"
	"strings"
)

// checkPackageComments finds packages that do not say what they are for.
func checkPackageComments(t tree) []finding {
	var found []finding
	for dir, files := range t.production().packages() {
		comments := slices.DeleteFunc(files, func(f goFile) bool { return f.ast.Doc == nil })
		switch len(comments) {
		case 0:
			found = append(found, finding{path: dir, text: "no file has a package comment"})
		case 1:
		default:
			found = append(found, finding{path: comments[1].path, text: "a second package comment; " + comments[0].path + " has one"})
		}
	}
	return found
}

// checkComments finds exported names without a comment. One comment may stand
// above a block of constants or variables, or behind each.
func checkComments(t tree) []finding {
	var found []finding
	for _, f := range t.production() {
		for _, decl := range f.ast.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if isVisible(decl) && decl.Doc == nil && !isWellKnown(decl) {
					found = append(found, f.at(decl.Pos(), "exported %s has no comment", decl.Name.Name))
				}
			case *ast.GenDecl:
				found = append(found, f.checkDeclaration(decl)...)
			}
		}
	}
	return found
}

func (f goFile) checkDeclaration(decl *ast.GenDecl) []finding {
	var found []finding
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			alone := decl.Doc != nil && !decl.Lparen.IsValid()
			if spec.Name.IsExported() && spec.Doc == nil && !alone {
				found = append(found, f.at(spec.Pos(), "exported %s has no comment", spec.Name.Name))
			}
		case *ast.ValueSpec:
			if decl.Doc == nil && spec.Doc == nil && spec.Comment == nil {
				found = append(found, f.checkNames(spec.Names)...)
			}
		}
	}
	return found
}

func (f goFile) checkNames(names []*ast.Ident) []finding {
	var found []finding
	for _, name := range names {
		if name.IsExported() {
			found = append(found, f.at(name.Pos(), "exported %s has no comment", name.Name))
		}
	}
	return found
}

// isVisible reports whether another package can name the function: a method also needs
// an exported receiver.
func isVisible(function *ast.FuncDecl) bool {
	if !function.Name.IsExported() || function.Recv == nil {
		return function.Name.IsExported()
	}
	return ast.IsExported(receiverType(function))
}

func receiverType(function *ast.FuncDecl) string {
	e := function.Recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// isWellKnown tells methods whose meaning the standard library defines.
func isWellKnown(function *ast.FuncDecl) bool {
	names := strings.Fields("Error Unwrap Is As String Len Less Swap Read Write ServeHTTP RoundTrip " +
		"MarshalJSON UnmarshalJSON MarshalText UnmarshalText")
	return function.Recv != nil && slices.Contains(names, function.Name.Name)
}
