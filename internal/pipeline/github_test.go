package pipeline

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// upload takes the place of actions/upload-artifact: an artifact is a folder.
const upload = `name: upload
description: keeps files
inputs:
  name: {description: name, required: true}
  path: {description: files, required: true}
  if-no-files-found: {description: what then}
  overwrite: {description: whether it may be there}
runs:
  using: composite
  steps:
    - shell: bash
      env: {NAME: "${{ inputs.name }}", FILES: "${{ inputs.path }}"}
      run: |
        shopt -s globstar nullglob
        mkdir -p "$ARTIFACTS/$NAME"
        for file in $FILES; do cp -R "$file" "$ARTIFACTS/$NAME"; done
`

// hub takes the place of gh: it lists the artifacts of that name, and fetches one. On the
// first page are those of a fork and those that are planted: by a push, and by another
// workflow.
const hub = `#!/bin/bash
set -eu
[ "$GH_TOKEN" = "of the workflow" ]
list() { # ID HEAD
	jq --null-input "{artifacts: [{id: 1, expired: false, workflow_run: {id: $1, repository_id: 1, head_repository_id: $2}}]}"
}
artifacts() { # NAME PAGES
	list 666 2 && list 13 1 && list 14 1
	[ "$2" = all ] && [ -d "$ARTIFACTS/$1" ] || return 0
	case $1 in *-plan-*) list 42 1 ;; *) list 43 1 ;; esac
}
made() {
	local event=pull_request path=.github/workflows/rescale.yml
	case $1 in
	13) event=push ;;
	14) path=.github/workflows/rescale.yml.yml ;;
	43) event=schedule ;;
	esac
	jq --null-input "{event: \"$event\", path: \"$path\"}"
}
case $1 in
api)
	shift
	pages=first
	[ "$1" != --paginate ] || { pages=all && shift; }
	[ "$2" = --jq ]
	name=${1#"repos/acme/sims/actions/artifacts?name="}
	case $1 in
	repos/acme/sims/actions/runs/*) made "${1##*/}" ;;
	*) artifacts "${name%&per_page=100}" "$pages" ;;
	esac | jq --raw-output "$3"
	;;
run)
	[ "$2 $3 $4 $5 $6 $8" = "download 42 --repo acme/sims --name --dir" ]
	mkdir -p "$9"
	cp "$ARTIFACTS/$7"/* "$9"
	;;
esac
`

// hosted is a repository with the workflow of examples/ci, as GitHub runs it.
type hosted struct {
	action

	repo, artifacts string
}

// newHosted returns one whose release holds the given program.
func newHosted(t *testing.T, program string) hosted {
	t.Helper()
	a := newAction(t)
	h := hosted{action: a, repo: filepath.Join(a.dir, "repo"), artifacts: filepath.Join(a.dir, "artifacts")}
	write(t, filepath.Join(a.dir, "bin", "curl"), download)
	write(t, filepath.Join(a.dir, "bin", "gh"), hub)
	const archive = "rescale-apply_0.1.0_linux_amd64.tar.gz"
	digest := release(t, filepath.Join(a.dir, "release"), archive, program)
	write(t, filepath.Join(a.dir, "release", "checksums.txt"), digest+"  "+archive+"\n")
	write(t, filepath.Join(a.dir, "upload", "action.yml"), upload)
	write(t, filepath.Join(a.dir, "ours", "action.yml"), read(t, "../../action.yml"))
	if err := os.CopyFS(filepath.Join(a.dir, "ours", ".github", "action"), os.DirFS("../../.github/action")); err != nil {
		t.Fatal(err)
	}
	commit(t, filepath.Join(a.dir, "ours"))
	commit(t, filepath.Join(a.dir, "upload"))
	write(t, filepath.Join(h.repo, ".github", "workflows", "rescale.yml"), read(t, "../../examples/ci/github.yml"))
	return h
}

// event runs the workflow for an event, and returns the exit code, what was said, and the
// calls of rescale-apply since the last event.
func (h hosted) event(t *testing.T, name string, payload map[string]any, env ...string) (int, string, [][]string) {
	t.Helper()
	all := map[string]any{"repository": map[string]any{"default_branch": "main"}}
	maps.Copy(all, payload)
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(h.dir, "event.json")
	write(t, file, string(text))
	calls := filepath.Join(h.dir, "calls")
	write(t, calls, "")
	variables := append(append(slices.Clone(h.env),
		"HOME="+h.dir, "XDG_CACHE_HOME="+filepath.Join(h.dir, "cache"), "RELEASE="+filepath.Join(h.dir, "release"),
		"ARTIFACTS="+h.artifacts, "CALLS="+calls), env...)
	args := []string{
		name, "--eventpath", file, "--platform", "ubuntu-latest=-self-hosted", "--no-cache-server",
		"--local-repository", "rescale-apply/rescale-apply@v0.1.0=" + filepath.Join(h.dir, "ours"),
		"--local-repository", "actions/upload-artifact@v4=" + filepath.Join(h.dir, "upload"),
		"--secret", "GITHUB_TOKEN=of the workflow",
		"--env", "GITHUB_WORKFLOW_REF=acme/sims/.github/workflows/rescale.yml@refs/heads/main", // which act does not set
	}
	if !slices.Contains(env, "RESCALE_API_KEY=") { // for which act would ask
		args = append(args, "--secret", "RESCALE_API_KEY")
	}
	exit, said := command(t, h.repo, variables, "act", args...)
	return exit, said, callsIn(read(t, calls))
}

// pullRequest is the event of one from a branch of the repository.
func pullRequest(repository string) map[string]any {
	side := func(branch, repository string) map[string]any {
		return map[string]any{"ref": branch, "repo": map[string]any{"full_name": repository}}
	}
	return map[string]any{
		"number":       7,
		"pull_request": map[string]any{"number": 7, "head": side("wing", repository), "base": side("main", "acme/sims")},
	}
}

// TestToolsGitHub runs the workflow of examples/ci for the events of a change, from its
// pull request to its results.
func TestToolsGitHub(t *testing.T) {
	t.Parallel()
	needs(t, "act")
	h := newHosted(t, standIn)
	write(t, filepath.Join(h.repo, "jobs", "job.yaml"), "version: 1\n")
	commit(t, h.repo)
	git(t, h.repo, "remote", "add", "origin", "https://github.com/acme/sims.git")
	tree := git(t, h.repo, "rev-parse", "HEAD^{tree}")
	type step struct {
		name    string
		event   string
		payload map[string]any
		env     []string
		exit    int
		calls   []string // the first words of each
		keeps   []string // artifacts, afterwards
	}
	plan, results := "rescale-plan-"+tree, "rescale-results-"+tree
	for _, s := range []step{
		{name: "a push that nobody planned", event: "push", exit: 1},
		{name: "a schedule that nobody planned", event: "schedule", env: []string{"STATUS_EXIT=2"}, calls: []string{"status --exit-status", "apply --no-download --collect"}},
		{name: "a pull request of a fork", event: "pull_request", payload: pullRequest("eve/sims"), env: []string{"RESCALE_API_KEY="}, calls: []string{"validate --contained"}},
		{name: "a pull request", event: "pull_request", payload: pullRequest("acme/sims"), env: []string{"TOOL_EXIT=2"}, calls: []string{"plan --detailed-exitcode", "report comment"}, keeps: []string{plan}},
		{name: "its merge", event: "push", env: []string{"TOOL_EXIT=101"}, calls: []string{"apply --plan --no-wait"}, keeps: []string{plan}},
		{name: "a schedule while jobs run", event: "schedule", env: []string{"TOOL_EXIT=101"}, calls: []string{"status --exit-status", "apply --no-download --plan --collect"}, keeps: []string{plan}},
		{name: "a schedule after a failure", event: "schedule", env: []string{"TOOL_EXIT=100"}, exit: 1, calls: []string{"status --exit-status", "apply --plan --collect"}, keeps: []string{plan, results}},
		{name: "a schedule with nothing to do", event: "schedule", keeps: []string{plan, results}},
		{name: "a person who asks", event: "workflow_dispatch", calls: []string{"status --exit-status", "apply --plan --collect"}, keeps: []string{plan, results}},
	} {
		exit, said, calls := h.event(t, s.event, s.payload, append([]string{"RESCALE_API_KEY=secret"}, s.env...)...)
		got := outline(calls)
		if exit != s.exit || !slices.Equal(got, s.calls) {
			t.Fatalf("%s: exit code %d with %q, want %d with %q\n%s", s.name, exit, got, s.exit, s.calls, said)
		}
		if diff := cmp.Diff(s.keeps, h.kept(t)); diff != "" {
			t.Fatalf("%s: artifacts (-want +got):\n%s\n%s", s.name, diff, said)
		}
		if strings.Contains(said, "secret") {
			t.Errorf("%s: the key was printed\n%s", s.name, said)
		}
	}
}

// outline is of each call its command and those flags that tell events apart.
func outline(calls [][]string) []string {
	var all []string
	for _, call := range calls {
		line := call[0]
		for _, argument := range call[1:] {
			flag, _, _ := strings.Cut(argument, "=")
			if slices.Contains([]string{"comment", "--contained", "--detailed-exitcode", "--exit-status", "--plan", "--collect", "--no-download", "--no-wait"}, flag) &&
				!(flag == "--no-wait" && slices.Contains(call, "--collect")) {
				line += " " + flag
			}
		}
		all = append(all, line)
	}
	return all
}

// kept are the names of the artifacts.
func (h hosted) kept(t *testing.T) []string {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(h.artifacts, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i, folder := range folders {
		folders[i] = filepath.Base(folder)
	}
	return folders
}
