package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app"
	"github.com/rescale-apply/rescale-apply/internal/app/exit"
)

// TestReportComment posts a text of standard input. Neither the token nor a key that the text
// holds is shown anywhere.
func TestReportComment(t *testing.T) {
	t.Parallel()
	const token = "ghs_0123456789abcdefghijklmnop"
	link := filepath.Join(t.TempDir(), "plan.md")
	if err := errors.Join(os.WriteFile(link+".txt", []byte("<!-- rescale-apply:plan:0 -->\n"), 0o600), os.Symlink(link+".txt", link)); err != nil {
		t.Skip("no links here")
	}
	for name, tc := range map[string]struct {
		args   []string
		status int
		code   exit.Code
		stdout string
		stderr string
	}{
		"made": {[]string{"--marker", "plan"}, http.StatusCreated, exit.OK, "comment created https://github.example/7#1\n", ""},
		"JSON": {[]string{"--marker", "plan", "-o", "json"}, http.StatusCreated, exit.OK, "{\n  \"formatVersion\": 1,\n  \"outcome\": \"created\",\n  \"url\": \"https://github.example/7#1\"\n}\n", ""},
		"refused": {
			[]string{"--marker", "plan"},
			http.StatusForbidden, exit.Error, "",
			"rescale-apply: commenting the pull request: 403 no, [redacted]\nhint: the job needs permissions: {pull-requests: write}",
		},
		"no marker": {nil, http.StatusCreated, exit.Usage, "", "the text has no marker"},
		"a link":    {[]string{link}, http.StatusCreated, exit.Usage, "", "it is a link"},
		"no file":   {[]string{"plan.md"}, http.StatusCreated, exit.Usage, "", "reading plan.md"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got string
			web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.Method == http.MethodPost:
					var sent struct{ Body string }
					_ = json.NewDecoder(r.Body).Decode(&sent)
					got = sent.Body
					w.WriteHeader(tc.status)
					_, _ = io.WriteString(w, `{"id": 1, "html_url": "https://github.example/7#1", "message": "no, `+token+`"}`)
				case r.URL.Path == "/user":
					w.WriteHeader(http.StatusForbidden)
				default:
					_, _ = io.WriteString(w, "[]")
				}
			}))
			t.Cleanup(web.Close)
			env := map[string]string{
				"RESCALE_API_KEY": key, "HOME": t.TempDir(),
				"GITHUB_API_URL": web.URL, "GITHUB_REPOSITORY": "acme/sims", "GITHUB_REF": "refs/pull/7/merge", "GITHUB_TOKEN": token,
			}
			var stdout, stderr bytes.Buffer
			oneCall.Lock()
			defer oneCall.Unlock()
			code := app.Main(t.Context(), app.Env{
				Args: append([]string{"report", "comment"}, tc.args...), Stdin: strings.NewReader("the key is " + key + "\n"),
				Stdout: &stdout, Stderr: &stderr, Environ: []string{"GITHUB_TOKEN=" + token},
				Getenv: func(name string) string { return env[name] },
			})
			if diff := cmp.Diff([]any{int(tc.code), tc.stdout}, []any{code, stdout.String()}); diff != "" || !strings.Contains(stderr.String(), tc.stderr) {
				t.Errorf("%s (-want +got):\n%s", stderr.String(), diff)
			}
			if strings.Contains(stdout.String()+stderr.String()+got, token) || strings.Contains(got, key) {
				t.Errorf("a secret is shown: %s %s", stderr.String(), got)
			}
		})
	}
}
