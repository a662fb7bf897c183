package pur

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/sheet"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// IsJSON is true of a text that is one job or a list of jobs in the names of the client's
// table, which a create body has not.
func IsJSON(text []byte) bool {
	members, list := objects(diag.Source{Text: text})
	return len(list) == 0 && len(members) > 0 && slices.ContainsFunc(members[0].members, named("JobName")) && slices.ContainsFunc(members[0].members, named("AnalysisCode"))
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

// object is the members of a JSON object in the order of the text.
type object struct {
	pos     diag.Position
	members []member
}

// member is a name and its value. Pos is where the value begins.
type member struct {
	name  string
	pos   diag.Position
	value any
}

func named(name string) func(member) bool {
	return func(m member) bool { return strings.EqualFold(m.name, name) }
}

// objects reads one object, or a list of them.
func objects(source diag.Source) ([]object, diag.List) {
	r := reader{source: source, text: bytes.TrimPrefix(source.Text, []byte("\ufeff"))}
	r.decoder = json.NewDecoder(bytes.NewReader(r.text))
	r.decoder.UseNumber()
	var all []object
	switch first := bytes.TrimLeft(r.text, " \t\r\n"); {
	case bytes.HasPrefix(first, []byte("[")):
		r.token()
		for r.err == nil && r.decoder.More() {
			all = append(all, r.object())
		}
		r.token()
	default:
		all = append(all, r.object())
	}
	if r.err == nil && len(bytes.TrimSpace(r.text[r.decoder.InputOffset():])) > 0 {
		r.err = errMoreText
	}
	var list diag.List
	if r.err != nil {
		list.Add(r.here(), diag.BadValue, "a job is an object, and several are a list of objects", "the JSON cannot be read: %v", r.err)
	} else if len(all) == 0 {
		list.Add(r.here(), diag.EmptyFile, "", "the list has no job")
	}
	return all, list
}

// reader reads JSON and keeps places. The first error stays.
type reader struct {
	source  diag.Source
	text    []byte
	decoder *json.Decoder
	err     error
}

func (r *reader) token() json.Token {
	if r.err != nil {
		return nil
	}
	token, err := r.decoder.Token()
	r.err = syntax(err)
	return token
}

// here is the place of what comes next.
func (r *reader) here() diag.Position {
	at := int(r.decoder.InputOffset())
	for at < len(r.text) && strings.ContainsRune(" \t\r\n:,", rune(r.text[at])) {
		at++
	}
	before := r.text[:min(at, len(r.text))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return diag.Position{File: r.source.Name, Line: 1 + bytes.Count(before, []byte("\n")), Col: 1 + len([]rune(string(before[start:]))), Width: 1}
}

func (r *reader) object() object {
	o := object{pos: r.here()}
	if open := r.token(); r.err == nil && open != json.Delim('{') {
		r.err = errNoObject
	}
	for r.err == nil && r.decoder.More() {
		m := member{name: fmt.Sprint(r.token()), pos: r.here()}
		if r.err == nil {
			r.err = syntax(r.decoder.Decode(&m.value))
		}
		o.members = append(o.members, m)
	}
	r.token()
	return o
}

// entry is the work on one object.
type entry struct {
	object object
	list   *diag.List

	cleaned bool
	read    []string // names
}

func (o *entry) job() Job {
	job := Job{
		Pos:       o.object.pos,
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
	for _, m := range o.object.members {
		if !slices.ContainsFunc(o.read, func(name string) bool { return strings.EqualFold(name, m.name) }) && m.value != nil && m.value != "" {
			job.Batch = append(job.Batch, sheet.Cell{Text: m.name, Pos: m.pos})
		}
	}
	return job
}

// member returns the last member of a name, as in the client; one without a value where
// there is none.
func (o *entry) member(name string) member {
	o.read = append(o.read, name)
	for _, m := range slices.Backward(o.object.members) {
		if named(name)(m) {
			return m
		}
	}
	return member{name: name, pos: o.object.pos}
}

// text reads a text, a number or a truth as a text.
func (o *entry) text(name string) sheet.Cell {
	m := o.member(name)
	var text string
	switch value := m.value.(type) {
	case nil:
	case string:
		text = value
	case json.Number:
		text = value.String()
	case bool:
		text = strconv.FormatBool(value)
	default:
		o.list.Add(m.pos, diag.WrongType, "write a text", "%s is no text", name)
	}
	cell, changed := sheet.Cell{Text: strings.TrimSpace(text), Pos: m.pos}.Visible()
	o.cleaned = o.cleaned || changed
	return cell
}

// raw reads a text as it stands: only tables are cleaned by the client.
func (o *entry) raw(name string) sheet.Cell {
	cell := o.text(name)
	if text, ok := o.member(name).value.(string); ok && cell.Text != "" {
		cell.Text = text
	}
	return cell
}

// items reads a list of texts, or a text with separators.
func (o *entry) items(name, separator string) []sheet.Cell {
	m := o.member(name)
	list, ok := m.value.([]any)
	if !ok {
		return o.text(name).Split(separator)
	}
	var cells []sheet.Cell
	for _, item := range list {
		text, ok := item.(string)
		if !ok {
			o.list.Add(m.pos, diag.WrongType, "write texts", "%s has an entry that is no text", name)
		}
		cell, changed := sheet.Cell{Text: strings.TrimSpace(text), Pos: m.pos}.Visible()
		o.cleaned = o.cleaned || changed
		if cell.Text != "" {
			cells = append(cells, cell)
		}
	}
	return cells
}

func (o *entry) count(name string) Count {
	cell := o.text(name)
	n, err := strconv.Atoi(cell.Text)
	if cell.Text != "" && err != nil {
		o.list.Add(cell.Pos, diag.WrongType, "write a whole number, such as 4", "%s is %q", name, diag.Short(cell.Text))
	}
	return Count{n, cell.Pos}
}

func (o *entry) hours(name string) Hours {
	cell := o.text(name)
	n, problem := hours(cell.Text)
	if problem != "" {
		o.list.Add(cell.Pos, diag.BadWalltime, "write hours, such as 12 or 1.5", "%s is %q: %s", name, diag.Short(cell.Text), problem)
	}
	return Hours{n, cell.Pos}
}

// license reads the variables, which are JSON in a text, or an object.
func (o *entry) license() []Variable {
	m := o.member("LicenseSettings")
	cell := sheet.Cell{Pos: m.pos}
	switch value := m.value.(type) {
	case nil:
	case string:
		cell.Text = strings.TrimSpace(value)
	default:
		text, err := json.Marshal(value)
		if err != nil {
			o.list.Add(m.pos, diag.BadValue, "", "LicenseSettings cannot be read: %v", err)
		}
		cell.Text = string(text)
	}
	list, err := variables(cell)
	if err != nil {
		o.list.Add(m.pos, diag.BadValue, licenseHint, "LicenseSettings cannot be read: %v", err)
	}
	return list
}
