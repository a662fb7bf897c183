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
	pairs := make([]string, len(p))
	for i, param := range p {
		pairs[i] = param.Name + "=" + escaped(param.Value.Text())
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

// has reports whether the point has all values of an entry.
func (p Point) has(entry Entry) bool {
	for _, wanted := range entry.Params {
		value, ok := p.value(wanted.Name)
		if !ok || value.Text() != wanted.Value.Text() {
			return false
		}
	}
	return true
}

func (p Point) value(name string) (expr.Value, bool) {
	for _, param := range p {
		if param.Name == name {
			return param.Value, true
		}
	}
	return expr.Value{}, false
}

// pos returns where a person would look for the point: its first value.
func (p Point) pos() diag.Position { return p[0].Value.Pos }
