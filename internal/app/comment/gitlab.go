package comment

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
)

// gitLab is a merge request of GitLab.
type gitLab struct {
	*caller
	path []string // of its notes
}

var numbers = regexp.MustCompile(`^[1-9][0-9]*$`)

func (p Poster) gitLab() (forge, error) {
	project, number := p.Getenv("CI_PROJECT_ID"), p.Getenv("CI_MERGE_REQUEST_IID")
	if !numbers.MatchString(number) || !numbers.MatchString(project) {
		return nil, options.Usage("this pipeline runs for no merge request: CI_MERGE_REQUEST_IID and CI_PROJECT_ID do not say which",
			`rules: [{if: $CI_PIPELINE_SOURCE == "merge_request_event"}]`)
	}
	token := p.Getenv("GITLAB_TOKEN")
	if token == "" {
		return nil, options.Usage("no token: GITLAB_TOKEN is not set", "make a project access token with the scope api, and a masked variable GITLAB_TOKEN; CI_JOB_TOKEN may not comment")
	}
	c, err := p.caller("CI_API_V4_URL", "https://gitlab.com/api/v4")
	if err != nil {
		return nil, err
	}
	c.hint = hintOfGitLab
	c.header.Set("PRIVATE-TOKEN", token)
	return &gitLab{c, []string{"projects", project, "merge_requests", number, "notes"}}, nil
}

type note struct {
	ID     int64
	Body   string
	System bool // written by GitLab itself
	Author struct{ Username string }
}

func (n note) remark() remark {
	return remark{id: strconv.FormatInt(n.ID, 10), body: n.Body, author: n.Author.Username}
}

func (g *gitLab) me(ctx context.Context) (string, error) {
	var user struct{ Username string }
	_, err := g.do(ctx, request{act: askOwner, method: http.MethodGet, url: g.at(nil, "user"), into: &user})
	return user.Username, err
}

func (g *gitLab) page(ctx context.Context, at string) ([]remark, string, error) {
	if at == "" {
		at = g.at(url.Values{"per_page": {"100"}, "order_by": {"created_at"}, "sort": {"asc"}}, g.path...)
	}
	var found []note
	header, err := g.do(ctx, request{act: "reading the notes of the merge request", method: http.MethodGet, url: at, into: &found})
	if err != nil {
		return nil, "", err
	}
	var list []remark
	for _, n := range found {
		if !n.System {
			list = append(list, n.remark())
		}
	}
	next, err := g.next(header)
	return list, next, err
}

func (g *gitLab) create(ctx context.Context, body string) (remark, error) {
	return g.send(ctx, request{act: "commenting the merge request", method: http.MethodPost, url: g.at(nil, g.path...)}, body)
}

func (g *gitLab) update(ctx context.Context, id, body string) (remark, error) {
	return g.send(ctx, request{act: "changing the note", method: http.MethodPut, url: g.at(nil, append(g.path[:len(g.path):len(g.path)], id)...)}, body)
}

func (g *gitLab) send(ctx context.Context, r request, body string) (remark, error) {
	var made note
	r.body, r.into = map[string]string{"body": body}, &made
	_, err := g.do(ctx, r)
	return made.remark(), err
}

func hintOfGitLab(answer *http.Response) string {
	switch answer.StatusCode {
	case http.StatusUnauthorized:
		return "GITLAB_TOKEN is wrong or has expired; a protected variable is only there on protected branches"
	case http.StatusForbidden:
		return "GITLAB_TOKEN needs the scope api and the role Reporter or above; a merge request from a fork gets no variables of the project"
	case http.StatusNotFound:
		return "the token does not see the project or the merge request"
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return "a note has at most 1,000,000 characters: --report md=FILE writes at most 60,000"
	}
	return ""
}
