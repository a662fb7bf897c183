package arch

import (
	"go/ast"
	"go/token"
)

// checkGroupContexts finds contexts of an errgroup that are used after its Wait,
// which has cancelled them: what is asked with one then is never sent.
func checkGroupContexts(t tree) []finding {
	var found []finding
	for _, f := range t {
		for _, function := range f.functions() {
			ast.Inspect(function, func(n ast.Node) bool {
				if group, inside := f.groupContext(n); inside != "" {
					ended := waitAfter(function, group, n.End())
					if at := useAfter(function, inside, ended); at.IsValid() {
						found = append(found, f.at(at, "%s is the context of group %s, which Wait has cancelled; give it a name of its own", inside, group))
					}
				}
				return true
			})
		}
	}
	return found
}

// groupContext tells what group, inside := errgroup.WithContext(ctx) names.
func (f goFile) groupContext(n ast.Node) (group, inside string) {
	assign, ok := n.(*ast.AssignStmt)
	if !ok || len(assign.Lhs) != 2 || len(assign.Rhs) != 1 {
		return "", ""
	}
	call, ok := assign.Rhs[0].(*ast.CallExpr)
	if !ok {
		return "", ""
	}
	if importPath, name := f.selects(call.Fun); importPath != "golang.org/x/sync/errgroup" || name != "WithContext" {
		return "", ""
	}
	context, ok := assign.Lhs[1].(*ast.Ident)
	if !ok || context.Name == "_" {
		return "", ""
	}
	return text(assign.Lhs[0]), context.Name
}

// text is an expression of names, as it is written.
func text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return text(e.X) + "." + e.Sel.Name
	}
	return ""
}

// waitAfter is the end of the first group.Wait() after a place; NoPos without one.
func waitAfter(function *ast.FuncDecl, group string, from token.Pos) token.Pos {
	ended := token.NoPos
	ast.Inspect(function, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if ok && call.Pos() > from && !ended.IsValid() && text(call.Fun) == group+".Wait" {
			ended = call.End()
		}
		return true
	})
	return ended
}

// useAfter is the first use of a name after a place.
func useAfter(function *ast.FuncDecl, name string, from token.Pos) token.Pos {
	first := token.NoPos
	if !from.IsValid() {
		return first
	}
	ast.Inspect(function, func(n ast.Node) bool {
		if use, ok := n.(*ast.Ident); ok && use.Name == name && use.Pos() > from && !first.IsValid() {
			first = use.Pos()
		}
		return true
	})
	return first
}

// checkFakes finds fakes that take a context, can fail, and never look at it: with
// them a request on a cancelled context passes in tests and fails in earnest.
func checkFakes(t tree) []finding {
	var found []finding
	for _, f := range t {
		if !f.test {
			continue
		}
		for _, function := range f.functions() {
			if function.Recv != nil && canFail(function.Type) && f.ignoresContext(function) {
				found = append(found, f.at(function.Pos(), "%s does not look at its context; return ctx.Err() when it is over, as the real one does", function.Name.Name))
			}
		}
	}
	return found
}

func canFail(signature *ast.FuncType) bool {
	if signature.Results == nil {
		return false
	}
	last := signature.Results.List[len(signature.Results.List)-1]
	return text(last.Type) == "error"
}

// ignoresContext reports whether the first parameter is a context that is never named.
func (f goFile) ignoresContext(function *ast.FuncDecl) bool {
	parameters := function.Type.Params.List
	if len(parameters) == 0 {
		return false
	}
	if importPath, name := f.selects(parameters[0].Type); importPath != "context" || name != "Context" {
		return false
	}
	names := parameters[0].Names
	return len(names) == 0 || !useAfter(function, names[0].Name, function.Body.Pos()).IsValid()
}
