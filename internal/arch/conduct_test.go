package arch

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
)

// checkInit finds init functions: what runs before main can be neither ordered
// nor tested.
func checkInit(t tree) []finding {
	var found []finding
	for _, f := range t.production() {
		for _, function := range f.functions() {
			if function.Name.Name == "init" && function.Recv == nil {
				found = append(found, f.at(function.Pos(), "init() runs unasked; use sync.OnceValue or a constructor"))
			}
		}
	}
	return found
}

// processOnly are the names by which library code would reach for the process
// that it runs in, instead of being given what it needs.
func processOnly() map[string][]string {
	return map[string][]string{
		"os": {
			"Exit", "Getenv", "LookupEnv", "Environ", "Setenv", "Unsetenv", "Clearenv", "ExpandEnv",
			"Stdin", "Stdout", "Stderr", "Args", "Chdir",
		},
		"syscall": {"Exit", "Getenv", "Setenv", "Environ"},
		"fmt":     {"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"},
	}
}

// checkProcess finds library code that exits, prints, or reads the environment.
func checkProcess(t tree) []finding {
	var found []finding
	names := processOnly()
	for _, f := range t.production() {
		if f.isCommand() {
			continue
		}
		for _, spec := range f.ast.Imports {
			if importOf(spec) == "log" {
				found = append(found, f.at(spec.Pos(), "log writes to a stream that nobody passed in"))
			}
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			if importPath, name := f.selects(e); slices.Contains(names[importPath], name) {
				found = append(found, f.at(e.Pos(), "%s.%s belongs in cmd: library code is given what it needs", importPath, name))
			}
			if call, ok := e.(*ast.CallExpr); ok && isPrintBuiltin(call) {
				found = append(found, f.at(e.Pos(), "print and println are for debugging"))
			}
			return true
		})
	}
	return found
}

func isPrintBuiltin(call *ast.CallExpr) bool {
	name, ok := call.Fun.(*ast.Ident)
	return ok && (name.Name == "print" || name.Name == "println")
}

// checkTypeNames finds messages that would name types of this program.
func checkTypeNames(t tree) []finding {
	var found []finding
	for _, f := range t.production() {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING && strings.Contains(text.Value, "%T") {
				found = append(found, f.at(text.Pos(), "%%T prints a Go type, which means nothing to users"))
			}
			return true
		})
	}
	return found
}

// checkPromises finds comments that put work off; open work belongs in an issue.
func checkPromises(t tree) []finding {
	promise := regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b`)
	var found []finding
	for _, f := range t {
		for _, group := range f.ast.Comments {
			for _, comment := range group.List {
				if word := promise.FindString(comment.Text); word != "" {
					found = append(found, f.at(comment.Pos(), "%s: do it now, or open an issue and describe the limit", word))
				}
			}
		}
	}
	return found
}
