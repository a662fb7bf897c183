package mutate

import (
	"go/ast"
	"go/token"
	"go/types"
)

// branches are taken or not; a point that no single mutant can exclude has no
// [Point.Branch].
func (w *weaver) branches(s *ast.IfStmt) {
	first := len(w.Points)
	w.condition(s.Cond)
	whole := short(w.textOf(ast.Unparen(s.Cond)))
	for i, p := range w.Points[first:] {
		switch {
		case p.Old != whole:
		case p.New == "false":
			w.block(s.Body, first+i+1)
		case p.New == "true" && s.Else != nil:
			w.block(s.Else, first+i+1)
		}
	}
}

func (w *weaver) block(body ast.Node, never int) {
	w.blocks[w.file] = append(w.blocks[w.file], block{w.at(body.Pos()), w.at(body.End()), never})
}

// condition makes an expression true and false, or leaves out one of its parts: that is
// more than negating it, and shows which of the parts are needed.
func (w *weaver) condition(e ast.Expr) {
	e = ast.Unparen(e)
	if w.seen[e] {
		return
	}
	w.seen[e] = true
	if word, is := e.(*ast.Ident); is && (word.Name == "true" || word.Name == "false") {
		w.around(e, "!"+word.Name, "(mutantOn(%d) != ", ")")
		return
	}
	joined, op := compound(e)
	if joined == nil {
		w.always(e)
		w.never(e)
		return
	}
	if op == token.LAND {
		w.never(e)
	} else {
		w.always(e)
	}
	w.parts(joined, op)
}

func compound(e ast.Expr) (*ast.BinaryExpr, token.Token) {
	if b, is := e.(*ast.BinaryExpr); is && (b.Op == token.LAND || b.Op == token.LOR) {
		return b, b.Op
	}
	return nil, token.ILLEGAL
}

// parts leaves out the operands of && or || one by one.
func (w *weaver) parts(joined *ast.BinaryExpr, op token.Token) {
	for _, e := range []ast.Expr{joined.X, joined.Y} {
		e = ast.Unparen(e)
		w.seen[e] = true
		inner, innerOp := compound(e)
		if innerOp == op {
			w.parts(inner, op)
			continue
		}
		if op == token.LAND {
			w.always(e)
		} else {
			w.never(e)
		}
		if inner != nil {
			w.parts(inner, innerOp)
		}
	}
}

func (w *weaver) always(e ast.Expr) { w.around(e, "true", "(mutantOn(%d) || ", ")") }

func (w *weaver) never(e ast.Expr) { w.around(e, "false", "(!mutantOn(%d) && ", ")") }

// cases are conditions when the switch has no tag.
func (w *weaver) cases(s *ast.SwitchStmt) {
	if s.Tag != nil {
		return
	}
	for _, clause := range s.Body.List {
		clause := clause.(*ast.CaseClause)
		first := len(w.Points)
		for _, e := range clause.List {
			w.condition(e)
		}
		for i, p := range w.Points[first:] {
			if len(clause.List) == 1 && p.New == "false" && p.Old == short(w.textOf(ast.Unparen(clause.List[0]))) {
				w.blocks[w.file] = append(w.blocks[w.file], block{w.at(clause.Colon), w.at(clause.End()), first + i + 1})
			}
		}
	}
}

func (w *weaver) binary(e *ast.BinaryExpr) {
	if w.isBool(e) {
		w.condition(e)
	}
	if w.source.info.Types[e].Value != nil {
		return
	}
	x, y := w.textOf(e.X), w.textOf(e.Y)
	switch e.Op {
	case token.LSS, token.GTR:
		w.around(e, x+" "+e.Op.String()+"= "+y, "(mutantOn(%d) && "+x+" == "+y+" || ", ")")
	case token.LEQ, token.GEQ:
		w.around(e, x+" "+e.Op.String()[:1]+" "+y, "((!mutantOn(%d) || "+x+" != "+y+") && ", ")")
	default:
		w.sum(e, x, y)
	}
}

// sum inverts an operation. None becomes a division, which could be one by zero.
func (w *weaver) sum(e *ast.BinaryExpr, x, y string) {
	basic, is := w.source.info.TypeOf(e).Underlying().(*types.Basic)
	other := map[token.Token]string{token.ADD: "-", token.SUB: "+", token.MUL: "+", token.QUO: "*", token.REM: "*"}[e.Op]
	if is && basic.Info()&types.IsNumeric != 0 && other != "" {
		w.around(e, x+" "+other+" "+y, "mutantPick(%d, ", ", "+x+" "+other+" "+y+")")
	}
}

func (w *weaver) unary(e *ast.UnaryExpr) {
	switch e.Op {
	case token.NOT:
		w.condition(e)
	case token.SUB:
		if name, ok := w.source.typeText(w.source.info.TypeOf(e), w.file, e.Pos()); ok {
			w.around(e, w.textOf(e.X), "mutantPick["+name+"](%d, ", ", "+w.textOf(e.X)+")")
		}
	default:
	}
}

func (w *weaver) isBool(e ast.Expr) bool {
	basic, is := w.source.info.TypeOf(e).Underlying().(*types.Basic)
	return is && basic.Info()&types.IsBoolean != 0
}
