package comment_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app/comment"
	"github.com/rescale-apply/rescale-apply/internal/app/options/cmdline"
)

const (
	marker = "<!-- rescale-apply:plan -->"
	body   = marker + "\nnew"
)

func inGitHubCI(s *server) map[string]string {
	return map[string]string{"GITHUB_API_URL": s.URL, "GITHUB_REPOSITORY": "acme/sims", "GITHUB_REF": "refs/pull/7/merge", "GITHUB_TOKEN": token}
}

func inGitLabCI(s *server) map[string]string {
	return map[string]string{"CI_API_V4_URL": s.URL + "/api/v4", "CI_PROJECT_ID": "42", "CI_MERGE_REQUEST_IID": "7", "GITLAB_CI": "true", "GITLAB_TOKEN": token}
}

func post(ctx context.Context, environment map[string]string) (comment.Posted, error) {
	poster := comment.Poster{Transport: http.DefaultTransport, Agent: "rescale-apply test", Getenv: func(name string) string { return environment[name] }}
	return poster.Post(ctx, marker, body)
}

// others are comments that are not to be touched: of people and of other bots, of other markers, and those of
// somebody who wants to own ours.
func others(n int) (list []said) {
	for i := range n {
		list = append(list, said{ID: i + 1, Author: "ada", Body: "looks good\n" + marker})
	}
	return append(list, said{ID: 500, Author: "eve", Body: marker + "\nbuy"}, said{ID: 501, Author: workflow, Body: "<!-- rescale-apply:apply -->\nold"}, said{ID: 502, Author: "other[bot]", Body: marker + "\nbuy"})
}

func TestPost(t *testing.T) {
	t.Parallel()
	ours := func(id int) said { return said{ID: id, Author: workflow, Body: marker + "\r\nold"} }
	for name, tc := range map[string]struct {
		comments []said
		perPage  int
		want     string // the only change
	}{
		"none":                 {others(2), 100, "create"},
		"one":                  {append(others(2), ours(511)), 100, "update 511"},
		"two":                  {append(others(2), ours(511), ours(512)), 100, "update 511"},
		"on the third page":    {append(others(250), ours(511)), 100, "update 511"},
		"on small pages":       {append(others(5), ours(511), ours(512)), 2, "update 511"},
		"none on three pages":  {others(250), 100, "create"},
		"an empty pull at all": {nil, 100, "create"},
	} {
		for place, environment := range map[string]func(*server) map[string]string{"GitHub": inGitHubCI, "GitLab": inGitLabCI} {
			t.Run(name+" on "+place, func(t *testing.T) {
				t.Parallel()
				s := newServer(t, append([]said(nil), tc.comments...)...)
				s.perPage = tc.perPage
				if place == "GitLab" {
					s.user = workflow
				}
				posted, err := post(t.Context(), environment(s))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff([]string{tc.want}, s.changes); diff != "" || !strings.HasPrefix(tc.want, strings.TrimSuffix(string(posted.Outcome), "d")) {
					t.Errorf("%v (-want +got):\n%s", posted, diff)
				}
				if place == "GitHub" && !regexp.MustCompile(`^https://github\.example/7#\d+ \]0;$`).MatchString(posted.URL) {
					t.Errorf("address %q", posted.URL)
				}
				count := 0
				for _, c := range s.comments {
					if c.Body == body {
						count++
					}
				}
				if count != 1 {
					t.Errorf("%d comments have the new text", count)
				}
			})
		}
	}
}

// The token of a person knows its name, and a comment of another bot is not its own.
func TestPersonalToken(t *testing.T) {
	t.Parallel()
	s := newServer(t, said{ID: 1, Author: workflow, Body: marker}, said{ID: 2, Author: "ada", Body: marker})
	s.user = "ada"
	if _, err := post(t.Context(), inGitHubCI(s)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"update 2"}, s.changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}

// A server that does not say who we are does not make us the author of what nobody wrote.
func TestNobody(t *testing.T) {
	t.Parallel()
	for place, environment := range map[string]func(*server) map[string]string{"GitHub": inGitHubCI, "GitLab": inGitLabCI} {
		s := newServer(t, said{ID: 1, Body: marker})
		s.unnamed = true
		_, err := post(t.Context(), environment(s))
		var refused *comment.Error
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), "names nobody") || len(s.changes) != 0 {
			t.Errorf("%s: %v, %v", place, err, s.changes)
		}
	}
}

// Too many requests with a person's token do not make it that of a workflow.
func TestTooManyRequests(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{"Retry-After": "60", "X-Ratelimit-Remaining": "0"} {
		s := newServer(t, said{ID: 1, Author: workflow, Body: marker})
		s.user, s.limit = "ada", http.Header{name: {value}}
		_, err := post(t.Context(), inGitHubCI(s))
		var refused *comment.Error
		if !errors.As(err, &refused) || refused.Status != http.StatusForbidden || !strings.Contains(refused.Hint(), "too many requests") || len(s.changes) != 0 {
			t.Errorf("%s: %v, %v", name, err, s.changes)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		method string
		status int
		lab    bool
		want   []string // in the error and its hint
	}{
		"a fork":            {http.MethodPost, 403, false, []string{"403 the server's words", "fork", "pull-requests: write"}},
		"too long":          {http.MethodPost, 422, false, []string{"422", "65,536", "60,000"}},
		"no such pull":      {http.MethodGet, 404, false, []string{"reading the comments", "does not see"}},
		"an expired token":  {http.MethodGet, 401, false, []string{"401", "expired"}},
		"out of order":      {http.MethodPost, 502, false, []string{"502"}},
		"a fork on GitLab":  {http.MethodPost, 403, true, []string{"403 the server's words", "scope api"}},
		"too long, GitLab":  {http.MethodPost, 400, true, []string{"400", "60,000"}},
		"unseen on GitLab":  {http.MethodGet, 404, true, []string{"does not see"}},
		"expired on GitLab": {http.MethodGet, 401, true, []string{"GITLAB_TOKEN"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			s.refuse[tc.method] = tc.status
			environment := inGitHubCI(s)
			if tc.lab {
				s.user = "ada"
				environment = inGitLabCI(s)
			}
			_, err := post(t.Context(), environment)
			var refused *comment.Error
			if !errors.As(err, &refused) || refused.Status != tc.status {
				t.Fatalf("%v", err)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error()+"\n"+refused.Hint(), want) {
					t.Errorf("%q is not in %v\n%s", want, err, refused.Hint())
				}
			}
			if len(s.changes) != 0 || strings.Contains(err.Error(), token) {
				t.Errorf("%v %v", s.changes, err)
			}
		})
	}
}

// No other host gets the token, by a redirect or by the address of a next page.
func TestTokenStays(t *testing.T) {
	t.Parallel()
	stranger := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s with %v", r.Method, r.URL, r.Header)
	}))
	t.Cleanup(stranger.Close)
	moved := newServer(t)
	moved.move = stranger.URL + "/user"
	_, err := post(t.Context(), inGitHubCI(moved))
	if err == nil || !strings.Contains(err.Error(), "no redirect is followed") {
		t.Errorf("%v", err)
	}
	paged := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "<"+stranger.URL+`/2>; rel="next"`)
		if r.URL.Path == "/user" {
			answer(w, map[string]any{"login": "ada"})
			return
		}
		answer(w, []any{})
	}))
	t.Cleanup(paged.Close)
	environment := inGitHubCI(moved)
	environment["GITHUB_API_URL"] = paged.URL
	if _, err := post(t.Context(), environment); err == nil || !strings.Contains(err.Error(), "on another server") {
		t.Errorf("%v", err)
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := post(ctx, inGitHubCI(newServer(t))); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestSurroundings: which request is meant, and that nothing is guessed.
func TestSurroundings(t *testing.T) {
	t.Parallel()
	event := func(text string) string {
		name := filepath.Join(t.TempDir(), "event.json")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for name, tc := range map[string]struct {
		change map[string]string
		want   string // in the error; empty: it is posted
	}{
		"GH_TOKEN":              {map[string]string{"GITHUB_TOKEN": "", "GH_TOKEN": token}, ""},
		"the event of a pull":   {map[string]string{"GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_PATH": event(`{"pull_request": {"number": 7}}`)}, ""},
		"a comment on a pull":   {map[string]string{"GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_PATH": event(`{"issue": {"number": 7, "pull_request": {}}}`)}, ""},
		"a comment on an issue": {map[string]string{"GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_PATH": event(`{"issue": {"number": 7}}`)}, "no pull request"},
		"a push":                {map[string]string{"GITHUB_REF": "refs/heads/main"}, "no pull request"},
		"a strange ref":         {map[string]string{"GITHUB_REF": "refs/pull/7/merge/../8"}, "no pull request"},
		"a strange repository":  {map[string]string{"GITHUB_REPOSITORY": "acme/sims/../x"}, "is no repository"},
		"another path":          {map[string]string{"GITHUB_REPOSITORY": "../sims"}, "is no repository"},
		"this path":             {map[string]string{"GITHUB_REPOSITORY": "acme/."}, "is no repository"},
		"no token":              {map[string]string{"GITHUB_TOKEN": ""}, "no token"},
		"no CI":                 {map[string]string{"GITHUB_REPOSITORY": ""}, "no pull request is known here"},
		"a file as an address":  {map[string]string{"GITHUB_API_URL": "file:///etc"}, "no address of a server"},
		"a user in the address": {map[string]string{"GITHUB_API_URL": "https://a:b@example.com"}, "no address of a server"},
		"http":                  {map[string]string{"GITHUB_API_URL": "http://ghe.example/api/v3"}, "in clear text"},
		"http on GitLab":        {map[string]string{"GITHUB_REPOSITORY": "", "CI_API_V4_URL": "http://lab.example/api/v4", "CI_PROJECT_ID": "42", "CI_MERGE_REQUEST_IID": "7", "GITLAB_TOKEN": token}, "in clear text"},
		"GitLab's push":         {map[string]string{"GITHUB_REPOSITORY": "", "GITLAB_CI": "true"}, "no merge request"},
		"GitLab without token":  {map[string]string{"GITHUB_REPOSITORY": "", "CI_PROJECT_ID": "42", "CI_MERGE_REQUEST_IID": "7"}, "GITLAB_TOKEN is not set"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			environment := inGitHubCI(s)
			for key, value := range tc.change {
				environment[key] = value
			}
			_, err := post(t.Context(), environment)
			if tc.want == "" {
				if err != nil || len(s.changes) != 1 {
					t.Errorf("%v %v", err, s.changes)
				}
				return
			}
			var usage *cmdline.UsageError
			if !errors.As(err, &usage) || !strings.Contains(err.Error(), tc.want) || len(s.changes) != 0 {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

func TestMarked(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ given, text, marker, body string }{
		"its own":       {"", body, marker, body},
		"given":         {"plan-heat", "hello\n", "<!-- rescale-apply:plan-heat -->", "<!-- rescale-apply:plan-heat -->\nhello\n"},
		"in its place":  {"x", body, "<!-- rescale-apply:x -->", "<!-- rescale-apply:x -->\nnew"},
		"none":          {"", "hello", "", ""},
		"ends too soon": {"a--", "hello", "", ""},
		"a line":        {"a\nb", "hello", "", ""},
		"markup":        {"a>b", "hello", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			marker, body, err := comment.Marked(tc.given, tc.text)
			if diff := cmp.Diff([]string{tc.marker, tc.body}, []string{marker, body}); diff != "" || (err != nil) != (tc.marker == "") {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}
