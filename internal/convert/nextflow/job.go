package nextflow

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/manifest"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// bag is the settings of one process, those of its own block over those of all.
type bag struct {
	*mapping
	from  scope
	sets  map[string]setting
	order []string
	open  []convert.Open
}

// read returns the keys that the plugin reads, besides executor.
func read() []string {
	return []string{
		"ext.jobAnalyses", "machineType", "cpus", "ext.wallTime", "ext.billingPriorityValue", "ext.projectId", "ext.customFields",
		"ext.analysisCode", "ext.analysisVersion", "ext.rescaleLicense", "executor",
	}
}

func (b *bag) job() {
	before := len(b.list)
	job := convert.Job{Priority: b.priority(), Project: b.project()}
	job.Name, job.Title = b.slug(b.from)
	hardware := b.hardware()
	for _, a := range b.analyses() {
		tile := a
		tile.Hardware = hardware
		tile.Extra = convert.Map{{Name: "flags", Value: convert.Map{{Name: "igCv", Value: true}}}}
		job.Tiles = append(job.Tiles, tile)
	}
	given := b.environment()
	for i := range job.Tiles {
		if job.Tiles[i].Command = ":"; i == len(job.Tiles)-1 {
			job.Tiles[i].Command = b.command()
		}
		b.found.Environment(&job, &job.Tiles[i], given)
		given = slices.Clone(given)
	}
	job.CustomFields = b.customFields()
	job.Open = b.open
	for i, key := range b.order {
		if !slices.Contains(read(), key) && slices.Index(b.order, key) == i {
			b.found.Warn(b.sets[key].pos, "", "%s is left out: the plugin does not read it", diag.Short(key))
		}
	}
	if len(b.list) == before {
		b.list = append(b.list, manifest.Problems(job, b.from.pos)...)
	}
	b.found.Jobs = append(b.found.Jobs, job)
}

// resolved returns the value of a key, and what params gives for one of its names.
func (b *bag) resolved(v value) value {
	name := v.name()
	given, ok := b.params[name]
	if v.kind != expression || !ok || !strings.Contains(v.text, "params."+name) || given.kind == expression {
		return v
	}
	b.found.Warn(v.pos, "", "params.%s is what the file gives; a --%s of the command line would win", name, name)
	given.pos = v.pos
	return given
}

// unknown makes a variable for a value that Nextflow computes: what runs tells it by --var.
func (b *bag) unknown(v value, key, plain string) {
	name := v.name()
	taken := func(o convert.Open) bool { return o.Variable == name }
	if name == "" || slices.ContainsFunc(b.open, taken) {
		name = plain
	}
	b.open = append(b.open, convert.Open{Key: key, Variable: name})
	b.found.Warn(v.pos, "rescale-apply plan --var "+name+"=VALUE", "%s is not known before the run: %s becomes ${{ vars.%s }}", diag.Short(v.text), key, name)
}

func (b *bag) hardware() convert.Hardware {
	h := convert.Hardware{CoresPerSlot: 1}
	switch v := b.resolved(b.sets["machineType"].value); {
	case b.sets["machineType"].key == "":
		b.list.Add(b.from.pos, diag.MissingKey, "set machineType", "%s %s has no machineType", b.from.head, diag.Short(b.from.target))
	case v.kind == text && v.text != "":
		h.CoreType = v.text
	case v.kind == expression:
		h.CoreType = "not-known-yet" // which no platform has, so that nothing starts
		b.unknown(v, "hardware.coreType", "coreType")
	default:
		b.list.Add(v.pos, diag.WrongType, "write the code of a core type in quotes", "machineType is no text")
	}
	if n, given := b.count("cpus", "hardware.coresPerSlot"); given {
		h.CoresPerSlot = n
	}
	if n, given := b.count("ext.wallTime", "hardware.walltime"); given {
		h.Walltime = strconv.Itoa(n) + "h"
	}
	return h
}

// longest bounds numbers of cores and of hours.
const longest = 100_000

// count reads a whole number; one that is not known yet is 1, and a variable.
func (b *bag) count(key, place string) (n int, given bool) {
	set, given := b.sets[key]
	if !given || set.value.kind == nothing {
		return 0, false
	}
	v := b.resolved(set.value)
	if v.kind == expression {
		_, last, _ := strings.Cut(place, ".")
		b.unknown(v, place, last)
		return 1, true
	}
	n, err := strconv.Atoi(v.text)
	if err != nil || n < 1 || n > longest || v.kind != number && v.kind != text {
		b.list.Add(v.pos, diag.WrongType, "write a whole number, such as 4", "%s is %q", key, diag.Short(v.text))
	}
	return n, true
}

func (b *bag) priority() convert.Priority {
	set, given := b.sets["ext.billingPriorityValue"]
	v := b.resolved(set.value)
	switch {
	case !given || v.kind == nothing || v.text == "INSTANT":
	case v.text == "ON_DEMAND":
		return convert.Economy
	case v.text == "RESERVED":
		return convert.Reserved
	default:
		b.list.Add(v.pos, diag.BadValue, "write INSTANT, ON_DEMAND or RESERVED", "ext.billingPriorityValue is %s", diag.Short(v.text))
	}
	return ""
}

func (b *bag) project() string {
	v := b.resolved(b.sets["ext.projectId"].value)
	switch {
	case b.sets["ext.projectId"].key == "" || v.kind == nothing:
		return ""
	case v.kind == expression:
		b.unknown(v, "project", "project")
		return "not-known-yet"
	case v.kind != text:
		b.list.Add(v.pos, diag.WrongType, "write it in quotes", "ext.projectId is no text")
	}
	return v.text
}

func (b *bag) customFields() convert.Map {
	set, given := b.sets["ext.customFields"]
	if !given || set.value.kind == nothing {
		return nil
	}
	if set.value.kind != object {
		b.list.Add(set.value.pos, diag.WrongType, `write ["Cost center": "A-17"]`, "ext.customFields is no map")
		return nil
	}
	var fields convert.Map
	for i, name := range set.value.keys {
		switch v := b.resolved(set.value.items[i]); v.kind {
		case text:
			fields = append(fields, convert.Member{Name: name, Value: v.text})
		case number:
			fields = append(fields, convert.Member{Name: name, Value: json.Number(v.text)})
		case truth:
			fields = append(fields, convert.Member{Name: name, Value: v.text == "true"})
		case nothing, list, object, expression:
			b.found.Warn(v.pos, "add it under customFields", "custom field %s is left out: its value is not known before the run", diag.Short(name))
		}
	}
	return fields
}

// environment returns the variables of env, which every process gets.
func (b *bag) environment() []convert.Given {
	var given []convert.Given
	for _, s := range b.env {
		v := b.resolved(s.value)
		if !v.scalar() {
			b.found.Warn(s.pos, "add it under env", "variable %s is left out: its value is not known before the run", diag.Short(s.key))
			continue
		}
		given = append(given, convert.Given{Pos: s.pos, Variable: convert.Variable{Name: s.key, Value: v.text}})
	}
	return given
}

// command is the script of a process of a script; a configuration has none.
func (b *bag) command() string {
	switch s := b.from.script; {
	case s.kind == text && strings.TrimSpace(s.text) != "":
		var lines []string
		for line := range strings.SplitSeq(strings.TrimSpace(s.text), "\n") {
			lines = append(lines, strings.TrimSpace(line))
		}
		return strings.Join(lines, "\n")
	case s.kind == expression:
		b.found.Warn(s.pos, "write it as command", "the script of %s has references that Nextflow fills, and is not taken over", diag.Short(b.from.target))
	default:
		b.found.Warn(b.from.pos, "write it as command", "the script of %s %s is not in this file; the command here fails at once", b.from.head, diag.Short(b.from.target))
	}
	return "echo \"the script of " + convert.Slug(b.from.target) + " belongs here\" >&2; exit 1"
}
