package mutate

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"
)

// Weave makes all mutants of a package: conditions that always or never hold, parts of them
// left out, bounds moved by one, statements left out, loops of no turn or one, results and
// fields of values left zero, and sums inverted.
func Weave(ctx context.Context, pattern string) (*Woven, error) {
	s, err := load(ctx, pattern)
	if err != nil {
		return nil, err
	}
	w := &Woven{source: s, wraps: make(map[*file][]wrap), blocks: make(map[*file][]block)}
	for _, f := range s.files {
		for _, declared := range f.syntax.Decls {
			if function, is := declared.(*ast.FuncDecl); is && function.Body != nil {
				weaver := &weaver{Woven: w, file: f, name: nameOf(function), seen: make(map[ast.Expr]bool)}
				weaver.function(s.info.Defs[function.Name].Type(), function.Body)
			}
		}
	}
	w.number()
	return w, nil
}

func (w *Woven) number() {
	count := make(map[Point]int)
	for i, p := range w.Points {
		p.Line, p.Branch = 0, 0
		count[p]++
		w.Points[i].nth = count[p]
	}
}

func nameOf(function *ast.FuncDecl) string {
	if function.Recv == nil || len(function.Recv.List) == 0 {
		return function.Name.Name
	}
	receiver := function.Recv.List[0].Type
	if pointer, is := receiver.(*ast.StarExpr); is {
		receiver = pointer.X
	}
	return fmt.Sprintf("%s.%s", types.ExprString(receiver), function.Name.Name)
}

// weaver makes the mutants of one function.
type weaver struct {
	*Woven
	file    *file
	name    string
	results *types.Tuple
	seen    map[ast.Expr]bool // conditions that are woven already
}

// function walks through a body. A function inside has results of its own.
func (w *weaver) function(signature types.Type, body *ast.BlockStmt) {
	outer := w.results
	defer func() { w.results = outer }()
	w.results = signature.Underlying().(*types.Signature).Results()
	ast.Inspect(body, func(n ast.Node) bool {
		if inner, is := n.(*ast.FuncLit); is {
			w.function(w.source.info.TypeOf(inner), inner.Body)
			return false
		}
		w.node(n)
		return true
	})
}

func (w *weaver) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.BlockStmt:
		w.statements(n.List)
	case *ast.CaseClause:
		w.statements(n.Body)
	case *ast.CommClause:
		w.statements(n.Body)
	case *ast.IfStmt:
		w.branches(n)
	case *ast.ForStmt:
		w.turns(n)
	case *ast.RangeStmt:
		w.rounds(n)
	case *ast.SwitchStmt:
		w.cases(n)
	case *ast.ReturnStmt:
		w.returned(n)
	case *ast.CompositeLit:
		w.fields(n)
	case *ast.BinaryExpr:
		w.binary(n)
	case *ast.UnaryExpr:
		w.unary(n)
	}
}

func (w *weaver) at(p token.Pos) int { return w.source.set.Position(p).Offset }

func (w *weaver) text(from, to token.Pos) string { return string(w.file.text[w.at(from):w.at(to)]) }

func (w *weaver) textOf(n ast.Node) string { return w.text(n.Pos(), n.End()) }

// span returns the wrap of a part of the file; in its texts, %d stands for the number of the
// mutant.
func (w *weaver) span(from, to token.Pos, before, after string) wrap {
	return wrap{w.at(from), w.at(to), before, after}
}

// point adds a mutant.
func (w *weaver) point(old, broken string, around wrap) {
	w.Points = append(w.Points, Point{
		File: w.file.name, Func: w.name, Old: short(old), New: short(broken),
		Line: 1 + bytes.Count(w.file.text[:around.start], []byte("\n")), Branch: w.branch(around.start),
	})
	around.before = strings.Replace(around.before, "%d", strconv.Itoa(len(w.Points)), 1) // a source text may hold other %
	w.wraps[w.file] = append(w.wraps[w.file], around)
}

// branch returns the innermost one around a place: outer ones come first.
func (w *weaver) branch(at int) (never int) {
	for _, b := range w.blocks[w.file] {
		if b.start < at && at < b.end {
			never = b.never
		}
	}
	return never
}

// around adds a mutant of an expression or a statement.
func (w *weaver) around(n ast.Node, broken, before, after string) {
	w.point(w.textOf(n), broken, w.span(n.Pos(), n.End(), before, after))
}
