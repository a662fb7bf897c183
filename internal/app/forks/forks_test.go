package forks_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/app/forks"
)

// TestRunning knows the pull requests of forks of every CI, and those of the repository
// itself.
func TestRunning(t *testing.T) {
	t.Parallel()
	const own, fork = `{"full_name": "acme/sims", "fork": true}`, `{"full_name": "eve/sims", "fork": true}`
	pull := func(head, base string) string {
		return `{"pull_request": {"head": {"repo": ` + head + `}, "base": {"repo": ` + base + `}}}`
	}
	for name, tc := range map[string]struct {
		variables, event string
		want             string // beginning; empty: no fork
	}{
		"no CI":                       {},
		"github push":                 {"GITHUB_EVENT_NAME=push", "{}", ""},
		"github own branch":           {"GITHUB_EVENT_NAME=pull_request", pull(own, own), ""},
		"github fork":                 {"GITHUB_EVENT_NAME=pull_request", pull(fork, own), "GITHUB_EVENT_NAME=pull_request and"},
		"github fork without base":    {"GITHUB_EVENT_NAME=pull_request", pull(fork, "null"), "GITHUB_EVENT_NAME=pull_request and"},
		"github deleted fork":         {"GITHUB_EVENT_NAME=pull_request", pull("null", own), "GITHUB_EVENT_NAME=pull_request and"},
		"github target":               {"GITHUB_EVENT_NAME=pull_request_target", pull(own, own), "GITHUB_EVENT_NAME=pull_request_target"},
		"github unreadable event":     {"GITHUB_EVENT_NAME=pull_request", "{", "GITHUB_EVENT_NAME=pull_request and"},
		"github no event":             {"GITHUB_EVENT_NAME=pull_request", "", "GITHUB_EVENT_NAME=pull_request and"},
		"github workflow of a fork":   {"GITHUB_EVENT_NAME=workflow_run", `{"workflow_run": {"head_repository": ` + fork + `}, "repository": ` + own + `}`, "GITHUB_EVENT_NAME=workflow_run and"},
		"github workflow of its own":  {"GITHUB_EVENT_NAME=workflow_run", `{"workflow_run": {"head_repository": ` + own + `}, "repository": ` + own + `}`, ""},
		"github review of a fork":     {"GITHUB_EVENT_NAME=pull_request_review", pull(fork, own), "GITHUB_EVENT_NAME=pull_request_review and"},
		"github review of its own":    {"GITHUB_EVENT_NAME=pull_request_review", pull(own, own), ""},
		"github comment":              {"GITHUB_EVENT_NAME=issue_comment", `{"issue": {"pull_request": {}}, "repository": ` + own + `}`, "GITHUB_EVENT_NAME=issue_comment and"},
		"github check":                {"GITHUB_EVENT_NAME=check_run", `{"check_run": {}, "repository": ` + own + `}`, "GITHUB_EVENT_NAME=check_run and"},
		"github schedule":             {"GITHUB_EVENT_NAME=schedule", "{}", ""},
		"github person":               {"GITHUB_EVENT_NAME=workflow_dispatch", "{}", ""},
		"gitlab own branch":           {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID=1 CI_MERGE_REQUEST_PROJECT_ID=1", "", ""},
		"gitlab fork":                 {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID=2 CI_MERGE_REQUEST_PROJECT_ID=1", "", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID"},
		"azure own branch":            {"SYSTEM_PULLREQUEST_ISFORK=False", "", ""},
		"azure fork":                  {"SYSTEM_PULLREQUEST_ISFORK=True", "", "SYSTEM_PULLREQUEST_ISFORK"},
		"circle own branch":           {"CIRCLE_PULL_REQUEST=https://github.com/acme/sims/pull/1", "", ""},
		"circle fork":                 {"CIRCLE_PR_USERNAME=eve", "", "CIRCLE_PR_USERNAME"},
		"buildkite own branch":        {"BUILDKITE_PULL_REQUEST_REPO=https://github.com/acme/sims.git BUILDKITE_REPO=git@github.com:acme/sims.git", "", ""},
		"buildkite fork":              {"BUILDKITE_PULL_REQUEST_REPO=https://github.com/eve/sims.git BUILDKITE_REPO=git@github.com:acme/sims.git", "", "BUILDKITE_PULL_REQUEST_REPO"},
		"jenkins fork":                {"CHANGE_FORK=eve", "", "CHANGE_FORK"},
		"jenkins builder fork":        {"ghprbAuthorRepoGitUrl=https://github.com/eve/sims.git ghprbGhRepository=acme/sims", "", "ghprbAuthorRepoGitUrl"},
		"jenkins builder, own branch": {"ghprbAuthorRepoGitUrl=https://github.com/acme/sims.git ghprbGhRepository=acme/sims", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "event.json")
			if tc.event != "" {
				if err := os.WriteFile(path, []byte(tc.event), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got := forks.Running(func(name string) string {
				if name == "GITHUB_EVENT_PATH" {
					return path
				}
				for _, variable := range strings.Fields(tc.variables) {
					if value, found := strings.CutPrefix(variable, name+"="); found {
						return value
					}
				}
				return ""
			})
			if !strings.HasPrefix(got, tc.want) || (got == "") != (tc.want == "") {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
