package pur

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/jsontext"
	"github.com/rescale-apply/rescale-apply/internal/convert/sheet"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// IsJSON is true of a text that is one job or a list of jobs in the names of the client's
// table, which a create body has not.
func IsJSON(text []byte) bool {
	members, list := objects(diag.Source{Text: text})
	return len(list) == 0 && len(members) > 0 && slices.ContainsFunc(members[0].Members, named("JobName")) && slices.ContainsFunc(members[0].Members, named("AnalysisCode"))
}

// ReadJSON reads jobs as the client's windows save them (see [convert.Reader]): one object
// or a list, with names in any case.
func ReadJSON(file string, text []byte) (convert.Found, error) {
	source := diag.Source{Name: file, Text: text}
	all, list := objects(source)
	m := mapping{found: convert.Found{From: "jobs of Rescale Interlink as JSON"}, names: make(convert.Names), list: list}
	var jobs []Job
	for _, object := range all {
		r := entry{object: object, list: &m.list}
		jobs = append(jobs, r.job())
	}
	if len(m.list) > 0 {
		return convert.Found{}, m.list.Sort()
	}
	return m.all(diag.Position{File: file, Line: 1, Col: 1}, jobs)
}

// objects reads one object, or a list of them.
func objects(source diag.Source) ([]jsontext.Value, diag.List) {
	text, list := convert.Text(source.Name, source.Text)
	if len(list) > 0 {
		return nil, list
	}
	start := diag.Position{File: source.Name, Line: 1, Col: 1}
	value, err := jsontext.Parse(start, text)
	if errors.As(err, &list) {
		return nil, list
	}
	all := []jsontext.Value{value}
	if value.Kind == jsontext.List {
		all = value.Items
	}
	if len(all) == 0 {
		list.Add(start, diag.EmptyFile, "", "the list has no job")
	}
	for _, v := range all {
		if v.Kind != jsontext.Object {
			list.Add(v.Pos, diag.WrongType, "write an object with JobName and the others", "a job is no object")
		}
	}
	return all, list
}

func named(name string) func(jsontext.Member) bool {
	return func(m jsontext.Member) bool { return strings.EqualFold(m.Name, name) }
}

// entry is the work on one object.
type entry struct {
	object jsontext.Value
	list   *diag.List

	cleaned bool
	read    []string // names
}

func (o *entry) job() Job {
	job := Job{
		Pos:       o.object.Pos,
		Directory: o.text("Directory"), Name: o.text("JobName"), Code: o.text("AnalysisCode"), Version: o.text("AnalysisVersion"), CoreType: o.text("CoreType"),
		Cores: o.count("CoresPerSlot"), Slots: o.count("Slots"), Hours: o.hours("WalltimeHours"),
		Feature: o.text("LicenseFeatureName"), Licenses: o.count("LicensesPerJob"), Seller: o.text("OnDemandLicenseSeller"),
		Project: o.text("ProjectID"), Org: o.text("OrgCode"), Tags: o.items("Tags", ","), Automations: o.items("Automations", ";"),
		Files: o.items("LocalInputFiles", ";"), Inputs: o.items("InputFiles", ";"), Extra: o.items("ExtraInputFileIDs", ","), SubPath: o.text("TarSubpath"),
		Packed: yes(strings.ToLower(o.text("NoDecompress").Text)), Economy: yes(strings.ToLower(o.text("IsLowPriority").Text)),
		CIDR: o.text("CIDRRule"), Key: o.text("PublicKey"), Port: o.count("SSHPort"), Mode: o.text("SubmitMode"),
	}
	if mode := o.text("Submit"); job.Mode.Text == "" {
		job.Mode = mode
	}
	job.Mode.Text = strings.ToLower(job.Mode.Text)
	job.Command = o.raw("Command")
	job.License = o.license()
	job.Cleaned = o.cleaned
	for _, m := range o.object.Members {
		if !slices.ContainsFunc(o.read, func(name string) bool { return strings.EqualFold(name, m.Name) }) && m.Kind != jsontext.Null && m.Scalar != "" {
			job.Batch = append(job.Batch, sheet.Cell{Text: m.Name, Pos: m.Pos})
		}
	}
	return job
}

// member returns the last member of a name, as in the client; nothing at the place of the
// object where there is none.
func (o *entry) member(name string) jsontext.Value {
	o.read = append(o.read, name)
	for _, m := range slices.Backward(o.object.Members) {
		if named(name)(m) {
			return m.Value
		}
	}
	return jsontext.Value{Pos: o.object.Pos}
}

// text reads a text, a number or a truth as a text.
func (o *entry) text(name string) sheet.Cell {
	m := o.member(name)
	var text string
	switch m.Kind {
	case jsontext.Null:
	case jsontext.Text, jsontext.Number, jsontext.Bool:
		text = fmt.Sprint(m.Scalar)
	case jsontext.List, jsontext.Object:
		o.list.Add(m.Pos, diag.WrongType, "write a text", "%s is no text", name)
	}
	cell, changed := sheet.Cell{Text: strings.TrimSpace(text), Pos: m.Pos}.Visible()
	o.cleaned = o.cleaned || changed
	return cell
}

// raw reads a text as it stands: only tables are cleaned by the client.
func (o *entry) raw(name string) sheet.Cell {
	cell := o.text(name)
	if text, ok := o.member(name).Scalar.(string); ok && cell.Text != "" {
		cell.Text = text
	}
	return cell
}

// items reads a list of texts, or a text with separators.
func (o *entry) items(name, separator string) []sheet.Cell {
	m := o.member(name)
	if m.Kind != jsontext.List {
		return o.text(name).Split(separator)
	}
	var cells []sheet.Cell
	for _, item := range m.Items {
		text, ok := item.Scalar.(string)
		if !ok {
			o.list.Add(item.Pos, diag.WrongType, "write texts", "%s has an entry that is no text", name)
		}
		cell, changed := sheet.Cell{Text: strings.TrimSpace(text), Pos: item.Pos}.Visible()
		o.cleaned = o.cleaned || changed
		if cell.Text != "" {
			cells = append(cells, cell)
		}
	}
	return cells
}

func (o *entry) count(name string) Count { return countIn(o.text(name), name, o.list) }

func (o *entry) hours(name string) Hours { return hoursIn(o.text(name), name, o.list) }

// license reads the variables, which are JSON in a text, or an object.
func (o *entry) license() []Variable {
	m := o.member("LicenseSettings")
	var list []Variable
	var err error
	switch m.Kind {
	case jsontext.Null:
	case jsontext.Object:
		list, err = members(m.Pos, m)
	default:
		list, err = variables(sheet.Cell{Text: strings.TrimSpace(fmt.Sprint(m.Scalar)), Pos: m.Pos})
	}
	if err != nil {
		o.list.Add(m.Pos, diag.BadValue, licenseHint, "LicenseSettings cannot be read: %v", err)
	}
	return list
}
