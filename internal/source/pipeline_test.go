package source_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/source"
)

// Without a repository the pipeline's word is all there is.
func TestPipelines(t *testing.T) {
	t.Parallel()
	commit, head, dir := strings.Repeat("a1", 20), strings.Repeat("b2", 20), t.TempDir()
	event := filepath.Join(dir, "event.json")
	if err := os.WriteFile(event, []byte(`{"action":"opened","pull_request":{"head":{"sha":"`+head+`"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	gitHub := func(more ...string) map[string]string {
		all := map[string]string{
			"GITHUB_ACTIONS": "true", "GITHUB_SHA": commit, "GITHUB_REF": "refs/heads/main", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/sims",
			"GITHUB_RUN_ID": "1", "GITHUB_ACTOR": "ada", "GITHUB_WORKSPACE": dir,
		}
		for i := 0; i < len(more); i += 2 {
			all[more[i]] = more[i+1]
		}
		return all
	}
	onGitHub := source.Source{
		Version: 1, Repo: "https://github.com/acme/sims", Commit: commit, Ref: "refs/heads/main", Path: "jobs/job.yaml",
		Run: "https://github.com/acme/sims/actions/runs/1", Actor: "ada", Unchecked: true,
	}
	pull := onGitHub
	pull.Commit, pull.Ref = head, "refs/pull/7/merge"
	merge := pull
	merge.Commit = commit
	for name, tc := range map[string]struct {
		variables map[string]string
		want      source.Source
	}{
		"none":           {map[string]string{"GITHUB_SHA": commit, "GIT_COMMIT": commit, "CI": "true"}, source.Source{}},
		"GitHub":         {gitHub(), onGitHub},
		"a pull request": {gitHub("GITHUB_REF", "refs/pull/7/merge", "GITHUB_EVENT_PATH", event), pull},
		"a pull request without its event": {
			gitHub("GITHUB_REF", "refs/pull/7/merge", "GITHUB_EVENT_PATH", filepath.Join(dir, "none")), merge,
		},
		"the base of a pull request": {gitHub("GITHUB_EVENT_NAME", "pull_request_target", "GITHUB_EVENT_PATH", event), onGitHub},
		"merge request": {
			map[string]string{"GITLAB_CI": "true", "CI_COMMIT_SHA": commit, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": head, "CI_COMMIT_REF_NAME": "change"},
			source.Source{Version: 1, Commit: head, Ref: "refs/heads/change", Unchecked: true},
		},
		"a pull request on Azure": {
			map[string]string{"TF_BUILD": "True", "BUILD_SOURCEVERSION": commit, "SYSTEM_PULLREQUEST_SOURCECOMMITID": head, "BUILD_SOURCEBRANCH": "refs/pull/7/merge"},
			source.Source{Version: 1, Commit: head, Ref: "refs/pull/7/merge", Unchecked: true},
		},
		"no commit": {gitHub("GITHUB_SHA", "main"), source.Source{}},
		"GitLab": {
			map[string]string{
				"GITLAB_CI": "true", "CI_COMMIT_SHA": commit, "CI_COMMIT_REF_NAME": "main", "CI_PROJECT_URL": "https://gitlab.com/acme/sims",
				"CI_JOB_URL": "https://gitlab.com/acme/sims/-/jobs/1", "GITLAB_USER_LOGIN": "ada", "CI_PROJECT_DIR": dir,
			},
			source.Source{
				Version: 1, Repo: "https://gitlab.com/acme/sims", Commit: commit, Ref: "refs/heads/main", Path: "jobs/job.yaml",
				Run: "https://gitlab.com/acme/sims/-/jobs/1", Actor: "ada", Unchecked: true,
			},
		},
		"a tag on GitLab": {
			map[string]string{"GITLAB_CI": "true", "CI_COMMIT_SHA": commit, "CI_COMMIT_REF_NAME": "v1", "CI_COMMIT_TAG": "v1"},
			source.Source{Version: 1, Commit: commit, Ref: "refs/tags/v1", Unchecked: true},
		},
		"Jenkins": {
			map[string]string{
				"JENKINS_URL": "https://ci/", "GIT_COMMIT": commit, "GIT_BRANCH": "origin/main", "GIT_URL": "https://ada:s3cret@git.example.com/sims.git",
				"BUILD_URL": "https://ada:s3cret@ci/job/sims/1/", "WORKSPACE": dir,
			},
			source.Source{
				Version: 1, Repo: "https://git.example.com/sims.git", Commit: commit, Ref: "refs/heads/main", Path: "jobs/job.yaml",
				Run: "https://ci/job/sims/1/", Unchecked: true,
			},
		},
		"Azure DevOps": {
			map[string]string{
				"TF_BUILD": "True", "BUILD_SOURCEVERSION": commit, "BUILD_SOURCEBRANCH": "refs/heads/main", "BUILD_REPOSITORY_URI": "https://acme@dev.azure.com/acme/my%20p/_git/sims",
				"BUILD_REQUESTEDFOR": "Ada L.", "SYSTEM_COLLECTIONURI": "https://dev.azure.com/acme/", "SYSTEM_TEAMPROJECT": "my p", "BUILD_BUILDID": "12", "BUILD_SOURCESDIRECTORY": dir,
			},
			source.Source{
				Version: 1, Repo: "https://dev.azure.com/acme/my%20p/_git/sims", Commit: commit, Ref: "refs/heads/main", Path: "jobs/job.yaml",
				Run: "https://dev.azure.com/acme/my%20p/_build/results?buildId=12", Actor: "Ada L.", Unchecked: true,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			finder := source.Finder{Getenv: func(name string) string { return tc.variables[name] }}
			found, err := finder.Find(t.Context(), []source.Made{{Manifest: filepath.Join(dir, "jobs", "job.yaml")}, {Manifest: filepath.Join(dir, "job.yaml")}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, found.Sources[0]); diff != "" || len(found.Unknown) > 1 || len(found.Unknown) == 1 == tc.want.IsZero() {
				t.Errorf("unknown %v (-want +got):\n%s", found.Unknown, diff)
			}
		})
	}
}

// What is checked out counts, whatever the pipeline runs for.
func TestPipelineAndGit(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	base := r.git("rev-parse", "HEAD")
	r.git("checkout", "-q", "-b", "change")
	r.write("jobs/plate.inp", "finer\n")
	head := r.commit()
	r.git("checkout", "-q", "main")
	r.write("jobs/job.yaml", "name: cold\n")
	r.commit()
	r.git("merge", "-q", "--no-edit", "change")
	merge := r.git("rev-parse", "HEAD")
	r.git("checkout", "-q", "--detach")
	r.write("../event.json", `{"pull_request":{"head":{"sha":"`+head+`"}}}`)
	pull := map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_SHA": merge, "GITHUB_REF": "refs/pull/7/merge", "GITHUB_EVENT_PATH": r.path("../event.json"), "GITHUB_ACTOR": "ada",
	}
	elsewhere := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_SHA": base, "GITHUB_REF": "refs/heads/other", "GITHUB_ACTOR": "ada"}
	for name, tc := range map[string]struct {
		variables map[string]string
		want      source.Source
	}{
		"a pull request": {pull, source.Source{Commit: head, Ref: "refs/pull/7/merge", Dirty: []string{"jobs/job.yaml"}, Actor: "ada"}},
		"another commit": {elsewhere, source.Source{Commit: merge, Actor: "ada"}},
	} {
		tc.want.Version, tc.want.Repo, tc.want.Path = 1, "https://example.com/acme/sims.git", "jobs/job.yaml"
		got, unknown := r.find(tc.variables, "jobs/plate.inp")
		if diff := cmp.Diff(tc.want, got); diff != "" || len(unknown) > 0 {
			t.Errorf("%s: unknown %v (-want +got):\n%s", name, unknown, diff)
		}
	}
}

// Without the commit of a pull request's author nobody knows whether the merge has its
// files: GitHub's checkout is one commit deep.
func TestMergeInAShallowClone(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.git("checkout", "-q", "-b", "change")
	r.write("jobs/plate.inp", "finer\n")
	head := r.commit()
	r.git("checkout", "-q", "main")
	r.write("other.txt", "x")
	r.commit()
	r.git("merge", "-q", "--no-edit", "change")
	merge := r.git("rev-parse", "HEAD")
	r.write("../event.json", `{"pull_request":{"head":{"sha":"`+head+`"}}}`)
	variables := map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_SHA": merge, "GITHUB_REF": "refs/pull/7/merge", "GITHUB_EVENT_PATH": r.path("../event.json"),
	}
	for depth, clean := range map[string]bool{"1": false, "2": true} {
		clone := *r
		clone.dir = filepath.Join(filepath.Dir(r.dir), "clone"+depth)
		r.git("clone", "-q", "--depth="+depth, "file://"+filepath.ToSlash(r.dir), clone.dir)
		got, unknown := clone.find(variables, "jobs/plate.inp")
		var missing *source.MergeError
		if got.Commit != head || got.Clean() != clean || got.Unchecked == clean || len(unknown) == 1 == clean {
			t.Errorf("depth %s: %+v, %v", depth, got, unknown)
		}
		if !clean && (!errors.As(unknown[0], &missing) || missing.Commit != head) {
			t.Errorf("depth %s: %v", depth, unknown)
		}
	}
}
