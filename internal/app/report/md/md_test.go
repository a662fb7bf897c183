package md_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/rescale-apply/rescale-apply/internal/app/report"
	"github.com/rescale-apply/rescale-apply/internal/app/report/md"
	"github.com/rescale-apply/rescale-apply/internal/golden"
)

func plan() report.Report {
	return report.Report{
		Verb: "plan", Tool: "rescale-apply", Version: "1.2.3", Account: "as ada@example.com on https://platform.example.com",
		Manifests: []string{"jobs/heat.yaml"},
		Summary:   "Plan: 49 to rerun, 1 refused, 3 unchanged. At most 1764 core-h, 282.24 USD (licenses excluded).",
		Rows: []report.Row{
			{Name: "airfoil", Word: "rerun", Why: "49 of 50 points, command changed", Cost: "at most 1764 core-h, 282.24 USD", Weight: report.Major},
			{Name: "airfoil/aoa=59", Word: "refused", Why: "protected", Weight: report.Major},
			{Name: "mean", Word: "blocked", Why: "airfoil/aoa=59 is refused", Weight: report.Minor},
			{Name: "mesh", Word: "unchanged"},
		},
		Problems: []report.Problem{{Place: report.Place{File: "jobs/heat.yaml", Line: 12, Col: 3}, Rule: "protected", Message: "job is protected", Hint: "write protected: false first"}},
		Notes:    []string{"airfoil: walltime 90m is sent as 2 hours"},
		Troubles: []report.Trouble{{Message: "no network", Hints: []string{"try again"}}},
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	golden.Equal(t, "testdata/plan.golden.md", md.Write(plan(), md.Comment()))
}

// What a manifest or the platform says is text: no markup, no mention of a person, an issue
// or a commit, no link, no row of its own.
func TestForeignTextIsText(t *testing.T) {
	t.Parallel()
	const evil = "a | b\n| c | `x` <img src=x onerror=y> @ada #123 org/repo#4 !5 $6 %7 ~8 &9 [a](http://b) www.evil.example https://evil.example GH-12 **b** _i_ \\| <!-- --> </code></details>"
	r := plan().Through(func(string) string { return evil })
	page := md.Write(r, md.Comment())
	lines := strings.Split(page, "\n")
	if want := len(strings.Split(md.Write(plan(), md.Comment()), "\n")); len(lines) != want {
		t.Errorf("%d lines, want %d", len(lines), want)
	}
	for _, line := range lines[1:] {
		bare := regexp.MustCompile(`</?(code|details|summary|sub)>|<br>|&[a-z]+;|&#\d+;`).ReplaceAllString(line, " ")
		for _, mark := range []string{"<", ">", "`", "@", "://", "www.", "GH-", "[", "]", "_"} {
			if strings.Contains(bare, mark) {
				t.Errorf("%q is in %s", mark, line)
			}
		}
		if m := regexp.MustCompile(`(&#64;|&#35;|&#33;|&#36;|&#37;|&#126;|&amp;)\w`).FindString(outsideCode(line)); m != "" {
			t.Errorf("%q may become a link in %s", m, line)
		}
		if strings.HasPrefix(line, "| ") && strings.Count(line, "|") > 5 {
			t.Errorf("more cells than columns: %s", line)
		}
	}
}

func outsideCode(line string) string {
	return regexp.MustCompile(`<code>.*?</code>`).ReplaceAllString(line, "")
}

// A page keeps its limit, whatever is in it, says what is left out, and closes what it opens.
func TestLimits(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		limit md.Limit
		size  func(string) int
		most  int
		texts string
	}{
		"a comment":      {md.Comment(), func(s string) int { return len(utf16.Encode([]rune(s))) }, 60_000, "😀 and more of it"},
		"a summary":      {md.Summary(0), func(s string) int { return len(s) }, 1 << 20, strings.Repeat("größe ", 70)},
		"a full summary": {md.Summary(1<<20 - 1000), func(s string) int { return len(s) }, 1000, "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := plan()
			for i := range 2000 {
				r.Rows = append(r.Rows,
					report.Row{Name: fmt.Sprintf("job/n=%d", i), Word: "run", Why: tc.texts, Weight: report.Major},
					report.Row{Name: fmt.Sprintf("other/n=%d", i), Word: "running", Why: tc.texts, Weight: report.Minor})
				r.Notes = append(r.Notes, tc.texts)
			}
			page := md.Write(r, tc.limit)
			if size := tc.size(page); size > tc.most {
				t.Errorf("%d, at most %d", size, tc.most)
			}
			if strings.Count(page, "<details>") != strings.Count(page, "</details>") {
				t.Error("something is left open")
			}
			if !regexp.MustCompile(`(?m)^\*\*Left out, because the page would be too long: .*\d+ rows.*\d+ notes\.\*\*$`).MatchString(page) {
				t.Errorf("it does not say what is left out: %s", page[len(page)-300:])
			}
		})
	}
}
