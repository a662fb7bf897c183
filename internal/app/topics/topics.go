// Package topics holds pages of help about what no single command explains.
package topics

import (
	"embed"
	"strings"
)

//go:embed text
var pages embed.FS

// Names are those of all topics.
func Names() []string { return []string{"forks", "guarantee"} }

// Text is the page of a topic; empty when there is none of that name.
func Text(name string) string {
	if strings.ContainsAny(name, `./\`) {
		return ""
	}
	text, err := pages.ReadFile("text/" + name + ".txt")
	if err != nil {
		return ""
	}
	return string(text)
}
