package label_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/label"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// platform has one draft.
type platform struct {
	project string
	tags    []string
	fields  map[string]any
	calls   []string

	ignores bool             // assignments are taken without effect
	silent  bool             // the project is not shown
	loses   map[string]bool  // tags that are taken without effect
	errs    map[string]error // by call; of one that is lost the first time only
}

func (p *platform) call(name string) error {
	p.calls = append(p.calls, name)
	err := p.errs[name]
	var lost *rescale.OutcomeUnknownError
	if errors.As(err, &lost) {
		delete(p.errs, name)
	}
	return err
}

func (p *platform) Job(ctx context.Context, _ string) (rescale.Job, error) {
	if err := ctx.Err(); err != nil {
		return rescale.Job{}, err
	}
	job := rescale.Job{ProjectID: p.project}
	if p.silent {
		job.ProjectID = ""
	}
	return job, p.call("job")
}

func (p *platform) AssignProject(ctx context.Context, company, id, project string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !p.ignores {
		p.project = project
	}
	return p.call("assign " + company + " " + id + " " + project)
}

func (p *platform) Tags(ctx context.Context, _ string) ([]rescale.Tag, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var list []rescale.Tag
	for _, name := range p.tags {
		list = append(list, rescale.Tag{Name: name, NormalizedName: strings.ToLower(name)})
	}
	return list, p.call("tags")
}

func (p *platform) AddTag(ctx context.Context, _, tag string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := p.call("tag " + tag)
	var refused *rescale.Error
	if !p.loses[tag] && !errors.As(err, &refused) {
		p.tags = append(p.tags, tag)
	}
	return err
}

func (p *platform) RemoveTag(ctx context.Context, _, tag string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.tags = slices.DeleteFunc(p.tags, func(t string) bool { return t == tag })
	return p.call("untag " + tag)
}

func (p *platform) CustomFields(ctx context.Context, _ string) (map[string]any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return p.fields, p.call("fields")
}

func (p *platform) SetCustomFields(ctx context.Context, _ string, fields map[string]any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	names := make([]string, 0, len(fields))
	for name, value := range fields {
		if names = append(names, name); !p.loses[name] {
			p.fields[name] = value
		}
	}
	slices.Sort(names)
	return p.call("set " + strings.Join(names, ","))
}

var (
	refused = &rescale.Error{Method: "POST", Path: "/x/", Status: http.StatusBadRequest}
	lost    = &rescale.OutcomeUnknownError{Act: "tagging", Err: errors.New("connection reset")}
)

func TestLabel(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		platform platform
		wish     label.Wish
		calls    string
		warnings string
		err      string
	}{
		"nothing": {},
		"project there": {
			platform: platform{project: "pAero"}, wish: label.Wish{Project: "pAero"}, calls: "job",
		},
		"draft that is gone": {
			platform: platform{errs: map[string]error{"job": &rescale.Error{Status: http.StatusNotFound}}}, wish: label.Wish{Project: "pAero"}, calls: "job",
		},
		"project assigned": {
			wish: label.Wish{Project: "pAero"}, calls: "job|assign acme dRaFt pAero|job",
		},
		"project of an adopted draft": {
			platform: platform{project: "pOld"}, wish: label.Wish{Project: "pAero"}, calls: "job|assign acme dRaFt pAero|job",
		},
		"project that is never shown": {
			platform: platform{silent: true}, wish: label.Wish{Project: "pAero"}, calls: "job|assign acme dRaFt pAero|job",
		},
		"project refused": {
			platform: platform{errs: map[string]error{"assign acme dRaFt pAero": refused}}, wish: label.Wish{Project: "pAero", Tags: []string{"a"}},
			calls: "job|assign acme dRaFt pAero",
			err:   `choosing the project of job "wing": draft dRaFt is not of project pAero: POST /x/: 400 Bad Request`,
		},
		"project not taken": {
			platform: platform{project: "pOld", ignores: true}, wish: label.Wish{Project: "pAero"}, calls: "job|assign acme dRaFt pAero|job",
			err: `choosing the project of job "wing": draft dRaFt is not of project pAero: the platform took the assignment, and shows project pOld`,
		},
		"lost assignment": {
			platform: platform{errs: map[string]error{"assign acme dRaFt pAero": lost}}, wish: label.Wish{Project: "pAero"},
			calls: "job|assign acme dRaFt pAero|assign acme dRaFt pAero|job",
		},
		"tags of a fresh draft": {
			wish: label.Wish{Fresh: true, Tags: []string{"a", "B c"}}, calls: "tag a|tag B c|tags",
		},
		"tags of an old draft": {
			platform: platform{tags: []string{"A"}}, wish: label.Wish{Tags: []string{"a", "b"}}, calls: "tags|tag b|tags",
		},
		"tags there": {
			platform: platform{tags: []string{"a"}}, wish: label.Wish{Tags: []string{"a"}}, calls: "tags",
		},
		"tag refused": {
			platform: platform{errs: map[string]error{"tag a": refused}}, wish: label.Wish{Fresh: true, Tags: []string{"a", "b"}}, calls: "tag a|tag b|tags",
			warnings: `wing: adding tag "a": POST /x/: 400 Bad Request`,
		},
		"tag not taken": {
			platform: platform{loses: map[string]bool{"a": true}}, wish: label.Wish{Fresh: true, Tags: []string{"a", "b"}}, calls: "tag a|tag b|tags",
			warnings: `wing: adding tag "a": the platform took it, and does not show it`,
		},
		"lost answer, tag there": {
			platform: platform{errs: map[string]error{"tag a": lost}}, wish: label.Wish{Fresh: true, Tags: []string{"a"}}, calls: "tag a|tags",
		},
		"lost answer, tag not there": {
			platform: platform{errs: map[string]error{"tag a": lost}, loses: map[string]bool{"a": true}}, wish: label.Wish{Fresh: true, Tags: []string{"a"}},
			calls: "tag a|tags|tag a|tags", warnings: `wing: adding tag "a": the platform took it, and does not show it`,
		},
		"tags unreadable": {
			platform: platform{errs: map[string]error{"tags": refused}}, wish: label.Wish{Fresh: true, Tags: []string{"a"}}, calls: "tag a|tags",
			warnings: "wing: reading its tags: POST /x/: 400 Bad Request",
		},
		"fields of a fresh draft": {
			wish: label.Wish{Fresh: true, Fields: map[string]any{"A": "b", "N": 4.0}}, calls: "set A,N|fields",
		},
		"fields of an old draft": {
			platform: platform{fields: map[string]any{"A": "b", "N": 4.0}}, wish: label.Wish{Fields: map[string]any{"A": "c", "N": "4"}}, calls: "fields|set A|fields",
		},
		"field refused": {
			platform: platform{errs: map[string]error{"set A": refused}}, wish: label.Wish{Fresh: true, Fields: map[string]any{"A": "b"}}, calls: "set A",
			warnings: "wing: setting its custom fields: POST /x/: 400 Bad Request",
		},
		"field not taken": {
			platform: platform{loses: map[string]bool{"A": true}}, wish: label.Wish{Fresh: true, Fields: map[string]any{"A": "b"}}, calls: "set A|fields",
			warnings: `wing: setting custom field "A": the platform took it, and does not show it`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := tc.platform
				if p.fields == nil {
					p.fields = make(map[string]any)
				}
				var warnings []string
				labeler := label.Labeler{Platform: &p, Company: "acme", Warn: func(job, message string) { warnings = append(warnings, job+": "+message) }}
				tc.wish.Job, tc.wish.ID = "wing", "dRaFt"
				err := labeler.Label(t.Context(), tc.wish)
				said := ""
				if err != nil {
					said = err.Error()
				}
				got := []string{strings.Join(p.calls, "|"), strings.Join(warnings, "|"), said}
				if diff := cmp.Diff([]string{tc.calls, tc.warnings, tc.err}, got); diff != "" {
					t.Errorf("calls, warnings and error (-want +got)\n%s", diff)
				}
				var wrong *label.ProjectError
				if errors.As(err, &wrong) && !strings.Contains(wrong.Hint(), "nothing was submitted") {
					t.Errorf("hint %q", wrong.Hint())
				}
			})
		})
	}
}

// TestMark leaves one tag of a kind, and those of people as they are.
func TestMark(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		tags, want []string
		calls      string
	}{
		"none yet":      {nil, []string{"ra:b"}, "tag ra:b"},
		"there":         {[]string{"ra:b", "sweep"}, []string{"ra:b", "sweep"}, ""},
		"another":       {[]string{"ra:a", "sweep"}, []string{"sweep", "ra:b"}, "tag ra:b untag ra:a"},
		"both":          {[]string{"ra:a", "ra:b"}, []string{"ra:b"}, "untag ra:a"},
		"only people's": {[]string{"sweep"}, []string{"sweep", "ra:b"}, "tag ra:b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &platform{tags: tc.tags}
			label.Labeler{Platform: p, Warn: func(_, message string) { t.Error(message) }}.Mark(t.Context(), label.Wish{Job: "wing", ID: "A"}, "ra:", "ra:b")
			calls := strings.Join(slices.DeleteFunc(p.calls, func(c string) bool { return c == "tags" }), " ")
			if diff := cmp.Diff(tc.want, p.tags); diff != "" || calls != tc.calls {
				t.Errorf("(-want +got)\n%s, calls %q", diff, calls)
			}
		})
	}
}
