package comment

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
)

// gitHub is a pull request of GitHub.
type gitHub struct {
	*caller
	repository []string // owner and name
	number     string
}

// forge finds the request that this pipeline runs for.
func (p Poster) forge() (forge, error) {
	switch {
	case p.Getenv("GITHUB_REPOSITORY") != "":
		return p.gitHub()
	case p.Getenv("CI_MERGE_REQUEST_IID") != "" || p.Getenv("GITLAB_CI") != "":
		return p.gitLab()
	}
	return nil, options.Usage("no pull request is known here: neither GITHUB_REPOSITORY nor CI_MERGE_REQUEST_IID is set",
		"run it in a pipeline of a pull request; or set GITHUB_REPOSITORY=OWNER/NAME and GITHUB_REF=refs/pull/N/merge")
}

// repositories are the names of GitHub's. A part of dots alone would lead elsewhere on the
// server.
var repositories = regexp.MustCompile(`^\.*[A-Za-z0-9_-][A-Za-z0-9._-]*/\.*[A-Za-z0-9_-][A-Za-z0-9._-]*$`)

func (p Poster) gitHub() (forge, error) {
	repository := p.Getenv("GITHUB_REPOSITORY")
	if !repositories.MatchString(repository) {
		return nil, options.Usage("GITHUB_REPOSITORY is no repository", "it is like OWNER/NAME")
	}
	number := pull(p.Getenv)
	if number == "" {
		return nil, options.Usage("this pipeline runs for no pull request", "call it where github.event_name is pull_request")
	}
	token := cmp.Or(p.Getenv("GITHUB_TOKEN"), p.Getenv("GH_TOKEN"))
	if token == "" {
		return nil, options.Usage("no token: neither GITHUB_TOKEN nor GH_TOKEN is set", "env: {GITHUB_TOKEN: ${{ github.token }}}")
	}
	c, err := p.caller("GITHUB_API_URL", "https://api.github.com")
	if err != nil {
		return nil, err
	}
	c.hint = hintOfGitHub
	c.header.Set("Authorization", "Bearer "+token)
	c.header.Set("Accept", "application/vnd.github+json")
	c.header.Set("X-GitHub-Api-Version", "2022-11-28")
	return &gitHub{c, strings.Split(repository, "/"), number}, nil
}

// pulls are the refs of pull requests.
var pulls = regexp.MustCompile(`^refs/pull/([1-9][0-9]*)/(merge|head)$`)

// pull is the number of the pull request: of the ref, or of the event, which is that of a
// comment or of a closed pull request too. Empty for none.
func pull(getenv func(string) string) string {
	if found := pulls.FindStringSubmatch(getenv("GITHUB_REF")); found != nil {
		return found[1]
	}
	file, err := os.Open(getenv("GITHUB_EVENT_PATH"))
	if err != nil {
		return ""
	}
	defer file.Close()
	type numbered struct{ Number int }
	var event struct {
		Pull  numbered `json:"pull_request"`
		Issue struct {
			numbered
			Pull *struct{} `json:"pull_request"`
		}
	}
	const most = 16 << 20
	if err := json.NewDecoder(io.LimitReader(file, most)).Decode(&event); err != nil {
		return ""
	}
	if event.Pull.Number == 0 && event.Issue.Pull != nil {
		event.Pull.Number = event.Issue.Number
	}
	if event.Pull.Number <= 0 {
		return ""
	}
	return strconv.Itoa(event.Pull.Number)
}

type gitHubComment struct {
	ID   int64
	Body string
	URL  string `json:"html_url"`
	User struct{ Login string }
}

func (c gitHubComment) remark() remark {
	return remark{strconv.FormatInt(c.ID, 10), c.Body, c.User.Login, c.URL}
}

// workflow is the bot that the token of a workflow belongs to.
const workflow = "github-actions[bot]"

// me is a person, or the bot of a workflow, whose token may not ask for its name.
func (g *gitHub) me(ctx context.Context) (string, error) {
	var user struct{ Login string }
	header, err := g.do(ctx, request{act: askOwner, method: http.MethodGet, url: g.at(nil, "user"), into: &user})
	var refused *Error
	if errors.As(err, &refused) && refused.Status == http.StatusForbidden && !limited(header) {
		return workflow, nil
	}
	return user.Login, err
}

func (g *gitHub) comments(path ...string) string {
	return g.at(nil, append([]string{"repos", g.repository[0], g.repository[1], "issues"}, path...)...)
}

func (g *gitHub) page(ctx context.Context, at string) ([]remark, string, error) {
	if at == "" {
		at = g.comments(g.number, "comments") + "?" + url.Values{"per_page": {"100"}}.Encode()
	}
	var found []gitHubComment
	header, err := g.do(ctx, request{act: "reading the comments of the pull request", method: http.MethodGet, url: at, into: &found})
	if err != nil {
		return nil, "", err
	}
	var list []remark
	for _, c := range found {
		list = append(list, c.remark())
	}
	next, err := g.next(header)
	return list, next, err
}

func (g *gitHub) create(ctx context.Context, body string) (remark, error) {
	return g.send(ctx, request{act: "commenting the pull request", method: http.MethodPost, url: g.comments(g.number, "comments")}, body)
}

func (g *gitHub) update(ctx context.Context, id, body string) (remark, error) {
	return g.send(ctx, request{act: "changing the comment", method: http.MethodPatch, url: g.comments("comments", id)}, body)
}

func (g *gitHub) send(ctx context.Context, r request, body string) (remark, error) {
	var made gitHubComment
	r.body, r.into = map[string]string{"body": body}, &made
	_, err := g.do(ctx, r)
	return made.remark(), err
}

// limited reports whether a refusal is one of too many requests.
func limited(header http.Header) bool {
	return header.Get("X-RateLimit-Remaining") == "0" || header.Get("Retry-After") != ""
}

func hintOfGitHub(answer *http.Response) string {
	switch answer.StatusCode {
	case http.StatusUnauthorized:
		return "the token is wrong or has expired"
	case http.StatusForbidden, http.StatusTooManyRequests:
		if limited(answer.Header) {
			return "GitHub has had too many requests with this token; try again later"
		}
		return "the job needs permissions: {pull-requests: write}; a pull request from a fork gets a token that only reads: write --report github there, whose summary needs no token"
	case http.StatusNotFound:
		return "the token does not see the repository or the pull request"
	case http.StatusUnprocessableEntity:
		return "a comment has at most 65,536 characters: --report md=FILE writes at most 60,000"
	}
	return ""
}
