package manual

import "strings"

// page is the source of one page, in the macros that every man reads.
type page struct{ strings.Builder }

// escaped is text without what roff takes for more than itself. Every dash is one that
// can be pasted.
func escaped(text string) string {
	text = strings.NewReplacer(
		`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`,
	).Replace(text)
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}

func bold(text string) string { return `\fB` + escaped(text) + `\fR` }

func italic(text string) string { return `\fI` + escaped(text) + `\fR` }

// request writes a macro with its arguments, which are text.
func (p *page) request(macro string, args ...string) {
	p.WriteString("." + macro)
	for _, arg := range args {
		p.WriteString(` "` + strings.ReplaceAll(escaped(arg), `"`, `\(dq`) + `"`)
	}
	p.WriteByte('\n')
}

// line writes what is escaped already.
func (p *page) line(words ...string) { p.WriteString(strings.Join(words, " ") + "\n") }

// item writes a name, which is escaped already, and what it means below it.
func (p *page) item(name, text string) {
	p.request("TP")
	p.line(name)
	p.line(escaped(text))
}

// literal writes lines that must stay as they are.
func (p *page) literal(lines []string) {
	p.request("nf")
	p.request("RS", "4")
	for _, line := range lines {
		p.line(escaped(line))
	}
	p.request("RE")
	p.request("fi")
}
