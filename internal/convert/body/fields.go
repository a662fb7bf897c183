package body

import (
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/jsontext"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec/access"
	fields "github.com/rescale-apply/rescale-apply/spec/body"
)

// jobField reads one field of a job; false for one that the platform fills in.
func (r *reader) jobField(job *convert.Job, m jsontext.Member) bool {
	switch m.Name {
	case "jobanalyses", "isLowPriority", "billingPriorityValue":
	case "name":
		job.Title = convert.Unmarked(r.oneLine(m))
	case "description":
		job.Description = r.word(m)
	case "projectId", "project_id":
		r.project(job, m)
	case "tags", "userTags":
		r.tags(job, m)
	case "customFields":
		r.customFields(job, m)
	case "clusterId":
		job.ClusterID = r.idOf(m.Value, m.Name)
	case "jobAutomations":
		r.automations(job, m)
	case "cidrRule", "publicKey", "sshPort":
		r.access(job, m)
	default:
		return r.pastField(m) || r.otherField(job, m)
	}
	return true
}

// pastField reads a field that was said of a job once, and that no manifest has.
func (r *reader) pastField(m jsontext.Member) bool {
	switch m.Name {
	case "clonedFrom", "templatedFrom":
		r.dropped(m, "it names the job that this one is a copy of")
	case "isTemplate":
		r.dropped(m, "a manifest makes no templates")
	case "remoteVizConfig":
		r.dropped(m, "the platform no longer reads it")
	case "autoTerminateCluster":
		if on, ok := m.Truth(); !ok || !on {
			r.dropped(m, "the platform no longer reads it")
		}
	default:
		return false
	}
	return true
}

// project reads the id, or an object with one.
func (r *reader) project(job *convert.Job, m jsontext.Member) {
	v := m.Value
	if v.Kind == jsontext.Object {
		v, _ = v.Member("id")
	}
	id, ok := v.Words()
	if !ok {
		r.wrong(v.Pos, m.Name, "an id")
	}
	if id = strings.TrimSpace(id); id != "" {
		job.Project = id
	}
}

// otherField reads a field without a key of its own.
func (r *reader) otherField(job *convert.Job, m jsontext.Member) bool {
	if m.Name == "paramFile" && !m.Empty() {
		job.Notes = job.Notes.Note("extra.paramFile", "with the files at hand, doe: or matrix: says the same")
	}
	level, known := fields.Home(m.Name)
	switch {
	case fields.Answered(m.Name):
		return false
	case known && level == fields.Job:
		if !unsaid(m.Value) || m.Name == "resourceFilters" && m.Kind == jsontext.List {
			job.Extra = append(job.Extra, convert.Member{Name: m.Name, Value: onlyID(m.Name, m.Plain())})
		}
	case known:
		r.list.Add(m.Pos, diag.MisplacedField, "move it there", "%s is a field of the %s, and stands in the job", m.Name, level)
	default:
		r.unknown(m, "job")
	}
	return true
}

// unsaid reports whether a value is what the platform takes where a field is missing.
func unsaid(v jsontext.Value) bool { return v.Empty() || v.Is(false) }

// dropped warns of a field that is left out, unless it says nothing.
func (r *reader) dropped(m jsontext.Member, why string) {
	if !unsaid(m.Value) {
		r.found.Warn(m.Pos, "", "%s is left out: %s", m.Name, why)
	}
}

func (r *reader) unknown(m jsontext.Member, where string) {
	if !m.Empty() {
		r.found.Warn(m.Pos, "where the platform reads it, write it below extra:", "%s is left out: no such field of the %s is known", diag.Short(m.Name), where)
	}
}

func (r *reader) tags(job *convert.Job, m jsontext.Member) {
	for _, item := range r.listed(m) {
		if item.Kind == jsontext.Object {
			item, _ = item.Member("name")
		}
		tag, ok := item.Words()
		if !ok {
			r.wrong(item.Pos, m.Name, "texts")
		}
		if strings.TrimSpace(tag) != "" {
			job.Tags = append(job.Tags, tag)
		}
	}
}

func (r *reader) customFields(job *convert.Job, m jsontext.Member) {
	if m.Kind != jsontext.Object && !m.Empty() {
		r.wrong(m.Value.Pos, m.Name, "an object")
	}
	for _, field := range m.Members {
		switch field.Kind {
		case jsontext.Null:
		case jsontext.List, jsontext.Object:
			r.found.Warn(field.Pos, "", "custom field %q is left out: a manifest gives it a text, a number, true or false", diag.Short(field.Name))
		case jsontext.Bool, jsontext.Number, jsontext.Text:
			job.CustomFields = append(job.CustomFields, convert.Member{Name: field.Name, Value: field.Scalar})
		}
	}
}

func (r *reader) automations(job *convert.Job, m jsontext.Member) {
	for _, item := range r.listed(m) {
		inner, ok := item.Member("automation")
		if !ok {
			inner = item
		}
		a := convert.Automation{ID: r.idOf(inner, "automation")}
		env, _ := item.Member("environmentVariables")
		for _, v := range r.variables(env, "environmentVariables") {
			a.Env = append(a.Env, v.Variable)
			if convert.Secret(v.Variable) {
				r.found.Warn(v.Pos, "keep its value out of version control", "%s looks like a secret, and an automation takes its variables as they are written", v.Name)
			}
		}
		for _, field := range item.Members {
			if field.Name != "automation" && field.Name != "environmentVariables" && (ok || field.Name != "id") {
				r.unknown(field, "automation")
			}
		}
		if a.ID == "" {
			r.found.Warn(item.Pos, "", "an automation is left out: it has no id")
		} else {
			job.Automations = append(job.Automations, a)
		}
	}
}

// networks reads those that may reach the job; an empty text is one, which is none.
func (r *reader) networks(m jsontext.Member) (list []string) {
	for _, network := range strings.Split(r.word(m), ",") {
		network = strings.TrimSpace(network)
		if hint := access.NetworkHint(network); network != "" && hint != "" {
			r.list.Add(m.Value.Pos, diag.BadValue, hint, "cidrRule cannot hold %q", diag.Short(network))
		}
		if network != "" || m.Scalar == "" {
			list = append(list, network)
		}
	}
	return list
}

func (r *reader) access(job *convert.Job, m jsontext.Member) {
	if m.Kind == jsontext.Null {
		return
	}
	switch m.Name {
	case "cidrRule":
		job.SSH.CIDR = append(job.SSH.CIDR, r.networks(m)...)
	case "publicKey":
		key := strings.TrimSpace(r.word(m))
		if why, hint := access.KeyProblem(key); key != "" && why != "" {
			r.found.Warn(m.Pos, hint, "publicKey is left out: %s", why)
			return
		}
		job.SSH.PublicKey = key
	case "sshPort":
		port, ok := m.Int()
		if !ok || port < 0 || port > 65535 {
			r.wrong(m.Value.Pos, m.Name, "a port")
		}
		if port != 22 {
			job.SSH.Port = port
		}
	}
}
