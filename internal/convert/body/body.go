// Package body reads jobs as the platform has them: the body that creates a job, of v2 and
// v3, the answer that shows one, the job files of Interlink, and lists of them.
package body

import (
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/jsontext"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Read reads a file with one job or a list of jobs.
func Read(file string, text []byte) (convert.Found, error) {
	body, list := convert.Text(file, text)
	if list != nil {
		return convert.Found{}, list
	}
	value, err := jsontext.Parse(diag.Position{File: file, Line: 1, Col: 1}, body)
	if err != nil {
		return convert.Found{}, err
	}
	return Jobs(value)
}

// Jobs reads one job, or a list of jobs. The error is a [diag.List].
func Jobs(value jsontext.Value) (convert.Found, error) {
	r := &reader{}
	r.found.From = "the body of a job"
	values := []jsontext.Value{value}
	if value.Kind == jsontext.List {
		values = value.Items
		r.found.From = "bodies of jobs"
	}
	if len(values) == 0 {
		r.list.Add(value.Pos, diag.EmptyFile, "", "there is no job in the list")
	}
	for _, v := range values {
		r.top(v)
	}
	if err := r.list.Sort().Err(); err != nil {
		return convert.Found{Warnings: r.found.Warnings}, err
	}
	return r.found, nil
}

// reader gathers what it finds, and what is wrong.
type reader struct {
	found convert.Found
	list  diag.List
}

// refuse reports what no manifest can say.
func (r *reader) refuse(pos diag.Position, hint, format string, args ...any) {
	r.list.Add(pos, convert.NotSaid, hint, format, args...)
}

// wrong reports a value of another type.
func (r *reader) wrong(pos diag.Position, name, want string) {
	r.list.Add(pos, diag.WrongType, "", "%s must be %s", name, want)
}

// top reads a job, or one that stands beside what was made for it.
func (r *reader) top(v jsontext.Value) {
	if v.Kind != jsontext.Object {
		r.wrong(v.Pos, "a job", "an object")
		return
	}
	inner, wrapped := v.Member("job")
	if _, own := v.Member("jobanalyses"); !wrapped || own {
		r.job(v, nil)
		return
	}
	var storage []string
	for _, m := range v.Members {
		switch m.Name {
		case "job":
		case "attach", "storageDevice":
			device, ok := m.Member("storageDevice")
			if !ok {
				device = m.Value
			}
			if id := r.idOf(device, m.Name); id != "" {
				storage = append(storage, id)
			}
		case "cluster":
			r.found.Warn(m.Pos, "start it before, and write its id as clusterId:", "the cluster is left out: a manifest starts none")
		case "storage":
			r.found.Warn(m.Pos, "make it before, and write its id as storage:", "the storage device is left out: a manifest makes none")
		default:
			r.found.Warn(m.Pos, "", "%q is left out: it is unknown beside a job", diag.Short(m.Name))
		}
	}
	r.job(inner, storage)
}

func (r *reader) job(v jsontext.Value, storage []string) {
	if v.Kind != jsontext.Object {
		r.wrong(v.Pos, "job", "an object")
		return
	}
	job := convert.Job{Storage: storage}
	var filled []jsontext.Member
	for _, m := range v.Members {
		if !r.jobField(&job, m) && !m.Empty() {
			filled = append(filled, m)
		}
	}
	r.answered(filled)
	r.priority(&job, v)
	analyses, there := v.Member("jobanalyses")
	if !there || len(analyses.Items) == 0 {
		r.list.Add(v.Pos, diag.MissingKey, "a job that is listed lacks it; take the job by its id", "the job has no jobanalyses")
		return
	}
	for _, item := range analyses.Items {
		job.Tiles = append(job.Tiles, convert.Tile{})
		r.tile(&job, &job.Tiles[len(job.Tiles)-1], item)
	}
	r.found.Jobs = append(r.found.Jobs, job)
}

// answered says once which fields of an answer are left out: the platform fills them in.
func (r *reader) answered(members []jsontext.Member) {
	if len(members) == 0 {
		return
	}
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = m.Name
	}
	r.found.Warn(members[0].Pos, "", "left out, as the platform fills it in: %s", strings.Join(names, ", "))
}

// priority reads the two fields that should agree; the newer one counts.
func (r *reader) priority(job *convert.Job, v jsontext.Value) {
	old, _ := v.Member("isLowPriority")
	low, ok := old.Truth()
	if !ok {
		r.wrong(old.Pos, "isLowPriority", "true or false")
	}
	value, given := v.Member("billingPriorityValue")
	word, _ := value.Words()
	switch word = strings.ToUpper(strings.TrimSpace(word)); {
	case !given || word == "":
		if low {
			job.Priority = convert.Economy
		}
		return
	case word == "INSTANT":
	case word == "ON_DEMAND":
		job.Priority = convert.Economy
	case word == "RESERVED":
		job.Priority = convert.Reserved
	default:
		r.list.Add(value.Pos, diag.BadValue, "INSTANT, ON_DEMAND or RESERVED", "billingPriorityValue cannot be %q", diag.Short(word))
		return
	}
	if _, given := v.Member("isLowPriority"); given && low != (job.Priority == convert.Economy) {
		r.found.Warn(old.Pos, "", "isLowPriority is left out: billingPriorityValue says otherwise, and counts")
	}
}

// word reads a text.
func (r *reader) word(m jsontext.Member) string {
	text, ok := m.Words()
	if !ok {
		r.wrong(m.Value.Pos, m.Name, "a text")
	}
	return text
}

// oneLine reads a text of one line.
func (r *reader) oneLine(m jsontext.Member) string {
	text := r.word(m)
	flat := strings.Join(strings.FieldsFunc(text, func(c rune) bool { return c == '\n' || c == '\r' }), " ")
	if flat != text {
		r.found.Warn(m.Value.Pos, "", "%s is one line: its line breaks become blanks", m.Name)
	}
	if strings.TrimSpace(flat) == "" {
		return ""
	}
	return flat
}

// idOf reads an id, or an object with one.
func (r *reader) idOf(v jsontext.Value, name string) string {
	if v.Kind == jsontext.Object {
		v, _ = v.Member("id")
	}
	word, ok := v.Words()
	id := strings.TrimSpace(word)
	switch {
	case !ok:
		r.wrong(v.Pos, name, "an id")
	case !convert.IsID(id) && id != "":
		r.list.Add(v.Pos, diag.BadValue, "an id has letters and digits only", "%s cannot be %q", name, diag.Short(id))
	}
	return id
}

// variables reads an object of texts.
func (r *reader) variables(v jsontext.Value, name string) (all []convert.Given) {
	if v.Kind != jsontext.Object && !v.Empty() {
		r.wrong(v.Pos, name, "an object")
	}
	for _, m := range v.Members {
		all = append(all, convert.Given{Pos: m.Pos, Variable: convert.Variable{Name: m.Name, Value: r.word(m)}})
	}
	return all
}

// listed reports a value that is no list.
func (r *reader) listed(m jsontext.Member) []jsontext.Value {
	if m.Kind != jsontext.List && !m.Empty() {
		r.wrong(m.Value.Pos, m.Name, "a list")
	}
	return m.Items
}

// onlyID cuts the object of a file down to its id, as a body has it.
func onlyID(name string, value any) any {
	m, ok := value.(convert.Map)
	if !ok || !strings.HasSuffix(name, "File") {
		return value
	}
	if i := slices.IndexFunc(m, func(m convert.Member) bool { return m.Name == "id" }); i >= 0 {
		return convert.Map{m[i]}
	}
	return m
}
