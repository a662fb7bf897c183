package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
	"github.com/rescale-apply/rescale-apply/internal/emulator/wire"
)

func tags(a *API, r *Request) (Answer, error) {
	job, err := a.job(r)
	if err != nil {
		return Answer{}, err
	}
	return ok(wire.Tags(job.Tags))
}

type named struct {
	Name string `json:"name"`
}

// addTag adds one tag (rescale-api.md §7.6). A tag that the job has is not added again.
func addTag(a *API, r *Request) (Answer, error) {
	return a.changeTags(r, func(j *disk.Job, tag string) (status int) {
		if !a.Quirks().LoseTags && !slices.ContainsFunc(j.Tags, sameTag(tag)) {
			j.Tags = append(j.Tags, tag)
		}
		return http.StatusCreated
	})
}

// removeTag removes one tag; 404 means that the job does not have it. Clients name it in the body, and some that do not
// know better try the path and the query.
func removeTag(a *API, r *Request) (Answer, error) {
	return a.changeTags(r, func(j *disk.Job, tag string) (status int) {
		before := len(j.Tags)
		j.Tags = slices.DeleteFunc(j.Tags, sameTag(tag))
		if len(j.Tags) == before {
			return http.StatusNotFound
		}
		return http.StatusNoContent
	})
}

func sameTag(tag string) func(string) bool {
	return func(other string) bool { return wire.NormalTag(other) == wire.NormalTag(tag) }
}

func (a *API) changeTags(r *Request, change func(j *disk.Job, tag string) (status int)) (Answer, error) {
	job, err := a.ownJob(r)
	if err != nil {
		return Answer{}, err
	}
	var tag named
	if r.Method == http.MethodDelete {
		tag.Name = cmp.Or(r.vars["tag"], r.URL.Query().Get("name"))
	}
	if tag.Name == "" {
		if err := decode(r, &tag); err != nil {
			return Answer{}, err
		}
	}
	if wire.NormalTag(tag.Name) == "" {
		return Answer{}, invalid("name", "This field may not be blank.")
	}
	var status int
	_, err = a.Store.UpdateJob(job.ID, func(j *disk.Job) error {
		status = change(j, tag.Name)
		return nil
	})
	switch {
	case err != nil:
		return Answer{}, err
	case status == http.StatusNotFound:
		return Answer{}, notFound()
	case status == http.StatusNoContent:
		return Answer{Status: status}, nil
	}
	return Answer{Status: status, Body: wire.Tags([]string{tag.Name})[0]}, nil
}

// fileTags answers a bare array, as for jobs (rescale-api.md §3.5).
func fileTags(a *API, r *Request) (Answer, error) {
	if !a.foldered(r) {
		return Answer{}, notFound()
	}
	file, err := a.file(r)
	if err != nil {
		return Answer{}, err
	}
	return ok(wire.Tags(file.Tags))
}

// changeFileTags adds a tag of a file, or removes it.
func changeFileTags(a *API, r *Request) (Answer, error) {
	file, err := a.ownFile(r)
	if err == nil && !a.foldered(r) {
		err = notFound()
	}
	if err != nil {
		return Answer{}, err
	}
	var tag named
	if err := decode(r, &tag); err != nil {
		return Answer{}, err
	}
	if wire.NormalTag(tag.Name) == "" {
		return Answer{}, invalid("name", "This field may not be blank.")
	}
	has, removes := slices.ContainsFunc(file.Tags, sameTag(tag.Name)), r.Method == http.MethodDelete
	if removes && !has {
		return Answer{}, notFound()
	}
	_, err = a.Store.UpdateFile(file.ID, func(f *disk.File) {
		switch {
		case removes:
			f.Tags = slices.DeleteFunc(slices.Clone(f.Tags), sameTag(tag.Name))
		case !has:
			f.Tags = append(slices.Clone(f.Tags), tag.Name)
		}
	})
	if removes {
		return Answer{Status: http.StatusNoContent}, err
	}
	return Answer{Status: http.StatusCreated, Body: wire.Tags([]string{tag.Name})[0]}, err
}

// share lets another user see the job, or all of a workspace, whose members nobody is here (rescale-api.md §7.7).
func share(a *API, r *Request) (Answer, error) {
	job, err := a.ownJob(r)
	if err != nil {
		return Answer{}, err
	}
	var with struct {
		Email   string `json:"email"`
		Account string `json:"account"`
	}
	if err := decode(r, &with); err != nil {
		return Answer{}, err
	}
	recipient := cmp.Or(with.Email, with.Account)
	if recipient == "" {
		return Answer{}, invalid("email", "This field is required.")
	}
	_, err = a.Store.UpdateJob(job.ID, func(j *disk.Job) error {
		if !slices.Contains(j.SharedWith, recipient) {
			j.SharedWith = append(j.SharedWith, recipient)
		}
		return nil
	})
	if err != nil {
		return Answer{}, err
	}
	return ok(map[string]any{"recipient": recipient, "supportDesk": nil})
}

// CustomField is a field that a workspace has added to its jobs (rescale-api.md §7.7).
type CustomField struct {
	Name     string   `json:"name"`
	Type     string   `json:"valueType"`   // text, select, number, date, file or user
	Options  []string `json:"enumOptions"` // of a select
	Required bool     `json:"isRequired"`  // jobs without it cannot be submitted, and keep it from then on
}

// workspaceFields answers what a workspace has added to its jobs. All of it is in one section here.
func workspaceFields(a *API, r *Request) (Answer, error) {
	if err := ofOrganization(r); err != nil {
		return Answer{}, err
	}
	if r.vars["ws"] != r.Account.CompanyCode {
		return Answer{}, notFound()
	}
	fields := a.Quirks().Fields
	sections := map[string][]CustomField{}
	if len(fields) > 0 {
		sections["Context"] = fields
	}
	return ok(map[string]any{"fields": map[string]any{"compute": sections}, "isEnabled": len(fields) > 0})
}

// customFields answers the workspace's own fields of a job (rescale-api.md §7.7).
func customFields(a *API, r *Request) (Answer, error) {
	job, err := a.job(r)
	if err != nil {
		return Answer{}, err
	}
	out := map[string]any{}
	for name, value := range job.Fields {
		out[name] = map[string]any{"meta": named{Name: name}, "value": value}
	}
	return ok(out)
}

func setCustomFields(a *API, r *Request) (Answer, error) {
	job, err := a.ownJob(r)
	if err != nil {
		return Answer{}, err
	}
	var values map[string]json.RawMessage
	if err := decode(r, &values); err != nil {
		return Answer{}, err
	}
	for _, field := range a.Quirks().Fields {
		if err := field.check(job, values); err != nil {
			return Answer{}, err
		}
	}
	_, err = a.Store.UpdateJob(job.ID, func(j *disk.Job) error {
		if j.Fields == nil {
			j.Fields = map[string]json.RawMessage{}
		}
		for name, value := range values {
			j.Fields[name] = value
		}
		return nil
	})
	if err != nil {
		return Answer{}, err
	}
	return customFields(a, r)
}

// check refuses a value that is no option, and any value for what is frozen: a required field of a job that was
// submitted (rescale-api.md §14, A4).
func (f CustomField) check(job *disk.Job, values map[string]json.RawMessage) error {
	value, given := values[f.Name]
	switch {
	case !given:
		return nil
	case f.Required && !job.Draft():
		return invalid(f.Name, "This field is read-only after launch.")
	case len(f.Options) > 0 && !blank(value) && !slices.Contains(f.Options, plain(value)):
		return invalid(f.Name, fmt.Sprintf("%q is not a valid choice.", plain(value)))
	}
	return nil
}

// complete refuses to submit a job that lacks a required field (rescale-api.md §14, A4).
func (a *API) complete(job *disk.Job) error {
	for _, field := range a.Quirks().Fields {
		if field.Required && blank(job.Fields[field.Name]) {
			return Refuse(http.StatusBadRequest, "The custom field %q is required to submit a job.", field.Name)
		}
	}
	return nil
}

func blank(value json.RawMessage) bool {
	return len(value) == 0 || strings.TrimSpace(plain(value)) == ""
}

// plain is a text without its quotes, nothing for null, and anything else as it is written.
func plain(value json.RawMessage) string {
	var text *string
	if json.Unmarshal(value, &text) != nil {
		return string(value)
	}
	if text == nil {
		return ""
	}
	return *text
}
