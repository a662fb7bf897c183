package matrix

import (
	"path"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Path says of a parameter that its values are paths with slashes, found by a pattern.
type Path struct {
	Begin string // the folder in front of the pattern's first wildcard; "." for that of the manifest
}

// Label returns what names the point of a path: the path below Begin, so that a point's
// name depends on nothing but its own path. macOS and Linux write an umlaut in two ways,
// which are one name.
func (p *Path) Label(value string) string {
	label, inside := strings.CutPrefix(value, strings.TrimSuffix(p.Begin, "/")+"/")
	if !inside || label == "" {
		label = value
	}
	return norm.NFC.String(label)
}

// Parts returns what references can name of a path, by the part after the dot: its last
// element, that without its extension, and the folder that it is in.
func Parts(value string) map[string]string {
	name := path.Base(value)
	stem := strings.TrimSuffix(name, path.Ext(name))
	if stem == "" {
		stem = name // .inp is a name, and no extension
	}
	return map[string]string{"name": name, "stem": stem, "dir": path.Dir(value)}
}
