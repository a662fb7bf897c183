package examples_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
)

// planned is the plan file of an example, and the folder where it lies.
func planned(t *testing.T, example string) (plan map[string]any, dir string) {
	t.Helper()
	dir = copied(t, example)
	out := filepath.Join(dir, "plan.json")
	var said bytes.Buffer
	code := app.Main(t.Context(), app.Env{
		Args:  []string{"plan", "-f", filepath.Join(dir, "job.yaml"), "--local", "--out", out},
		Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &said, Getenv: func(string) string { return "" }, Environ: os.Environ(),
	})
	if code != 0 {
		t.Fatalf("plan ends with %d: %s", code, said.String())
	}
	if err := json.Unmarshal([]byte(read(t, out)), &plan); err != nil {
		t.Fatal(err)
	}
	return plan, dir
}

// TestPoliciesNameWhatAPlanHas: a policy that asks for a key that no plan has lets
// everything pass.
func TestPoliciesNameWhatAPlanHas(t *testing.T) {
	t.Parallel()
	plan, _ := planned(t, "policy")
	job, _ := plan["jobs"].([]any)[0].(map[string]any)
	docs, problems := yamlsrc.Parse(diag.Source{Name: "limits.yaml", Text: []byte(read(t, "policy/limits.yaml"))})
	if len(docs) != 1 || len(problems) > 0 {
		t.Fatalf("%d documents, %v", len(docs), problems)
	}
	data, _ := docs[0].Value.(map[string]any)
	limits, _ := data["limits"].(map[string]any)
	of := map[string]map[string]any{"input": plan, "job": job, "tile": job, "data.limits": limits}
	path := regexp.MustCompile(`\b(input|job|tile|data\.limits)\.([A-Za-z]+)`)
	policies, err := filepath.Glob("policy/*.rego")
	if err != nil || len(policies) == 0 {
		t.Fatal(err, policies)
	}
	named := make(map[string]bool)
	for _, policy := range policies {
		for _, found := range path.FindAllStringSubmatch(read(t, policy), -1) {
			named[found[0]] = true
			if _, there := of[found[1]][found[2]]; !there {
				t.Errorf("%s: %s is not there", policy, found[0])
			}
		}
	}
	want := strings.Fields("data.limits.coreTypes data.limits.cost data.limits.costOfJob data.limits.projects data.limits.walltimeHours " +
		"input.formatVersion input.jobs input.maxCost input.planDigest job.maxCost job.name job.project job.spends tile.coreType tile.walltimeHours")
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(named))); diff != "" {
		t.Errorf("what policies name (-want +got)\n%s", diff)
	}
}

// TestPolicies runs the policies on plans. It needs conftest, which takes minutes to build:
// .ci/run says where it is missing.
func TestPolicies(t *testing.T) {
	t.Parallel()
	conftest, err := exec.LookPath("conftest")
	if err != nil {
		t.Skip("conftest is not on this machine: go install github.com/open-policy-agent/conftest@v0.71.1")
	}
	several := []any{map[string]any{"coreType": "emerald", "walltimeHours": 1}, map[string]any{"coreType": "ruby", "walltimeHours": 48}}
	for name, tc := range map[string]struct {
		change func(plan, job map[string]any)
		want   []string
	}{
		"allowed":           {func(_, _ map[string]any) {}, nil},
		"nothing to pay":    {func(_, job map[string]any) { job["spends"], job["coreType"], job["maxCost"] = false, "ruby", nil }, nil},
		"no plan":           {func(plan, _ map[string]any) { delete(plan, "planDigest") }, []string{"this is no plan of rescale-apply: plan --out writes one"}},
		"a later format":    {func(plan, _ map[string]any) { plan["formatVersion"] = 2 }, []string{"these policies read formatVersion 1, and the plan has 2"}},
		"another core type": {func(_, job map[string]any) { job["coreType"] = "ruby" }, []string{"policy: core type ruby is not one of emerald, granite"}},
		"another project":   {func(_, job map[string]any) { job["project"] = "" }, []string{`policy: it bills project "", and not one of local, aero-2026`}},
		"no walltime": {
			func(_, job map[string]any) { delete(job, "walltimeHours"); job["maxCost"] = nil },
			[]string{"policy: it has no walltime", "policy: nothing bounds what it can cost"},
		},
		"too long": {func(_, job map[string]any) { job["walltimeHours"] = 25 }, []string{"policy: it asks for 25 hours, and 24 are allowed"}},
		"too dear": {
			func(plan, job map[string]any) { plan["maxCost"], job["maxCost"] = 300.5, 300.5 },
			[]string{"policy: it can cost 300.5 USD, and 50 are allowed", "the new runs can cost 300.5 USD together, and 200 are allowed"},
		},
		"several analyses": {
			func(_, job map[string]any) { job["analyses"] = several },
			[]string{"policy: core type ruby is not one of emerald, granite", "policy: it asks for 48 hours, and 24 are allowed"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan, dir := planned(t, "policy")
			tc.change(plan, plan["jobs"].([]any)[0].(map[string]any)) //nolint:forcetypeassert // of our own plan
			if diff := cmp.Diff(tc.want, denied(t, conftest, dir, plan)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// denied are the messages with which the policies refuse a plan, sorted.
func denied(t *testing.T, conftest, dir string, plan map[string]any) (messages []string) {
	t.Helper()
	text, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "plan.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	got := runIn(t, dir, conftest+" test -p . -d limits.yaml -o json plan.json")
	var results []struct{ Failures []struct{ Msg string } }
	if err := json.Unmarshal([]byte(got.stdout), &results); err != nil {
		t.Fatalf("%v: %s%s", err, got.stdout, got.stderr)
	}
	for _, result := range results {
		for _, failure := range result.Failures {
			messages = append(messages, failure.Msg)
		}
	}
	if (got.err != nil) != (len(messages) > 0) {
		t.Errorf("conftest: %v, %q", got.err, messages)
	}
	slices.Sort(messages)
	return messages
}
