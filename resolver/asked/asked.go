// Package asked compares the custom fields of jobs with those that their workspace has
// added. One that lacks a required field cannot be submitted, which the platform says only
// after all inputs are uploaded, and the field cannot be set after the launch any more.
package asked

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Workspaces reads what a workspace asks of its jobs.
type Workspaces interface {
	Workspace(ctx context.Context) (rescale.Workspace, error)
	WorkspaceFields(ctx context.Context, w rescale.Workspace) ([]rescale.CustomField, error)
}

// Fields are what a workspace has added to its jobs. With none nothing is checked.
type Fields []rescale.CustomField

// Read reads the fields of the account's workspace (rescale-api.md §7.7). Neither call is
// documented: a platform that does not have them, or not for this account, asks for
// nothing.
func Read(ctx context.Context, p Workspaces) (Fields, error) {
	place, err := p.Workspace(ctx)
	if err != nil || place.ID == "" || place.CompanyCode == "" {
		return nil, unlessAbsent(err)
	}
	fields, err := p.WorkspaceFields(ctx, place)
	return fields, unlessAbsent(err)
}

func unlessAbsent(err error) error {
	var refused *rescale.Error
	absent := []int{http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone}
	if err == nil || errors.As(err, &refused) && !rescale.IsAuth(err) && slices.Contains(absent, refused.Status) {
		return nil
	}
	return fmt.Errorf("reading the custom fields of your workspace: %w", err)
}

// Check returns what is wrong with the fields of a job, whose name is at a place: names and
// values that the workspace does not know, and required fields that are not there.
func (f Fields) Check(job diag.Position, written []spec.Field) (problems diag.List) {
	if len(f) == 0 {
		return nil
	}
	for _, field := range written {
		i := slices.IndexFunc(f, func(known rescale.CustomField) bool { return known.Name == field.Name.V })
		if i < 0 {
			problems.Add(field.Name.Pos, diag.UnknownField, diag.DidYouMean(field.Name.V, f.names()),
				"your workspace has no custom field %q", diag.Short(field.Name.V))
			continue
		}
		value(f[i], field.Value, &problems)
	}
	place, act := job, "write customFields: {%s}"
	if len(written) > 0 { // the others belong beside them
		place, act = written[0].Name.Pos, "add %s to customFields"
	}
	for _, known := range f {
		if known.Required && !slices.ContainsFunc(written, func(field spec.Field) bool { return field.Name.V == known.Name }) {
			problems.Add(place, diag.MissingField, example(act, known), "your workspace requires custom field %q, and the job does not have it", known.Name)
		}
	}
	return problems
}

func (f Fields) names() (list []string) {
	for _, field := range f {
		list = append(list, field.Name)
	}
	return list
}

// value checks what a job gives to a field.
func value(field rescale.CustomField, given spec.Value[any], problems *diag.List) {
	text := ""
	if given.V != nil {
		text = fmt.Sprint(given.V)
	}
	_, noNumber := strconv.ParseFloat(text, 64)
	switch {
	case strings.TrimSpace(text) == "":
		if field.Required {
			problems.Add(given.Pos, diag.MissingField, example("write %s", field), "your workspace requires custom field %q, and its value is blank", field.Name)
		}
	case len(field.Options) > 0 && !slices.Contains(field.Options, text):
		problems.Add(given.Pos, diag.BadValue, diag.DidYouMean(text, field.Options), "custom field %q does not take %q", field.Name, diag.Short(text))
	case field.Type == "number" && noNumber != nil:
		problems.Add(given.Pos, diag.BadValue, example("write %s", field), "custom field %q takes a number, not %q", field.Name, diag.Short(text))
	}
}

// most is how many options a hint lists.
const most = 19

// example says how to write a field, in a sentence with a place for it.
func example(act string, field rescale.CustomField) string {
	written, rest := `"TEXT"`, ""
	switch {
	case len(field.Options) > 0:
		written = strconv.Quote(field.Options[0])
		if len(field.Options) > 1 && len(field.Options) <= most {
			rest = "; it takes " + strings.Join(field.Options, ", ")
		}
	case field.Type == "number":
		written = "1"
	case field.Type == "date":
		written = `"2026-12-31"`
	}
	return fmt.Sprintf(act, strconv.Quote(field.Name)+": "+written) + rest
}
