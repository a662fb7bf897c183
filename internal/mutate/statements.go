package mutate

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// leftOut is what a mutant has in place of something that it does not do.
const leftOut = "nothing"

// statements leaves out what can be left out.
func (w *weaver) statements(list []ast.Stmt) {
	for _, s := range list {
		if canBeLeftOut(s) {
			w.around(s, leftOut, "if !mutantOn(%d) { ", " }")
		}
	}
}

func canBeLeftOut(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.ExprStmt:
		call, is := s.X.(*ast.CallExpr)
		return !is || types.ExprString(call.Fun) != "panic"
	case *ast.AssignStmt:
		return s.Tok != token.DEFINE
	case *ast.BranchStmt:
		return s.Tok == token.BREAK || s.Tok == token.CONTINUE
	case *ast.IncDecStmt, *ast.DeferStmt, *ast.GoStmt, *ast.SendStmt:
		return true
	}
	return false
}

// turns ends a loop at its condition; one that never ends is not of interest.
func (w *weaver) turns(s *ast.ForStmt) {
	if s.Cond == nil {
		return
	}
	e := ast.Unparen(s.Cond)
	w.seen[e] = true
	w.never(e)
	if joined, op := compound(e); joined != nil {
		w.parts(joined, op)
	}
}

// rounds lets a loop do nothing, or stop after its first turn.
func (w *weaver) rounds(s *ast.RangeStmt) {
	head := w.text(s.Pos(), s.Body.Lbrace)
	first, last := s.Body.Lbrace+1, s.Body.Rbrace
	w.point(head, "no turn", w.span(first, first, " if mutantOn(%d) { break }; ", ""))
	w.point(head, "one turn", w.span(last, last, ";if mutantOn(%d) { break };", ""))
}

// returned leaves results zero, each of several separately.
func (w *weaver) returned(s *ast.ReturnStmt) {
	if len(s.Results) == 0 {
		return
	}
	if len(s.Results) != w.results.Len() {
		w.early(s)
		return
	}
	var some []int
	for i, e := range s.Results {
		switch {
		case w.isBool(e):
			w.condition(e)
		case !isZero(e):
			some = append(some, i)
		}
	}
	if len(some) == 1 && len(s.Results) == 1 {
		w.early(s)
		return
	}
	for _, i := range some {
		w.zero(s.Results[i], w.results.At(i).Type())
	}
}

// early returns only zeros, and does not evaluate what it leaves out.
func (w *weaver) early(s *ast.ReturnStmt) {
	var zeros []string
	for result := range w.results.Variables() {
		name, ok := w.source.typeText(result.Type(), w.file, s.Pos())
		if !ok {
			return
		}
		zeros = append(zeros, "*new("+name+")")
	}
	w.point(w.textOf(s), "return zero", w.span(s.Pos(), s.Pos(), "if mutantOn(%d) { return "+strings.Join(zeros, ", ")+" }; ", ""))
}

func isZero(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return e.Name == "nil" || e.Name == "false"
	case *ast.BasicLit:
		return e.Value == "0" || e.Value == `""`
	case *ast.CompositeLit:
		return len(e.Elts) == 0
	}
	return false
}

func (w *weaver) zero(e ast.Expr, t types.Type) {
	if name, ok := w.source.typeText(t, w.file, e.Pos()); ok {
		w.around(e, "zero", "mutantPick["+name+"](%d, ", ", *new("+name+"))")
	}
}

// fields leaves out the fields of a struct.
func (w *weaver) fields(literal *ast.CompositeLit) {
	structure, is := w.source.info.TypeOf(literal).Underlying().(*types.Struct)
	if !is {
		return
	}
	for i, e := range literal.Elts {
		field := structure.Field(min(i, structure.NumFields()-1))
		if pair, keyed := e.(*ast.KeyValueExpr); keyed {
			field, e = fieldOf(structure, pair.Key), pair.Value
		}
		switch {
		case field == nil || isZero(e):
		case w.isBool(e):
			w.condition(e)
		default:
			w.field(field, e)
		}
	}
}

// field names what is left out: values alone look alike.
func (w *weaver) field(field *types.Var, e ast.Expr) {
	name, ok := w.source.typeText(field.Type(), w.file, e.Pos())
	if !ok {
		return
	}
	w.point(field.Name()+": "+w.textOf(e), "zero", w.span(e.Pos(), e.End(), "mutantPick["+name+"](%d, ", ", *new("+name+"))"))
}

func fieldOf(structure *types.Struct, key ast.Expr) *types.Var {
	for field := range structure.Fields() {
		if name, is := key.(*ast.Ident); is && field.Name() == name.Name {
			return field
		}
	}
	return nil
}
