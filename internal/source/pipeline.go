package source

import (
	"encoding/json"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// pipeline is what the system that runs a pipeline says in its variables.
type pipeline struct {
	checked string // the commit that it has checked out; empty outside of pipelines
	commit  string // the commit that it runs for; of a pull request that of its author
	ref     string
	repo    string
	run     string
	actor   string
	root    string // folder of the checkout
}

// known reports whether a pipeline runs, and names its commit.
func (p pipeline) known() bool { return p.commit != "" }

// pipelineOf reads the variables of GitHub, GitLab, Jenkins or Azure DevOps.
func pipelineOf(env func(string) string) pipeline {
	var p pipeline
	switch {
	case env("GITHUB_ACTIONS") == "true":
		p = ofGitHub(env)
	case env("GITLAB_CI") != "":
		p = ofGitLab(env)
	case env("TF_BUILD") != "":
		p = ofAzure(env)
	case env("JENKINS_URL") != "":
		p = ofJenkins(env)
	}
	p.checked = full(p.checked)
	if p.commit = full(p.commit); p.commit == "" {
		p.commit = p.checked
	}
	p.repo = public(p.repo)
	return p
}

// source is what the pipeline alone says of a job; nothing outside of pipelines.
func (p pipeline) source(job Made) Source {
	if !p.known() {
		return Source{}
	}
	source := Source{Version: version, Repo: p.repo, Commit: p.commit, Ref: p.ref, Run: p.run, Actor: p.actor, Unchecked: true}
	if rel, err := filepath.Rel(p.root, job.Manifest); p.root != "" && err == nil && filepath.IsLocal(rel) {
		source.Path = filepath.ToSlash(rel)
	}
	return source
}

// ofGitHub reads the variables of GitHub Actions. For a pull request GITHUB_SHA is a merge
// that nobody has made and that is soon gone: the event has the commit of its author. Of
// pull_request_target it is the base, which is what is checked out.
func ofGitHub(env func(string) string) pipeline {
	server, repo := env("GITHUB_SERVER_URL"), env("GITHUB_REPOSITORY")
	p := pipeline{checked: env("GITHUB_SHA"), ref: env("GITHUB_REF"), actor: env("GITHUB_ACTOR"), root: env("GITHUB_WORKSPACE")}
	if server != "" && repo != "" {
		p.repo = server + "/" + repo
		if id := env("GITHUB_RUN_ID"); id != "" {
			p.run = public(p.repo) + "/actions/runs/" + id
		}
	}
	if strings.HasPrefix(p.ref, "refs/pull/") {
		p.commit = headOf(env("GITHUB_EVENT_PATH"))
	}
	return p
}

// maxEvent bounds the size of an event in bytes; GitHub's are at most 25 MB.
const maxEvent = 26 << 20

// headOf reads the commit of a pull request from the event; empty when it has none.
func headOf(event string) string {
	file, err := os.Open(event)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	var content struct {
		PullRequest struct {
			Head struct {
				SHA string `json:"sha"`
			} `json:"head"`
		} `json:"pull_request"`
	}
	if err := json.NewDecoder(io.LimitReader(file, maxEvent)).Decode(&content); err != nil {
		return ""
	}
	return content.PullRequest.Head.SHA
}

// ofGitLab reads the variables of GitLab CI. They name a branch without its folder. Where
// the result of a merge request is tried, they name its author's commit, too.
func ofGitLab(env func(string) string) pipeline {
	p := pipeline{
		checked: env("CI_COMMIT_SHA"), commit: env("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA"), ref: branch(env("CI_COMMIT_REF_NAME")), repo: env("CI_PROJECT_URL"),
		run: public(env("CI_JOB_URL")), actor: env("GITLAB_USER_LOGIN"), root: env("CI_PROJECT_DIR"),
	}
	if tag := env("CI_COMMIT_TAG"); tag != "" {
		p.ref = "refs/tags/" + tag
	}
	return p
}

// ofJenkins reads the variables of Jenkins and its git plugin, which names a branch with
// its remote.
func ofJenkins(env func(string) string) pipeline {
	return pipeline{
		checked: env("GIT_COMMIT"), ref: branch(strings.TrimPrefix(env("GIT_BRANCH"), "origin/")), repo: env("GIT_URL"),
		run: public(env("BUILD_URL")), root: env("WORKSPACE"),
	}
}

// ofAzure reads the variables of Azure DevOps, which tries merges of pull requests as GitHub
// does.
func ofAzure(env func(string) string) pipeline {
	p := pipeline{
		checked: env("BUILD_SOURCEVERSION"), commit: env("SYSTEM_PULLREQUEST_SOURCECOMMITID"), ref: env("BUILD_SOURCEBRANCH"), repo: env("BUILD_REPOSITORY_URI"),
		actor: env("BUILD_REQUESTEDFOR"), root: env("BUILD_SOURCESDIRECTORY"),
	}
	collection, project, build := env("SYSTEM_COLLECTIONURI"), env("SYSTEM_TEAMPROJECT"), env("BUILD_BUILDID")
	if collection != "" && project != "" && digits.MatchString(build) {
		p.run = strings.TrimSuffix(public(collection), "/") + "/" + url.PathEscape(project) + "/_build/results?buildId=" + build
	}
	return p
}

var (
	digits = regexp.MustCompile(`^[0-9]+$`)
	hex    = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
)

// full returns a commit that is named in full; else none.
func full(commit string) string {
	commit = strings.ToLower(strings.TrimSpace(commit))
	if !hex.MatchString(commit) {
		return ""
	}
	return commit
}

// branch is the ref of a branch.
func branch(name string) string {
	if name == "" || strings.HasPrefix(name, "refs/") {
		return name
	}
	return "refs/heads/" + name
}
