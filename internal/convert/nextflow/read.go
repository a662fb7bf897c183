package nextflow

import (
	"bytes"
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

var block = regexp.MustCompile(`(?m)^\s*(process\s*(\w+\s*)?\{|process\.)`)

// Is is true of a text with process blocks for the executor of Rescale.
func Is(text []byte) bool {
	return block.Match(text) && (bytes.Contains(text, []byte("jobAnalyses")) || bytes.Contains(text, []byte("ext.analysisCode")) || bytes.Contains(text, []byte("rescale-executor")))
}

// Read reads a nextflow.config or a script (see [convert.Reader]).
func Read(file string, text []byte) (convert.Found, error) {
	start := diag.Position{File: file, Line: 1, Col: 1}
	body, list := convert.Text(file, text)
	if len(list) > 0 {
		return convert.Found{}, list
	}
	root, list := parse(file, strings.ReplaceAll(body, "\r\n", "\n"))
	if len(list) > 0 {
		return convert.Found{}, list
	}
	m := mapping{found: convert.Found{From: "a configuration of Nextflow"}, names: make(convert.Names), params: make(map[string]value)}
	m.gather(root)
	for _, p := range m.processes {
		m.process(p)
	}
	if len(m.list) == 0 && len(m.found.Jobs) == 0 {
		m.list.Add(start, diag.EmptyFile, "convert the file whose process blocks set ext.jobAnalyses", "no process of the file sets ext.jobAnalyses")
	}
	if len(m.list) > 0 {
		return convert.Found{Warnings: m.found.Warnings}, m.list.Sort()
	}
	m.found.Warn(m.processes[0].pos, "add storage: [ID]", "the plugin attaches the storage device that Nextflow runs on; which that is, no file says")
	slices.SortStableFunc(m.found.Warnings, func(a, b convert.Warning) int {
		return cmp.Or(cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col))
	})
	return m.found, nil
}

// mapping makes jobs of the processes of one file.
type mapping struct {
	found     convert.Found
	list      diag.List
	names     convert.Names
	params    map[string]value
	env       []setting
	general   []setting // of all processes
	processes []scope   // selectors, and blocks of a script
	bare      []scope   // process blocks without a name
}

// gather sorts what stands at the top of a file.
func (m *mapping) gather(root scope) {
	for _, s := range root.sets {
		switch head, rest, dotted := strings.Cut(s.key, "."); {
		case head == "params" && dotted:
			m.params[rest] = s.value
		case head == "env" && dotted:
			m.env = append(m.env, setting{rest, s.pos, s.value})
		case head == "process" && dotted:
			m.general = append(m.general, flat(setting{rest, s.pos, s.value})...)
		case head == "includeConfig":
			m.found.Warn(s.pos, "convert the included file, too", "includeConfig is not followed")
		case !plain(head):
			m.found.Warn(s.pos, "", "%s is left out: it is about Nextflow", diag.Short(s.key))
		}
	}
	m.blocks(root.scopes)
	if len(m.processes) == 0 {
		m.processes = m.bare
	}
}

// blocks sorts the blocks at the top of a file.
func (m *mapping) blocks(scopes []scope) {
	for _, s := range scopes {
		switch s.head {
		case "params":
			for _, p := range s.sets {
				m.params[p.key] = p.value
			}
		case "env":
			m.env = append(m.env, s.sets...)
		case "process":
			m.block(s)
		case "workflow", "include":
		default:
			m.found.Warn(s.pos, "", "%s is left out: it is about Nextflow", diag.Short(strings.TrimSpace(s.head+" "+s.target)))
		}
	}
}

// plain is true of words that begin lines of a script, which say nothing of jobs.
func plain(head string) bool {
	switch head {
	case "nextflow", "include", "from", "def", "workflow", "import":
		return true
	}
	return false
}

// block takes a process block of a configuration, or of a script.
func (m *mapping) block(s scope) {
	if s.target != "" {
		m.processes = append(m.processes, s)
		return
	}
	m.general = append(m.general, settings(s)...)
	m.bare = append(m.bare, scope{head: "process", target: "process", pos: s.pos})
	for _, inner := range s.scopes {
		switch inner.head {
		case "withLabel", "withName":
			m.processes = append(m.processes, inner)
		case "ext":
		default:
			m.found.Warn(inner.pos, "", "%s is left out: the plugin does not read it", diag.Short(inner.head))
		}
	}
}

// settings returns what a block sets, with dotted keys.
func settings(s scope) []setting {
	var all []setting
	for _, set := range s.sets {
		all = append(all, flat(set)...)
	}
	for _, inner := range s.scopes {
		if inner.head == "ext" {
			for _, set := range inner.sets {
				all = append(all, setting{"ext." + set.key, set.pos, set.value})
			}
		}
	}
	return all
}

// flat turns ext = [a: 1] into ext.a = 1.
func flat(s setting) []setting {
	if s.key != "ext" || s.value.kind != object {
		return []setting{s}
	}
	var all []setting
	for i, key := range s.value.keys {
		all = append(all, setting{"ext." + key, s.value.items[i].pos, s.value.items[i]})
	}
	return all
}

// process adds the job of one process.
func (m *mapping) process(from scope) {
	b := bag{mapping: m, from: from, sets: make(map[string]setting)}
	for _, set := range append(append([]setting{}, m.general...), settings(from)...) {
		b.sets[set.key] = set
		b.order = append(b.order, set.key)
	}
	if _, given := b.sets["ext.jobAnalyses"]; !given && b.sets["ext.analysisCode"].key == "" {
		m.found.Warn(from.pos, "", "%s %s is left out: it has no ext.jobAnalyses", from.head, diag.Short(from.target))
		return
	}
	if e := b.sets["executor"]; e.value.kind == text && e.value.text != "rescale-executor" {
		m.found.Warn(e.pos, "", "%s %s is left out: its executor is %s", from.head, diag.Short(from.target), diag.Short(e.value.text))
		return
	}
	b.job()
}

// slug is a name for a selector, which may be a pattern.
func (m *mapping) slug(from scope) (name, title string) {
	title = strings.Trim(path.Base(from.target), " '\"")
	if strings.TrimSpace(title) == "" || strings.ContainsAny(title, "\r\n") {
		title = from.head
	}
	return m.names.Unique(title), title
}
