package github_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app/report"
	"github.com/rescale-apply/rescale-apply/internal/app/report/github"
)

func TestAnnotations(t *testing.T) {
	t.Parallel()
	place := report.Place{File: "jobs/a,b:c.yaml", Line: 3, Col: 7, EndCol: 11}
	for name, tc := range map[string]struct {
		report report.Report
		want   string
	}{
		"nothing": {report.Report{Cases: []report.Case{{Name: "a", State: report.Skipped}}}, ""},
		"a problem": {
			report.Report{Problems: []report.Problem{{Place: place, Rule: "bad-value", Message: "100% wrong\r\n::set-env::x", Hint: "say ##[add-matcher]"}}},
			"::error file=jobs/a%2Cb%3Ac.yaml,line=3,col=7,endColumn=11,title=bad-value::100%25 wrong%0A::set-env::x%0Asay # #[add-matcher]\n",
		},
		"a problem of no file": {
			report.Report{Problems: []report.Problem{{Rule: "r", Message: "m"}}},
			"::error title=r::m\n",
		},
		"jobs and the tool": {
			report.Report{
				Tool: "rescale-apply",
				Cases: []report.Case{
					{Name: "heat/n=1", Place: report.Place{File: "a.yaml", Line: 2}, State: report.Failed, Word: "failed", Why: "A run failed"},
					{Name: "held", State: report.Failed, Word: "refused", Forbidden: true},
					{Name: "cut", State: report.Broken, Word: "not finished"},
				},
				Troubles: []report.Trouble{{Message: "no network", Hints: []string{"try again"}}},
			},
			"::error file=a.yaml,line=2,title=heat/n=1::failed: A run failed\n::error title=cut::not finished\n::error title=rescale-apply::no network%0Atry again\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, github.Annotations(tc.report)); diff != "" {
				t.Errorf("annotations (-want +got):\n%s", diff)
			}
		})
	}
}

// GitHub shows ten errors of a step: the first ones, and a notice of the others.
func TestManyAnnotations(t *testing.T) {
	t.Parallel()
	var r report.Report
	for i := range 40 {
		r.Problems = append(r.Problems, report.Problem{Place: report.Place{File: "a.yaml", Line: i + 1}, Rule: "r", Message: fmt.Sprintf("problem %d", i)})
	}
	lines := strings.Split(strings.TrimSpace(github.Annotations(r)), "\n")
	if len(lines) != github.Most+1 || !strings.HasSuffix(lines[9], "problem 9") {
		t.Fatalf("%q", lines)
	}
	last := lines[10]
	if !strings.HasPrefix(last, "::notice title=rescale-apply::30 more errors%0Aa.yaml:11: r: problem 10%0A") || !strings.HasSuffix(last, "%0Aand 10 more") {
		t.Errorf("%s", last)
	}
}

// FuzzAnnotations: whatever a text holds, each line is one of ours.
func FuzzAnnotations(f *testing.F) {
	f.Add("a\r\n::error::x\u2028##[command]%0A")
	f.Fuzz(func(t *testing.T, evil string) {
		got := github.Annotations(report.Report{
			Problems: []report.Problem{{Place: report.Place{File: evil, Line: 1}, Rule: "r", Message: evil, Hint: evil}},
			Cases:    []report.Case{{Name: evil, State: report.Failed, Word: "failed", Why: evil}},
		})
		lines := strings.FieldsFunc(got, func(r rune) bool { return r == '\n' || r == '\r' })
		if len(lines) != 2 || strings.Contains(got, "##[") {
			t.Fatalf("%q", got)
		}
		for _, line := range lines {
			if !strings.HasPrefix(line, "::error ") {
				t.Errorf("%q", line)
			}
		}
	})
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	cost := 282.24
	for name, tc := range map[string]struct {
		totals report.Totals
		want   string
	}{
		"a plan":     {report.Totals{Code: 2, Pending: true, Spends: 49, MaxCost: &cost, PlanFile: "plan.json"}, "exitcode=2\npending=true\nspends=49\nmax-cost=282.24\nplan-file=plan.json\n"},
		"no bound":   {report.Totals{}, "exitcode=0\npending=false\nspends=0\nmax-cost=\n"},
		"two lines":  {report.Totals{PlanFile: "a\nexitcode=0"}, "exitcode=0\npending=false\nspends=0\nmax-cost=\nplan-file<<end-MARK\na\nexitcode=0\nend-MARK\n"},
		"a mark too": {report.Totals{PlanFile: "a<<b"}, "exitcode=0\npending=false\nspends=0\nmax-cost=\nplan-file=a<<b\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := github.Outputs(report.Report{Totals: tc.totals})
			if _, after, found := strings.Cut(got, "<<end-"); found && strings.Contains(got, "\nend-") {
				mark, _, _ := strings.Cut(after, "\n")
				got = strings.ReplaceAll(got, mark, "MARK")
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("outputs (-want +got):\n%s", diff)
			}
		})
	}
}
