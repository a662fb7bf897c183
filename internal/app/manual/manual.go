// Package manual is the help of the tool as pages for man: one of the whole tool, and one
// of each command. They depend on nothing but the program: two builds of a commit write
// the same bytes.
package manual

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/release"
)

// Manual is what the pages say.
type Manual struct {
	Build                 release.Build
	Usage                 string // of the whole tool, one line
	FirstSteps, LastWords string // of its help page, in lines
	Pages                 []options.Page
	Exits                 []exit.Meaning
}

// Write makes the pages in a folder, which need not be there yet.
func (m Manual) Write(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("writing the manual: %w", err)
	}
	for name, text := range m.Files() {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("writing the manual: %w", err)
		}
	}
	return nil
}

// section is the one of commands that people type.
const section = "1"

// Files are the texts of the pages by the names of their files, such as
// rescale-apply-plan.1.
func (m Manual) Files() map[string]string {
	files := map[string]string{options.Program + "." + section: m.whole()}
	for _, p := range m.Pages {
		files[file(p)+"."+section] = m.command(p)
	}
	return files
}

// file is how man knows the page of a command.
func file(p options.Page) string { return strings.ReplaceAll(p.Name, " ", "-") }

func (m Manual) begin(name, usage string) *page {
	p := new(page)
	// Of a date with escaped dashes man makes nothing.
	p.line(".TH", escaped(strings.ToUpper(name)), section, `"`+m.Build.Day()+`"`, `"`+options.Program+" "+m.Build.Version+`"`)
	p.request("SH", "NAME")
	p.line(escaped(name), `\-`, escaped(usage))
	p.request("SH", "SYNOPSIS")
	return p
}

// whole is the page of the tool.
func (m Manual) whole() string {
	p := m.begin(options.Program, m.Usage)
	p.line(bold(options.Program+" -f"), italic("job.yaml"), "["+italic("flags")+"]")
	p.request("br")
	p.line(bold(options.Program), italic("COMMAND"), "["+italic("flags")+"]", "["+italic("arguments")+"]")
	p.request("SH", "FIRST STEPS")
	for _, line := range lines(m.FirstSteps) {
		command, text, _ := strings.Cut(strings.TrimSpace(line), "  ")
		p.item(bold(command), strings.TrimSpace(text))
	}
	p.request("SH", "COMMANDS")
	for _, c := range m.Pages {
		if c.Part != "" {
			p.request("SS", string(c.Part))
		}
		p.item(reference(c), c.Usage)
	}
	p.request("SH", "NOTES")
	for i, line := range lines(m.LastWords) {
		if i > 0 {
			p.request("PP")
		}
		p.line(escaped(line))
	}
	p.request("SH", "EXIT STATUS")
	for _, e := range m.Exits {
		p.item(bold(strconv.Itoa(int(e.Code))), strings.ReplaceAll(e.Meaning, "`", ""))
	}
	return p.String()
}

// reference is a command and the section of its page.
func reference(c options.Page) string { return bold(file(c)) + "(" + section + ")" }

func lines(text string) []string { return strings.Split(strings.TrimSpace(text), "\n") }

// command is the page of one command, with all that it is several of.
func (m Manual) command(c options.Page) string {
	p := m.begin(file(c), c.Usage)
	if len(c.Below) == 0 {
		p.synopsis(c)
		if len(c.Flags) > 0 {
			p.request("SH", "OPTIONS")
			p.flags(c)
		}
		if len(c.Examples) > 0 {
			p.request("SH", "EXAMPLES")
			p.literal(c.Examples)
		}
	} else {
		p.several(c)
	}
	p.request("SH", "SEE ALSO")
	p.line(bold(options.Program) + "(" + section + "), also for the exit status")
	return p.String()
}

// several says all of a group on its own page.
func (p *page) several(group options.Page) {
	for i, c := range group.Below {
		if i > 0 {
			p.request("br")
		}
		p.synopsis(c)
	}
	p.request("SH", "COMMANDS")
	for _, c := range group.Below {
		p.request("SS", c.Name)
		p.line(escaped(c.Usage))
		p.flags(c)
		if len(c.Examples) > 0 {
			p.request("PP")
			p.literal(c.Examples)
		}
	}
}

func (p *page) synopsis(c options.Page) {
	words := []string{bold(c.Name)}
	if len(c.Flags) > 0 {
		words = append(words, "["+italic("flags")+"]")
	}
	if c.Args != "" {
		words = append(words, italic(c.Args))
	}
	p.line(words...)
}

func (p *page) flags(c options.Page) {
	for _, f := range c.Flags {
		name := bold(f.Long)
		if f.Short != "" {
			name = bold(f.Short) + ", " + name
		}
		if f.Value != "" {
			name += " " + italic(f.Value)
		}
		p.item(name, f.Text)
	}
}
