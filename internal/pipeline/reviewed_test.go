package pipeline

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReviewed runs the step of examples/ci that finds the reviewed plan: of the artifacts of
// its name it takes that of a pull request, and none that somebody planted.
func TestReviewed(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("the stand-in of gh needs jq")
	}
	script := finding(t)
	for name, tc := range map[string]struct {
		event     string
		artifacts []string // the beginnings of their names
		exit      int
		outputs   []string
	}{
		"a push that nobody planned":     {event: "push", exit: 1},
		"a schedule that nobody planned": {event: "schedule", outputs: []string{"tree=TREE", "ended="}},
		"a merge":                        {event: "push", artifacts: []string{"plan"}, outputs: []string{"plan=TEMP/reviewed/rescale-apply.plan.json", "tree=TREE", "ended="}},
		"the end":                        {event: "schedule", artifacts: []string{"plan", "results"}, outputs: []string{"plan=TEMP/reviewed/rescale-apply.plan.json", "tree=TREE", "ended=43"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAction(t)
			repo := filepath.Join(a.dir, "repo")
			write(t, filepath.Join(a.dir, "bin", "gh"), hub)
			write(t, filepath.Join(repo, "job.yaml"), "version: 1\n")
			commit(t, repo)
			tree := git(t, repo, "rev-parse", "HEAD^{tree}")
			for _, artifact := range tc.artifacts {
				write(t, filepath.Join(a.dir, "artifacts", "rescale-"+artifact+"-"+tree, "rescale-apply.plan.json"), "{}")
			}
			env := append(a.env,
				"GH_TOKEN=of the workflow", "ARTIFACTS="+filepath.Join(a.dir, "artifacts"), "GITHUB_EVENT_NAME="+tc.event,
				"GITHUB_REPOSITORY=acme/sims", "GITHUB_WORKFLOW_REF=acme/sims/.github/workflows/rescale.yml@refs/heads/main")
			exit, said := command(t, repo, env, "bash", "-e", "-c", script)
			if exit != tc.exit {
				t.Errorf("exit code %d, want %d: %s", exit, tc.exit, said)
			}
			var got []string
			for _, output := range a.outputs(t) {
				got = append(got, strings.ReplaceAll(output, tree, "TREE"))
			}
			if diff := cmp.Diff(tc.outputs, got); diff != "" {
				t.Errorf("outputs (-want +got):\n%s\n%s", diff, said)
			}
		})
	}
}

// finding is the script of that step.
func finding(t *testing.T) string {
	t.Helper()
	const indent = "          "
	_, step, _ := strings.Cut(read(t, "../../examples/ci/github.yml"), "- id: find\n")
	_, block, found := strings.Cut(step, "run: |\n")
	if !found {
		t.Fatal("no step finds the plan")
	}
	var script strings.Builder
	for line := range strings.Lines(block) {
		text, inside := strings.CutPrefix(line, indent)
		if !inside {
			break
		}
		script.WriteString(text)
	}
	return script.String()
}
