// Package forks tells that a CI runs what somebody from outside proposes: a pull request
// of a fork. It knows the variables of CI systems, and nothing else.
package forks

import (
	"encoding/json"
	"io"
	"os"
	"strings"
)

// Running tells by which variable a CI says that it runs a fork's pull request; empty
// when none does. Variables that say nothing for sure count as no fork: those are in the
// hands of the CI, not of the pull request.
func Running(getenv func(string) string) (variable string) {
	for _, ask := range []func(func(string) string) string{github, gitlab, azure, circle, buildkite, jenkins} {
		if variable := ask(getenv); variable != "" {
			return variable
		}
	}
	return ""
}

// github tells a fork by the event: pull_request_target runs with the secrets of the
// repository whatever the head is, so that what it checks out is never trusted. Only who
// may write to the repository causes the events of the first case. Others can be about a
// pull request, such as issue_comment, and are a fork's unless they name another head.
func github(getenv func(string) string) string {
	switch event := getenv("GITHUB_EVENT_NAME"); event {
	case "", "push", "create", "delete", "release", "merge_group", "schedule", "workflow_dispatch", "repository_dispatch":
		return ""
	case "pull_request_target":
		return "GITHUB_EVENT_NAME=" + event
	default:
		if eventOfFork(getenv("GITHUB_EVENT_PATH")) {
			return "GITHUB_EVENT_NAME=" + event + " and the event's head repository"
		}
		return ""
	}
}

// mostEvent is the most bytes of an event that are read; those of GitHub have 100 KB.
const mostEvent = 16 << 20

// eventOfFork reads the event of a pull request. One that cannot be read, or that does not
// name its head, tells nothing to rely on: then it is a fork's (a deleted fork has no
// repository).
func eventOfFork(name string) bool {
	file, err := os.Open(name)
	if err != nil {
		return true
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, mostEvent))
	if err != nil {
		return true
	}
	var event struct {
		Pull *struct{ Head, Base side } `json:"pull_request"`
		Run  *struct {
			Head *repository `json:"head_repository"`
		} `json:"workflow_run"`
		Repository repository `json:"repository"`
	}
	if json.Unmarshal(text, &event) != nil {
		return true
	}
	switch {
	case event.Pull != nil:
		return event.Pull.Head.Repo.foreignTo(event.Pull.Base.Repo)
	case event.Run != nil:
		return event.Run.Head.foreignTo(&event.Repository)
	}
	return true
}

type side struct{ Repo *repository }

type repository struct {
	Name string `json:"full_name"`
	Fork bool   `json:"fork"`
}

// foreignTo compares names first: a repository that was forked from elsewhere may well
// take pull requests from its own branches.
func (r *repository) foreignTo(base *repository) bool {
	if r == nil || r.Name == "" {
		return true
	}
	if base == nil || base.Name == "" {
		return r.Fork
	}
	return !strings.EqualFold(r.Name, base.Name)
}

func gitlab(getenv func(string) string) string {
	const variable = "CI_MERGE_REQUEST_SOURCE_PROJECT_ID"
	source, target := getenv(variable), getenv("CI_MERGE_REQUEST_PROJECT_ID")
	if source != "" && target != "" && source != target {
		return variable
	}
	return ""
}

func azure(getenv func(string) string) string {
	return whenTrue(getenv, "SYSTEM_PULLREQUEST_ISFORK")
}

// circle names a fork's repository and owner for pull requests of forks only.
func circle(getenv func(string) string) string {
	return whenSet(getenv, "CIRCLE_PR_REPONAME", "CIRCLE_PR_USERNAME")
}

// buildkite names the repository of every pull request, and that of the pipeline.
func buildkite(getenv func(string) string) string {
	const variable = "BUILDKITE_PULL_REQUEST_REPO"
	from, own := address(getenv(variable)), address(getenv("BUILDKITE_REPO"))
	if from != "" && from != own {
		return variable
	}
	return ""
}

// address is one for all ways to write that of a repository.
func address(url string) string {
	_, rest, found := strings.Cut(url, "://")
	if !found {
		rest = strings.Replace(url, ":", "/", 1) // git@host:owner/name
	}
	if _, after, user := strings.Cut(rest, "@"); user {
		rest = after
	}
	return strings.ToLower(strings.TrimSuffix(strings.TrimRight(rest, "/"), ".git"))
}

// jenkins has two plugins: for GitHub branch sources, and the pull request builder, which
// names the author's repository.
func jenkins(getenv func(string) string) string {
	if variable := whenSet(getenv, "CHANGE_FORK"); variable != "" {
		return variable
	}
	const variable = "ghprbAuthorRepoGitUrl"
	from, own := address(getenv(variable)), address("https://github.com/"+getenv("ghprbGhRepository"))
	if from != "" && from != own {
		return variable
	}
	return ""
}

func whenSet(getenv func(string) string, names ...string) string {
	for _, name := range names {
		if getenv(name) != "" {
			return name
		}
	}
	return ""
}

func whenTrue(getenv func(string) string, name string) string {
	if strings.EqualFold(getenv(name), "true") {
		return name
	}
	return ""
}
