package pipeline

import (
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const gitlabPipeline = `include:
  - local: component.yml
    inputs: {files: "jobs/a b'$(touch pwned)\n$HOME", recursive: true, max-cost: 500, install: none}
`

// TestToolsGitLab shows what the jobs of the component run for each kind of pipeline.
func TestToolsGitLab(t *testing.T) {
	t.Parallel()
	needs(t, "gitlab-ci-local")
	const token = "token=of the workflow"
	files := []string{"--filename=jobs/a b'$(touch pwned)", "--filename=$HOME", "--recursive"}
	call := func(before []string, after ...string) []string {
		return append(slices.Concat(before, files, after), token)
	}
	plan := call([]string{"plan", "--detailed-exitcode"}, "--max-cost=500", "--out=REPORTS/rescale-apply.plan.json",
		"--report=md=REPORTS/rescale-apply.plan.md", "--report=codequality=REPORTS/rescale-apply.codequality.json")
	comment := []string{"report", "comment", "REPORTS/rescale-apply.plan.md", token}
	junit := "--report=junit=REPORTS/rescale-apply.junit.xml"
	collect := []string{"apply", "--collect", "--no-wait", "--require-clean"}
	status := call([]string{"status", "--exit-status"})
	for name, tc := range map[string]struct {
		args  []string
		env   []string
		plans []string // jobs of which the newest pipeline has the plan
		ends  []string
		calls [][]string
		keeps []string // the plan among the artifacts, by the jobs that have it
	}{
		"a merge request": {
			args: []string{"--variable", "CI_PIPELINE_SOURCE=merge_request_event", "--variable", "CI_MERGE_REQUEST_IID=7"},
			env:  []string{"RESCALE_API_KEY=x", "TOOL_EXIT=2"}, calls: [][]string{plan, comment}, ends: []string{"rescale-plan WARN 2"},
			keeps: []string{"rescale-plan"},
		},
		"a merge request that is refused": {
			args: []string{"--variable", "CI_PIPELINE_SOURCE=merge_request_event", "--variable", "CI_MERGE_REQUEST_IID=7"},
			env:  []string{"RESCALE_API_KEY=x", "TOOL_EXIT=5"}, calls: [][]string{plan}, ends: []string{"rescale-plan FAIL 5"},
			keeps: []string{"rescale-plan"},
		},
		"a merge request with a plan of its own, which the tool refuses": {
			args: []string{"--variable", "CI_PIPELINE_SOURCE=merge_request_event", "--variable", "CI_MERGE_REQUEST_IID=7"},
			env:  []string{"RESCALE_API_KEY=x", "TOOL_EXIT=3", "TOOL_WRITES=none"}, calls: [][]string{plan}, ends: []string{"rescale-plan FAIL 3"},
		},
		"a merge request without a key": {
			args:  []string{"--variable", "CI_PIPELINE_SOURCE=merge_request_event"},
			ends:  []string{"rescale-plan"},
			calls: [][]string{call([]string{"validate", "--contained"}, "--report=codequality=REPORTS/rescale-apply.codequality.json")},
		},
		"a push, of which a person starts the apply": {
			args:  []string{"--variable", "CI_PIPELINE_SOURCE=push", "rescale-plan", "rescale-apply"},
			ends:  []string{"rescale-plan", "rescale-apply"},
			calls: [][]string{plan, call([]string{"apply", "--no-wait", "--require-clean"}, "--max-cost=500", "--plan=REPORTS/rescale-apply.plan.json", junit)},
			keeps: []string{"rescale-apply", "rescale-plan"},
		},
		"a push, which nobody starts": {
			args: []string{"--variable", "CI_PIPELINE_SOURCE=push"}, calls: [][]string{plan}, ends: []string{"rescale-plan"},
			keeps: []string{"rescale-plan"},
		},
		"a schedule while jobs run": {
			args: []string{"--variable", "CI_PIPELINE_SOURCE=schedule"}, env: []string{"TOOL_EXIT=101"},
			plans: []string{"rescale-plan", "rescale-apply"},
			ends:  []string{"rescale-collect WARN 101"}, keeps: []string{"rescale-collect"},
			calls: [][]string{status, call(collect, "--no-download", "--plan=REPORTS/rescale-apply.plan.json", "--max-cost=500", junit)},
		},
		"a schedule after another": {
			args:  []string{"--variable", "CI_PIPELINE_SOURCE=schedule"},
			plans: []string{"rescale-collect"},
			ends:  []string{"rescale-collect"}, keeps: []string{"rescale-collect"},
			calls: [][]string{status, call(collect, "--plan=REPORTS/rescale-apply.plan.json", "--max-cost=500", junit)},
		},
		"a schedule with a plan that nobody approved": {
			args:  []string{"--variable", "CI_PIPELINE_SOURCE=schedule"},
			plans: []string{"rescale-plan"},
			ends:  []string{"rescale-collect"},
			calls: [][]string{status, call(collect, "--max-cost=500", junit)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAction(t)
			plans, bundle := serve(t, tc.plans, a.dir)
			repo := filepath.Join(a.dir, "repo")
			write(t, filepath.Join(repo, "component.yml"), read(t, "../../.gitlab/rescale-apply.yml"))
			write(t, filepath.Join(repo, ".gitlab-ci.yml"), gitlabPipeline)
			for _, name := range []string{"plan.json", "plan.md", "codequality.json", "junit.xml"} {
				write(t, filepath.Join(repo, "rescale-apply."+name), "forged\n")
			}
			commit(t, repo)
			git(t, repo, "remote", "add", "origin", "https://gitlab.example.com/acme/sims.git")
			args := append([]string{
				"--force-shell-executor", "--shell-executor-no-image", "--ignore-predefined-vars", "CI_PIPELINE_SOURCE",
				"--json-schema-validation=" + strconv.FormatBool(name == "a merge request"),
				"--variable", "CI_API_V4_URL=" + plans, "--variable", "CI_JOB_TOKEN=of the job", "--variable", "CI_PROJECT_ID=11",
			}, tc.args...)
			env := append(append(slices.Clone(a.env), "HOME="+a.dir, "TMPDIR="+a.dir, "CURL_CA_BUNDLE="+bundle), tc.env...)
			_, said := command(t, repo, env, "gitlab-ci-local", args...) // which exits with 0 when a job fails
			if diff := cmp.Diff(tc.ends, ended(said)); diff != "" {
				t.Errorf("ends of jobs (-want +got):\n%s\n%s", diff, said)
			}
			if diff := cmp.Diff(tc.calls, elsewhere(a.calls(t))); diff != "" {
				t.Errorf("calls (-want +got):\n%s\n%s", diff, said)
			}
			checkGenuine(t, repo)
			if diff := cmp.Diff(tc.keeps, planned(t, repo)); diff != "" {
				t.Errorf("plans among the artifacts (-want +got):\n%s\n%s", diff, said)
			}
		})
	}
}

// ended are the jobs of which gitlab-ci-local says that they finished, and how.
func ended(said string) []string {
	var jobs []string
	for _, found := range regexp.MustCompile(`(?m)^(rescale-\S+) +finished in \S+ \w+( +(WARN|FAIL) \d+)?`).FindAllStringSubmatch(said, -1) {
		jobs = append(jobs, strings.Join(strings.Fields(found[1]+found[2]), " "))
	}
	return jobs
}

// planned are the jobs that have the plan as an artifact.
func planned(t *testing.T, repo string) []string {
	t.Helper()
	plans, err := filepath.Glob(filepath.Join(repo, ".gitlab-ci-local", "artifacts", "*", "rescale-apply.plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	for i, plan := range plans {
		plans[i] = filepath.Base(filepath.Dir(plan))
	}
	return plans
}

// elsewhere gives the folder of the reports a name that is always the same.
func elsewhere(calls [][]string) [][]string {
	folder := regexp.MustCompile(`TEMP/tmp\.\w+/`)
	for _, call := range calls {
		for i := range call {
			call[i] = folder.ReplaceAllString(call[i], "REPORTS/")
		}
	}
	return calls
}

// checkGenuine looks among the artifacts for files that the commit brought.
func checkGenuine(t *testing.T, repo string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(repo, ".gitlab-ci-local", "artifacts", "*", "rescale-apply.*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.Contains(read(t, file), "forged") {
			t.Errorf("%s is published, and was brought by the commit", file)
		}
	}
}

// serve takes the place of GitLab and of the store of its artifacts, which must not see the
// token of the job: it has the plans of these jobs, and leads to the store for one of them.
// It returns the address of the interface, and the file of certificates to trust.
func serve(t *testing.T, jobs []string, dir string) (url, bundle string) {
	t.Helper()
	store := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("JOB-TOKEN") != "" {
			t.Error("the store was given the token of the job")
		}
		_, _ = io.WriteString(w, "{}\n")
	}))
	t.Cleanup(store.Close)
	api := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		job := r.URL.Query().Get("job")
		switch {
		case r.URL.Path != "/projects/11/jobs/artifacts/main/raw/rescale-apply.plan.json" || !slices.Contains(jobs, job) || r.Header.Get("JOB-TOKEN") != "of the job":
			http.NotFound(w, r)
		case job == "rescale-apply":
			http.Redirect(w, r, store.URL+"/plan", http.StatusFound)
		default:
			_, _ = io.WriteString(w, "{}\n")
		}
	}))
	t.Cleanup(api.Close)
	bundle = filepath.Join(dir, "bundle.pem")
	write(t, bundle, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: api.Certificate().Raw})))
	return api.URL, bundle
}
