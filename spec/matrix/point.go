package matrix

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec/expr"
)

// Param is one parameter with its value. Pos is where the name is written.
type Param struct {
	Name  string
	Pos   diag.Position
	Value expr.Value

	Beside bool          // not part of the point's name
	Path   *Path         // of a parameter whose values are paths; nil for others
	Cell   diag.Position // the cell of a table that the value comes from, or is blank
}

// at returns where a person would look for the value.
func (p Param) at() diag.Position {
	if p.Cell.IsZero() {
		return p.Value.Pos
	}
	return p.Cell
}

// label returns the value as it stands in the name of a point.
func (p Param) label() string {
	if p.Path == nil {
		return p.Value.Text()
	}
	return p.Path.Label(p.Value.Text())
}

// Point is a value for every parameter, in the order of the matrix.
type Point []Param

// longest is the most characters of a point's name. Folder names may have 255 bytes on
// all systems, and people read a name.
const longest = 120

// Name identifies the point: key=value,key=value. It depends only on the point's own
// values, so other points may come and go. A name that would become too long keeps its
// first parameters, and a hash stands for the rest.
func (p Point) Name() string {
	pairs := make([]string, 0, len(p))
	for _, param := range p {
		if !param.Beside {
			pairs = append(pairs, param.Name+"="+escaped(param.label()))
		}
	}
	name := strings.Join(pairs, ",")
	if len(name) <= longest {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	rest := "~" + hex.EncodeToString(sum[:])[:10]
	short := ""
	for _, pair := range pairs {
		if len(short)+len(pair)+1+len(rest) > longest {
			break
		}
		short += pair + ","
	}
	return short + rest
}

// escaped writes a value so that it can be part of a name and of a folder name on any
// system: letters and digits of all scripts, dot, dash, plus and underscore stay, every
// byte of anything else becomes %XX, as in a URL.
func escaped(value string) string {
	var b strings.Builder
	for i, r := range value {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '+', r == '_', r == '.' && i < len(value)-1:
			b.WriteRune(r)
		default:
			for _, c := range []byte(string(r)) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		}
	}
	return b.String()
}

// has reports whether the point has all values of an entry. One that is a path can be
// named by it, or as in the name of the point.
func (p Point) has(entry Entry) bool {
	for _, wanted := range entry.Params {
		own, ok := p.param(wanted.Name)
		if text := wanted.Value.Text(); !ok || own.Value.Text() != text && own.label() != text {
			return false
		}
	}
	return true
}

func (p Point) param(name string) (Param, bool) {
	for _, param := range p {
		if param.Name == name {
			return param, true
		}
	}
	return Param{}, false
}

// pos returns where a person would look for the point: the first value of its name.
func (p Point) pos() diag.Position {
	for _, param := range p {
		if !param.Beside {
			return param.at()
		}
	}
	return p[0].at()
}
