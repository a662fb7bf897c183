package md

import (
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// longest is how many characters of one foreign text are shown.
const longest = 500

// apart is an invisible character without a width. Between two characters it keeps them
// from being read as one thing: as the mention of a person, an issue or an address.
const apart = "&#8203;"

// entities replaces the characters that mean something in Markdown or HTML, and those that
// begin what GitHub and GitLab turn into mentions and links. As an entity a character means
// nothing to Markdown; what is looked for in the finished page is taken apart as well.
var entities = strings.NewReplacer(
	"&", "&amp;"+apart, "<", "&lt;", ">", "&gt;", "|", "&#124;", "`", "&#96;",
	"*", "&#42;", "_", "&#95;", "\\", "&#92;", "[", "&#91;", "]", "&#93;",
	"@", "&#64;"+apart, "#", "&#35;"+apart, "!", "&#33;"+apart, "~", "&#126;"+apart, "$", "&#36;"+apart, "%", "&#37;"+apart,
	"://", "&#58;"+apart+"//", "www.", "www&#46;"+apart, "WWW.", "WWW&#46;"+apart, "GH-", "GH&#45;"+apart, "gh-", "gh&#45;"+apart,
)

// text shows a foreign text as it is, on one line.
func text(s string) string { return entities.Replace(cut(diag.Line(s))) }

// code shows a foreign text as code, on one line. Nothing is looked for in code, so that
// it can be copied as it is.
func code(s string) string {
	if s == "" {
		return ""
	}
	return "<code>" + strings.ReplaceAll(entities.Replace(cut(diag.Line(s))), apart, "") + "</code>"
}

// cut bounds a text.
func cut(s string) string {
	if runes := []rune(s[:min(len(s), 4*longest+4)]); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return s
}
