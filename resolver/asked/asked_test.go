package asked_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver/asked"
	"github.com/rescale-apply/rescale-apply/spec"
)

// platform answers with a workspace and its fields, or with errors.
type platform struct {
	place        rescale.Workspace
	placeErr     error
	fieldsErr    error
	fieldsWanted int
}

func (p *platform) Workspace(ctx context.Context) (rescale.Workspace, error) {
	return p.place, errors.Join(ctx.Err(), p.placeErr)
}

func (p *platform) WorkspaceFields(ctx context.Context, w rescale.Workspace) ([]rescale.CustomField, error) {
	p.fieldsWanted++
	if err := errors.Join(ctx.Err(), p.fieldsErr); err != nil {
		return nil, err
	}
	return []rescale.CustomField{{Name: "Team of " + w.ID}}, nil
}

// TestRead has platforms that do not know the calls, or not for this account.
func TestRead(t *testing.T) {
	t.Parallel()
	here := rescale.Workspace{ID: "w", CompanyCode: "acme"}
	refused := func(status int) error { return &rescale.Error{Status: status} }
	for name, tc := range map[string]struct {
		platform platform
		want     asked.Fields
		asks     int // for the fields
		fails    bool
	}{
		"there":              {platform{place: here}, asked.Fields{{Name: "Team of w"}}, 1, false},
		"no workspace":       {platform{place: rescale.Workspace{CompanyCode: "acme"}}, nil, 0, false},
		"no organization":    {platform{place: rescale.Workspace{ID: "w"}}, nil, 0, false},
		"no such account":    {platform{placeErr: refused(http.StatusNotFound)}, nil, 0, false},
		"forbidden":          {platform{place: here, fieldsErr: refused(http.StatusForbidden)}, nil, 1, false},
		"absent":             {platform{place: here, fieldsErr: refused(http.StatusNotFound)}, nil, 1, false},
		"another method":     {platform{place: here, fieldsErr: refused(http.StatusMethodNotAllowed)}, nil, 1, false},
		"trouble":            {platform{place: here, fieldsErr: refused(http.StatusInternalServerError)}, nil, 1, true},
		"trouble before":     {platform{placeErr: refused(http.StatusBadGateway)}, nil, 0, true},
		"a key that is none": {platform{placeErr: refused(http.StatusUnauthorized)}, nil, 0, true},
	} {
		got, err := asked.Read(t.Context(), &tc.platform)
		if diff := cmp.Diff(tc.want, got); diff != "" || (err != nil) != tc.fails || tc.platform.fieldsWanted != tc.asks {
			t.Errorf("%s: error %v, asked %d times (-want +got)\n%s", name, err, tc.platform.fieldsWanted, diff)
		}
	}
}

// TestCheck has a job whose name is in line 2, and its fields from line 5 on.
func TestCheck(t *testing.T) {
	t.Parallel()
	fields := asked.Fields{
		{Name: "Cost center", Type: "select", Options: []string{"A-17", "B-2"}, Required: true},
		{Name: "Level", Type: "number"},
		{Name: "Due", Type: "date", Required: true},
	}
	type given map[string]any
	for name, tc := range map[string]struct {
		fields asked.Fields
		names  []string // in the order of the text
		given  given
		want   []string
	}{
		"all of them":                       {fields, []string{"Due", "Cost center", "Level"}, given{"Due": "2026-12-31", "Cost center": "B-2", "Level": json.Number("3")}, nil},
		"the required ones":                 {fields, []string{"Cost center", "Due"}, given{"Cost center": "A-17", "Due": "soon"}, nil},
		"a workspace that asks for nothing": {nil, []string{"Team"}, given{"Team": "cfd"}, nil},
		"none": {fields, nil, nil, []string{
			`job.yaml:2:7: your workspace requires custom field "Cost center", and the job does not have it [missing-field]` +
				` | write customFields: {"Cost center": "A-17"}; it takes A-17, B-2`,
			`job.yaml:2:7: your workspace requires custom field "Due", and the job does not have it [missing-field] | write customFields: {"Due": "2026-12-31"}`,
		}},
		"one of two": {fields, []string{"Level", "Due"}, given{"Level": json.Number("3"), "Due": "x"}, []string{
			`job.yaml:5:3: your workspace requires custom field "Cost center", and the job does not have it [missing-field]` +
				` | add "Cost center": "A-17" to customFields; it takes A-17, B-2`,
		}},
		"blank": {fields, []string{"Cost center", "Due", "Level"}, given{"Cost center": " ", "Due": nil, "Level": ""}, []string{
			`job.yaml:5:20: your workspace requires custom field "Cost center", and its value is blank [missing-field]` +
				` | write "Cost center": "A-17"; it takes A-17, B-2`,
			`job.yaml:6:20: your workspace requires custom field "Due", and its value is blank [missing-field] | write "Due": "2026-12-31"`,
		}},
		"a misspelled name": {fields, []string{"Due", "Cost centre"}, given{"Due": "x", "Cost centre": "A-17"}, []string{
			`job.yaml:6:3: your workspace has no custom field "Cost centre" [unknown-field] | did you mean Cost center?`,
			`job.yaml:5:3: your workspace requires custom field "Cost center", and the job does not have it [missing-field]` +
				` | add "Cost center": "A-17" to customFields; it takes A-17, B-2`,
		}},
		"outside of the options": {fields, []string{"Due", "Cost center"}, given{"Due": "x", "Cost center": "a-17"}, []string{
			`job.yaml:6:20: custom field "Cost center" does not take "a-17" [bad-value] | did you mean A-17?`,
		}},
		"no number": {fields[1:2], []string{"Level"}, given{"Level": "fine"}, []string{
			`job.yaml:5:20: custom field "Level" takes a number, not "fine" [bad-value] | write "Level": 1`,
		}},
		"options that are no texts": {
			asked.Fields{{Name: "Reviewed", Options: []string{"true"}}, {Name: "Level", Options: []string{"1", "2"}}},
			[]string{"Reviewed", "Level"},
			given{"Reviewed": true, "Level": json.Number("2")},
			nil,
		},
	} {
		var written []spec.Field
		for i, field := range tc.names {
			written = append(written, spec.Field{
				Name:  spec.Value[string]{V: field, Pos: diag.Position{File: "job.yaml", Line: 5 + i, Col: 3}},
				Value: spec.Value[any]{V: tc.given[field], Pos: diag.Position{File: "job.yaml", Line: 5 + i, Col: 20}},
			})
		}
		var got []string
		for _, d := range tc.fields.Check(diag.Position{File: "job.yaml", Line: 2, Col: 7}, written) {
			got = append(got, d.String()+" | "+d.Hint)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}
