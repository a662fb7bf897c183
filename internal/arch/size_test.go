package arch

import (
	"go/ast"
	"slices"
)

// The limits of size. What does not fit has a concept inside that wants a name.
const (
	maxFileLines     = 400
	maxTestLines     = 600
	maxFunctionLines = 60
	maxParameters    = 4 // after the context
	maxPackageFiles  = 12
)

func checkFileSize(t tree) []finding {
	var found []finding
	for _, f := range t {
		limit := maxFileLines
		if f.test {
			limit = maxTestLines
		}
		if f.lines > limit {
			found = append(found, finding{path: f.path, text: plural(f.lines, "line") + ", at most " + plural(limit, "line") + " are allowed"})
		}
	}
	return found
}

func checkPackageSize(t tree) []finding {
	var found []finding
	for dir, files := range t.production().packages() {
		// Verbs are many, and each is one file; their length has a limit of its own.
		if n := len(slices.DeleteFunc(slices.Clone(files), isVerb)); n > maxPackageFiles {
			found = append(found, finding{path: dir, text: plural(n, "file") + ", at most " + plural(maxPackageFiles, "file") + " are allowed: a sub-package is missing"})
		}
	}
	return found
}

// checkFunctionSize counts from "func" to the closing brace. Tests may be
// longer: their tables are data.
func checkFunctionSize(t tree) []finding {
	var found []finding
	for _, f := range t.production() {
		for _, function := range f.functions() {
			if lines := f.line(function.End()) - f.line(function.Pos()) + 1; lines > maxFunctionLines {
				found = append(found, f.at(function.Pos(), "%s has %d lines, at most %d are allowed", function.Name.Name, lines, maxFunctionLines))
			}
		}
	}
	return found
}

// checkParameters looks at functions, methods and the methods of interfaces.
func checkParameters(t tree) []finding {
	var found []finding
	for _, f := range t.production() {
		eachSignature(f, func(name string, signature *ast.FuncType) {
			if count := f.countParameters(signature); count > maxParameters {
				found = append(found, f.at(signature.Pos(), "%s takes %d parameters after the context, at most %d are allowed: a struct is missing", name, count, maxParameters))
			}
		})
	}
	return found
}

// checkBoolParameters looks at what other packages can call: f(true) says
// nothing to its reader.
func checkBoolParameters(t tree) []finding {
	var found []finding
	for _, f := range t.production() {
		eachSignature(f, func(name string, signature *ast.FuncType) {
			if !ast.IsExported(name) {
				return
			}
			for _, parameter := range signature.Params.List {
				if isBool(parameter.Type) {
					found = append(found, f.at(parameter.Pos(), "%s takes a bool: two functions, or a named type, say what is meant", name))
				}
			}
		})
	}
	return found
}

func isBool(e ast.Expr) bool {
	if variadic, ok := e.(*ast.Ellipsis); ok {
		e = variadic.Elt
	}
	name, ok := e.(*ast.Ident)
	return ok && name.Name == "bool"
}

// eachSignature visits the functions and the interface methods of f.
func eachSignature(f goFile, visit func(name string, signature *ast.FuncType)) {
	for _, function := range f.functions() {
		visit(function.Name.Name, function.Type)
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		contract, ok := n.(*ast.InterfaceType)
		if !ok {
			return true
		}
		for _, member := range contract.Methods.List {
			signature, ok := member.Type.(*ast.FuncType)
			if ok && len(member.Names) == 1 {
				visit(member.Names[0].Name, signature)
			}
		}
		return true
	})
}

// countParameters leaves out the context in front and a variadic list at the end,
// which belongs to the format or the list before it.
func (f goFile) countParameters(signature *ast.FuncType) int {
	count := 0
	for i, parameter := range signature.Params.List {
		importPath, name := f.selects(parameter.Type)
		if i == 0 && importPath == "context" && name == "Context" {
			continue
		}
		if _, variadic := parameter.Type.(*ast.Ellipsis); variadic {
			continue
		}
		count += max(1, len(parameter.Names))
	}
	return count
}
