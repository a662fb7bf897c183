package reporting_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/report"
	"github.com/rescale-apply/rescale-apply/internal/app/reporting"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/app/workspace"
	"github.com/rescale-apply/rescale-apply/internal/content/reach"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/golden"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

const manifest = `version: 1
name: airfoil
hardware: {coreType: emerald}
`

// clerk is one for reports that go to files of a folder; environment holds variables.
func clerk(t *testing.T, verb string, environment map[string]string, typed ...string) (c *reporting.Clerk, stderr *strings.Builder, wrong error) {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	environment = maps.Clone(environment)
	if environment == nil {
		environment = make(map[string]string)
	}
	environment["CI_PROJECT_DIR"] = root
	stderr = new(strings.Builder)
	c = reporting.New(reporting.Desk{
		Getenv: func(name string) string { return environment[name] }, Commands: stderr, Version: "1.2.3",
		Warn: func(message string) { fmt.Fprintln(stderr, "warning: "+message) },
		Hide: func(text string) string { return strings.ReplaceAll(text, "s3cret", "***") },
	})
	*c.Flags()[0].Into.(*[]string) = typed
	return c, stderr, c.Check(options.Call{Verb: verb})
}

func polar() reporting.Planned {
	plan := planner.Plan{}
	for i := range 20 {
		step := planner.Step{
			Job:    resolver.Job{Name: fmt.Sprintf("airfoil/aoa=%d", i), Pos: diag.Position{File: "jobs/airfoil.yaml", Line: 2, Col: 7, Width: 7}, Digest: "d", Tiles: make([]resolver.Tile, 1)},
			Action: planner.Rerun, ID: fmt.Sprintf("Id%d", i), Reasons: []string{"command changed"},
		}
		switch {
		case i == 3:
			step.Action, step.Last, step.Reasons = planner.Unchanged, state.Run{Verdict: "failed"}, []string{"failed as Id3"}
		case i < 3:
			step.Action, step.Last, step.Reasons = planner.Unchanged, state.Run{Verdict: "succeeded"}, []string{"succeeded"}
		case i == 4:
			step.Action, step.Reasons = planner.Refused, []string{"a run can cost 9.00 USD, and limits.maxCost is 1.00 USD"}
			step.Refusal = diag.Diagnostic{Pos: diag.Position{File: "jobs/airfoil.yaml", Line: 3, Col: 1, Width: 8}, Rule: diag.OverLimit, Message: "too dear, says s3cret"}
		default:
			step.Job.Estimate = resolver.Estimate{Bounded: true, CoreHours: 36, Rate: 0.16, Cost: 5.76}
		}
		plan.Steps = append(plan.Steps, step)
	}
	return reporting.Planned{Plan: plan, Style: show.Style{}, Site: reporting.Site{URL: func(id string) string { return "https://x/" + id }}}
}

// TestPlan writes every kind of report on one plan, with the exit code of the end.
func TestPlan(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	environment := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": filepath.Join(dir, "out"), "GITHUB_STEP_SUMMARY": filepath.Join(dir, "summary")}
	var typed []string
	for _, kind := range []string{"md", "junit", "codequality", "sarif"} {
		typed = append(typed, kind+"="+filepath.Join(dir, kind))
	}
	c, stderr, err := clerk(t, "plan", environment, typed...)
	if err != nil {
		t.Fatal(err)
	}
	c.Found([]diag.Source{{Name: "jobs/airfoil.yaml", Text: []byte(manifest)}})
	c.Planned(polar())
	c.Saved("plan.json")
	if err := c.Write(t.Context(), exit.With(exit.Guard)); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"md": "md", "junit": "junit", "codequality": "codequality", "sarif": "sarif", "out": "out", "summary": "md"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		golden.Equal(t, filepath.Join("testdata", "plan."+path), text)
	}
	golden.Equal(t, "testdata/plan.github", stderr.String())
}

// TestApply tells every way in which a job can come out.
func TestApply(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "report.xml")
	c, _, err := clerk(t, "apply", nil, "junit="+file)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(context.Canceled)
	planned := polar()
	planned.Plan.Steps = planned.Plan.Steps[5:15]
	outcomes := []executor.Outcome{
		{Verdict: verdict.Succeeded, ID: "A", CoreHours: 36, Cost: 5.76, Started: time.Unix(0, 0), Ended: time.Unix(7200, 0)},
		{Verdict: verdict.Failed, ID: "B", Reason: "exit 1", Log: []string{"FATAL s3cret"}, Hint: "look"},
		{Verdict: verdict.Stopped, ID: "C", Reason: "by hand"},
		{Verdict: verdict.SuccessCheckFailed, ID: "D"},
		{Blocked: "airfoil/aoa=6 failed"},
		{ID: "E", Status: "Executing"},
		{Err: errors.New("the upload was refused")},
		{ID: "F", Err: context.Canceled},
		{Verdict: verdict.Succeeded, ID: "G", Unchanged: true},
		{Withheld: "not reviewed"},
	}
	for i := range outcomes {
		outcomes[i].Job = planned.Plan.Steps[i].Job.Name
	}
	c.Found([]diag.Source{{Name: "jobs/airfoil.yaml", Text: []byte(manifest)}})
	c.Planned(planned)
	c.Applied(ctx, executor.Report{Outcomes: outcomes})
	if err := c.Write(ctx, exit.With(exit.Interrupted)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	golden.Equal(t, "testdata/apply.junit", text)
}

// TestStatus tells how far jobs are: what runs or waits is no failure.
func TestStatus(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "report.md")
	c, _, err := clerk(t, "status", nil, "md="+file)
	if err != nil {
		t.Fatal(err)
	}
	run := func(name, verdict, status string) show.State {
		return show.State{Job: name, Known: true, Run: state.Run{ID: "Id", Verdict: verdict, Status: status, CoreHours: 2, Cost: 0.32}}
	}
	list := []show.State{
		run("heat", "succeeded", ""), run("mesh", "failed", ""), run("wing", "", "Waiting for Queue"),
		{Job: "new"},
		{Job: "mean", Waits: []show.State{run("mesh", "failed", "")}},
		{Job: "gone", Known: true, Gone: true},
	}
	for i := range 7 {
		list = append(list, run(fmt.Sprintf("airfoil/aoa=%d", i), "succeeded", ""))
	}
	c.Looked(t.Context(), nil, list, reporting.Site{URL: func(string) string { return "" }})
	if err := c.Write(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	golden.Equal(t, "testdata/status.md", text)
}

// TestLogsOfWhatFailedEarlier: nobody has waited for these jobs, and a pipeline shows why they
// failed all the same. More of them fail for the same reason, and cost no further requests.
func TestLogsOfWhatFailedEarlier(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]int{"junit": 20, "md": 0} {
		file := filepath.Join(t.TempDir(), "report")
		c, _, err := clerk(t, "status", nil, kind+"="+file)
		if err != nil {
			t.Fatal(err)
		}
		list := []show.State{{Job: "good", Known: true, Run: state.Run{ID: "Good", Verdict: "succeeded"}}}
		for i := range 25 {
			list = append(list, show.State{Job: fmt.Sprint("bad", i), Known: true, Run: state.Run{ID: fmt.Sprint("Bad", i), Verdict: "failed"}})
		}
		read := 0
		c.Looked(t.Context(), nil, list, reporting.Site{URL: func(string) string { return "" }, Log: func(_ context.Context, id string) []string {
			read++
			return []string{"the reason of " + id}
		}})
		if err := c.Write(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if shown := strings.Count(string(text), "the reason of Bad"); read != want || shown != want {
			t.Errorf("%s: %d logs were read, %d are shown, want %d", kind, read, shown, want)
		}
	}
}

func TestOrders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"job.txt": "version: 1\n", "old.md": "<!-- rescale-apply:plan:0 -->\n", "empty": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, tc := range map[string]struct {
		typed []string
		want  string // in the error; empty: none
	}{
		"an older report":  {[]string{"md=" + at("old.md")}, ""},
		"an empty file":    {[]string{"md=" + at("empty")}, ""},
		"github alone":     {[]string{"github"}, ""},
		"a manifest":       {[]string{"md=" + at("job.txt")}, "which is no report"},
		"a new manifest":   {[]string{"md=" + at("new.YML")}, "a folder of manifests would take it for one"},
		"a lock":           {[]string{"sarif=" + at("rescale.lock.yaml")}, "a folder of manifests would take it for one"},
		"of git":           {[]string{"junit=" + at(".Git/hooks/pre-commit")}, "git would take it"},
		"of git, by a way": {[]string{"junit=" + at("a/../.git/config")}, "git would take it"},
		"an ignore file":   {[]string{"codequality=" + at(".RescaleIgnore")}, "inputs would be left out"},
		"nearly of git":    {[]string{"md=" + at(".github")}, ""},
		"a folder":         {[]string{"md=" + dir}, "names a folder"},
		"no file":          {[]string{"junit"}, "--report junit names no file"},
		"no kind":          {[]string{"html=x"}, `there is no report "html"`},
		"two to one":       {[]string{"md=" + at("new"), "junit=" + dir + "/./new"}, "are one file"},
		"github to a file": {[]string{"github=" + at("new")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := clerk(t, "plan", nil, tc.typed...)
			if (err == nil) != (tc.want == "") || err != nil && (!strings.Contains(err.Error(), tc.want) || exit.Of(err) != exit.Usage) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

// A report that is an input would make another job of it each time.
func TestInputsAreNoReports(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "report.md")
	c, _, err := clerk(t, "plan", nil, "md="+file)
	if err != nil {
		t.Fatal(err)
	}
	err = c.Apart([]files.Input{{ID: "AbCdEf"}, {Path: reach.Real(file)}})
	if exit.Of(err) != exit.Usage {
		t.Fatalf("%v", err)
	}
	if err := c.Write(t.Context(), err); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it was written: %v", err)
	}
}

// TestInputsAreLookedAtOnce, however many jobs share them: a look is nothing but memory.
func TestInputsAreLookedAtOnce(t *testing.T) {
	dir := t.TempDir()
	inputs := []files.Input{{ID: "AbCdEf"}, {Path: filepath.Join(dir, "a")}, {Path: filepath.Join(dir, "b")}}
	c, _, err := clerk(t, "plan", nil, "md="+filepath.Join(dir, "report.md"), "junit="+filepath.Join(dir, "report.xml"))
	if err != nil {
		t.Fatal(err)
	}
	if looks := testing.AllocsPerRun(10, func() { err = errors.Join(err, c.Apart(inputs)) }); looks > 0 || err != nil {
		t.Errorf("%v allocations for inputs that are known, %v", looks, err)
	}
}

// What cannot be written ends a command that went well with 1, as well as one whose code
// means that all is as expected; the outcome of jobs stays what it is.
func TestUnwritable(t *testing.T) {
	t.Parallel()
	for code, want := range map[exit.Code]exit.Code{exit.OK: exit.Error, exit.Pending: exit.Error, exit.JobFailed: exit.JobFailed, exit.Guard: exit.Guard} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		c, _, err := clerk(t, "plan", map[string]string{"GITHUB_OUTPUT": filepath.Join(dir, "out")}, "md="+filepath.Join(dir, "file", "report.md"), "github")
		if err != nil {
			t.Fatal(err)
		}
		var ended error
		if code != exit.OK {
			ended = exit.With(code)
		}
		err = c.Write(t.Context(), ended)
		var failed *report.WriteError
		if !errors.As(err, &failed) || exit.Of(errors.Join(ended, err)) != want {
			t.Errorf("%v: %v, code %v", code, err, exit.Of(errors.Join(ended, err)))
		}
		out, _ := os.ReadFile(filepath.Join(dir, "out"))
		if want := fmt.Sprintf("exitcode=%d\n", want); !strings.HasPrefix(string(out), want) {
			t.Errorf("%s, want %s", out, want)
		}
	}
}

// A link stays what it is, and so does the file behind it: /dev/stdout is one.
func TestLinksStay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	target, link := filepath.Join(dir, "printed"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	late, _, err := clerk(t, "plan", nil, "md="+link)
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{target, filepath.Join(dir, "nothing")} {
		if err := os.Symlink(to, link); err != nil {
			t.Skip("no links here")
		}
		if _, _, err := clerk(t, "plan", nil, "md="+link); exit.Of(err) != exit.Usage {
			t.Errorf("%s: %v", to, err)
		}
		if err := late.Write(t.Context(), nil); exit.Of(err) != exit.Error {
			t.Errorf("%s: %v", to, err)
		}
		if got, err := os.Readlink(link); got != to || err != nil {
			t.Errorf("%s is %s, %v", link, got, err)
		}
		if err := os.Remove(link); err != nil {
			t.Fatal(err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("something was written: %v", left)
	}
	if text, err := os.ReadFile(target); len(text) != 0 || err != nil {
		t.Errorf("%q, %v", text, err)
	}
}

// TestIdentity: a problem is the same when lines come above it, and no other one is.
func TestIdentity(t *testing.T) {
	t.Parallel()
	problems := func(above string) string {
		file := filepath.Join(t.TempDir(), "cq.json")
		c, _, err := clerk(t, "validate", nil, "codequality="+file)
		if err != nil {
			t.Fatal(err)
		}
		line := strings.Count(above, "\n")
		at := func(i, col int) diag.Position { return diag.Position{File: "a.yaml", Line: line + i, Col: col} }
		source := diag.Source{Name: "a.yaml", Text: []byte(above + manifest + "---\n" + manifest)}
		list := diag.List{
			{Pos: at(2, 7), Rule: diag.BadValue, Message: "one"},
			{Pos: at(2, 7), Rule: diag.BadValue, Message: "two"},
			{Pos: at(3, 12), Rule: diag.BadValue, Message: "one"},
			{Pos: at(6, 7), Rule: diag.UnknownKey, Message: "one"},
			{Rule: diag.EmptyFile, Message: "nowhere"},
		}
		if err := c.Write(t.Context(), &workspace.ProblemsError{List: list, Texts: []diag.Source{source}}); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var prints []string
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, "fingerprint") {
				prints = append(prints, line)
			}
		}
		if len(prints) != 4 {
			t.Fatalf("%s", text)
		}
		for i, one := range prints {
			if strings.Count(strings.Join(prints, ""), one) != 1 {
				t.Errorf("%d: %s is there twice", i, one)
			}
		}
		return strings.Join(prints, "")
	}
	if diff := cmp.Diff(problems(""), problems("# a line\n\n")); diff != "" {
		t.Errorf("fingerprints (-before +after):\n%s", diff)
	}
}
