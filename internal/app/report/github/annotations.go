// Package github writes a report as GitHub Actions reads it: annotations, which are lines
// that the runner finds in what a step prints, and outputs for the steps that follow.
package github

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/report"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Most is how many errors of a step GitHub shows; the rest it drops without a word.
const Most = 10

// listed is how many of the rest a notice names.
const listed = 20

// note is one annotation before it is written.
type note struct {
	report.Place
	title string
	text  string
}

// Annotations gives the lines: problems in the order of their files, then jobs, then what
// went wrong with the tool; and one notice with those that are too many.
func Annotations(r report.Report) string {
	all := notes(r)
	var out strings.Builder
	for _, n := range all[:min(Most, len(all))] {
		out.WriteString(command("error", n))
	}
	if rest := all[min(Most, len(all)):]; len(rest) > 0 {
		out.WriteString(command("notice", notice(rest)))
	}
	return out.String()
}

func notes(r report.Report) (list []note) {
	for _, p := range r.Problems {
		text := p.Message
		if p.Hint != "" {
			text += "\n" + p.Hint
		}
		list = append(list, note{p.Place, p.Rule, text})
	}
	for _, c := range r.Cases {
		if c.State != report.Failed && c.State != report.Broken || c.Forbidden {
			continue
		}
		text := c.Word
		if c.Why != "" {
			text += ": " + c.Why
		}
		list = append(list, note{c.Place, c.Name, text})
	}
	for _, t := range r.Troubles {
		list = append(list, note{title: r.Tool, text: strings.Join(append([]string{t.Message}, t.Hints...), "\n")})
	}
	return list
}

func notice(rest []note) note {
	lines := []string{humanize.Plural(len(rest), "more error")}
	for i, n := range rest {
		if i == listed {
			lines = append(lines, fmt.Sprintf("and %d more", len(rest)-i))
			break
		}
		first, _, _ := strings.Cut(n.text, "\n")
		where := n.title
		if n.File != "" {
			where = fmt.Sprintf("%s:%d: %s", n.File, n.Line, n.title)
		}
		lines = append(lines, where+": "+diag.Short(first))
	}
	return note{title: "rescale-apply", text: strings.Join(lines, "\n")}
}

// command is one line that the runner takes for an annotation, and for nothing else.
func command(level string, n note) string {
	var list []string
	put := func(name, value string) { list = append(list, name+"="+property(value)) }
	if n.File != "" {
		put("file", n.File)
		for _, at := range []struct {
			name  string
			value int
		}{{"line", n.Line}, {"col", n.Col}, {"endColumn", n.EndCol}} {
			if at.value > 0 {
				put(at.name, strconv.Itoa(at.value))
			}
		}
	}
	put("title", n.title)
	return fmt.Sprintf("::%s %s::%s\n", level, strings.Join(list, ","), data(n.text))
}

// data is a text behind the second "::". The runner finds its older commands anywhere in a
// line, by "##[".
func data(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(strings.ReplaceAll(diag.Plain(text), "##[", "# #["))
}

// property is the value of a property.
func property(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(text))
}
