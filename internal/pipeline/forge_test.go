//go:build unix

package pipeline

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// forge takes the place of GitHub: a repository that git clones and pushes to, and the
// comments of pull request 7.
type forge struct {
	url string // of the server

	mu       sync.Mutex
	comments []string
}

// newForge serves a repository without commits.
func newForge(t *testing.T, dir string) *forge {
	t.Helper()
	bare := filepath.Join(dir, "acme", "sims.git")
	git(t, ".", "init", "--quiet", "--bare", "--initial-branch=main", bare)
	git(t, bare, "config", "http.receivepack", "true")
	program, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	f := &forge{}
	mux := http.NewServeMux()
	mux.Handle("/acme/", &cgi.Handler{
		Path: program, Args: []string{"http-backend"},
		Env: []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=ada", "HOME=" + dir},
	})
	const comments = "/api/repos/acme/sims/issues"
	mux.HandleFunc("GET /api/user", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"message": "Resource not accessible by integration"}`, http.StatusForbidden)
	})
	mux.HandleFunc("GET "+comments+"/7/comments", f.list)
	mux.HandleFunc("POST "+comments+"/7/comments", f.comment)
	mux.HandleFunc("PATCH "+comments+"/comments/{id}", f.comment)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

// comment makes a comment, or changes the one whose number the address has.
func (f *forge) comment(w http.ResponseWriter, r *http.Request) {
	var sent struct{ Body string }
	if r.Header.Get("Authorization") != "Bearer of the workflow" || json.NewDecoder(r.Body).Decode(&sent) != nil || sent.Body == "" {
		http.Error(w, `{"message": "Bad request"}`, http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	at := len(f.comments)
	if id := r.PathValue("id"); id != "" {
		if _, err := fmt.Sscan(id, &at); err != nil || at < 0 || at >= len(f.comments) {
			http.NotFound(w, r)
			return
		}
		f.comments[at] = sent.Body
	} else {
		f.comments = append(f.comments, sent.Body)
		w.WriteHeader(http.StatusCreated)
	}
	answer(w, f.json(at))
}

func (f *forge) list(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := []map[string]any{}
	for i := range f.comments {
		all = append(all, f.json(i))
	}
	answer(w, all)
}

func (f *forge) json(at int) map[string]any {
	return map[string]any{
		"id": at, "body": f.comments[at], "html_url": fmt.Sprintf("https://github.com/acme/sims/pull/7#%d", at),
		"user": map[string]string{"login": "github-actions[bot]", "type": "Bot"},
	}
}

func answer(w http.ResponseWriter, value any) {
	if err := json.NewEncoder(w).Encode(value); err != nil {
		panic(err)
	}
}

// commented are the comments of the pull request.
func (f *forge) commented() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.comments...)
}

// clone makes a clone of a branch, as a runner has it.
func (f *forge) clone(t *testing.T, branch string) string {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, "clone", "--quiet", "--branch", branch, f.url+"/acme/sims.git", "clone")
	return filepath.Join(dir, "clone")
}

// push commits files in a clone, if there are any, and pushes its commits as a branch.
func (f *forge) push(t *testing.T, clone, branch string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		write(t, filepath.Join(clone, name), text)
	}
	if len(files) > 0 {
		commit(t, clone)
	}
	git(t, clone, "push", "--quiet", "origin", "HEAD:refs/heads/"+branch)
}

// one returns the only comment, which must hold all of the words.
func (f *forge) one(t *testing.T, words ...string) {
	t.Helper()
	all := f.commented()
	if len(all) != 1 {
		t.Fatalf("%d comments, want one: %q", len(all), all)
	}
	for _, word := range words {
		if !strings.Contains(all[0], word) {
			t.Errorf("the comment lacks %q:\n%s", word, all[0])
		}
	}
}
