package comment_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// said is a comment on the fake server.
type said struct {
	ID     int
	Body   string
	Author string
	System bool
}

// server is GitHub and GitLab, as strict as their documentation: what is not asked for in
// the form that it describes fails the test.
type server struct {
	*httptest.Server
	t       *testing.T
	user    string // owner of the token; empty: that of a workflow, which may not ask
	perPage int    // comments a page, whatever is asked for
	refuse  map[string]int
	unnamed bool        // it does not say who the owner is
	limit   http.Header // of too many requests, when somebody asks for the owner
	move    string      // where every request is redirected to

	mu       sync.Mutex
	comments []said
	changes  []string
}

const (
	token    = "t0ken-of-the-pipeline"
	workflow = "github-actions[bot]"
)

func newServer(t *testing.T, comments ...said) *server {
	t.Helper()
	s := &server{t: t, comments: comments, perPage: 100, refuse: make(map[string]int)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /user", s.gitHub(s.gitHubUser))
	mux.HandleFunc("GET /repos/acme/sims/issues/7/comments", s.gitHub(s.list(inGitHub)))
	mux.HandleFunc("POST /repos/acme/sims/issues/7/comments", s.gitHub(s.create(inGitHub)))
	mux.HandleFunc("PATCH /repos/acme/sims/issues/comments/{id}", s.gitHub(s.update(inGitHub)))
	mux.HandleFunc("GET /api/v4/user", s.gitLab(s.gitLabUser))
	mux.HandleFunc("GET /api/v4/projects/42/merge_requests/7/notes", s.gitLab(s.list(inGitLab)))
	mux.HandleFunc("POST /api/v4/projects/42/merge_requests/7/notes", s.gitLab(s.create(inGitLab)))
	mux.HandleFunc("PUT /api/v4/projects/42/merge_requests/7/notes/{id}", s.gitLab(s.update(inGitLab)))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("nobody serves %s %s", r.Method, r.URL)
		http.NotFound(w, r)
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *server) gitHub(next http.HandlerFunc) http.HandlerFunc {
	return s.strict(next, map[string]string{
		"Authorization": "Bearer " + token, "Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28",
	})
}

func (s *server) gitLab(next http.HandlerFunc) http.HandlerFunc {
	return s.strict(next, map[string]string{"PRIVATE-TOKEN": token})
}

func (s *server) strict(next http.HandlerFunc, headers map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		headers["User-Agent"] = "rescale-apply test"
		for name, want := range headers {
			if got := r.Header.Get(name); got != want {
				s.t.Errorf("%s %s: header %s is %q", r.Method, r.URL, name, got)
			}
		}
		switch status := s.refuse[r.Method]; {
		case s.move != "":
			http.Redirect(w, r, s.move, http.StatusTemporaryRedirect)
		case status != 0 && !strings.HasSuffix(r.URL.Path, "/user"):
			w.WriteHeader(status)
			fmt.Fprint(w, `{"message": "the server's words"}`)
		default:
			next(w, r)
		}
	}
}

func (s *server) gitHubUser(w http.ResponseWriter, _ *http.Request) {
	if s.limit != nil {
		maps.Copy(w.Header(), s.limit)
		w.WriteHeader(http.StatusForbidden)
		return
	}
	if s.user == "" && !s.unnamed {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"message": "Resource not accessible by integration"}`)
		return
	}
	answer(w, account("login", s.user))
}

func (s *server) gitLabUser(w http.ResponseWriter, _ *http.Request) {
	answer(w, account("username", s.user))
}

// account is who somebody is; nothing is known of one that was deleted.
func account(key, name string) map[string]any {
	if name == "" {
		return nil
	}
	return map[string]any{key: name}
}

// form is how a server writes a comment.
type form func(said) map[string]any

func inGitHub(c said) map[string]any {
	return map[string]any{"id": c.ID, "body": c.Body, "html_url": fmt.Sprintf("https://github.example/7#%d\n\x1b]0;\u202e", c.ID), "user": account("login", c.Author)}
}

func inGitLab(c said) map[string]any {
	return map[string]any{"id": c.ID, "body": c.Body, "system": c.System, "author": account("username", c.Author)}
}

func (s *server) list(as form) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("per_page") != "100" {
			s.t.Errorf("a page is asked for as %s", r.URL)
		}
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		page = max(1, page)
		from := min((page-1)*s.perPage, len(s.comments))
		to := min(page*s.perPage, len(s.comments))
		if to < len(s.comments) {
			query := r.URL.Query()
			query.Set("page", strconv.Itoa(page+1))
			w.Header().Set("Link", fmt.Sprintf(`<%s/first>; rel="first", <%s%s?%s>; rel="next"`, s.URL, s.URL, r.URL.Path, query.Encode()))
		}
		list := []map[string]any{}
		for _, c := range s.comments[from:to] {
			list = append(list, as(c))
		}
		answer(w, list)
	}
}

func (s *server) create(as form) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := said{ID: 1000 + len(s.comments), Body: s.body(r), Author: cmp.Or(s.user, workflow)}
		s.comments = append(s.comments, c)
		s.changes = append(s.changes, "create")
		w.WriteHeader(http.StatusCreated)
		answer(w, as(c))
	}
}

func (s *server) update(as form) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, _ := strconv.Atoi(r.PathValue("id"))
		i := slices.IndexFunc(s.comments, func(c said) bool { return c.ID == id })
		if i < 0 {
			s.t.Errorf("no comment %s", r.PathValue("id"))
			http.NotFound(w, r)
			return
		}
		s.comments[i].Body = s.body(r)
		s.changes = append(s.changes, "update "+r.PathValue("id"))
		answer(w, as(s.comments[i]))
	}
}

func (s *server) body(r *http.Request) string {
	var sent map[string]string
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || len(sent) != 1 || r.Header.Get("Content-Type") != "application/json" {
		s.t.Errorf("%s %s: %v %v", r.Method, r.URL, sent, err)
	}
	return sent["body"]
}

func answer(w http.ResponseWriter, value any) { _ = json.NewEncoder(w).Encode(value) }
