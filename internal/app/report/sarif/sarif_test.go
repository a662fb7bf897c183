package sarif_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/app/report"
	"github.com/rescale-apply/rescale-apply/internal/app/report/sarif"
	"github.com/rescale-apply/rescale-apply/internal/golden"
)

const form = "testdata/sarif-2.1.0.json"

func write(t *testing.T, r report.Report) string {
	t.Helper()
	r.Tool, r.Version = "rescale-apply", "1.2.3"
	got, err := sarif.Write(r)
	if err != nil {
		t.Fatal(err)
	}
	golden.Valid(t, form, got)
	return string(got)
}

func TestWrite(t *testing.T) {
	t.Parallel()
	golden.Equal(t, "testdata/problems.golden.json", write(t, report.Report{
		Troubles: []report.Trouble{{Message: "no network"}},
		Problems: []report.Problem{
			{Place: report.Place{File: "jobs/größe 100%.yaml", Line: 3, Col: 7, EndCol: 11}, Rule: "unknown-key", Message: `unknown key "<foo>"`, Hint: "did you mean name?", Identity: "a"},
			{Place: report.Place{File: "jobs/a:b.yaml", Line: 4}, Rule: "bad-value", Message: "not a number", Identity: "b"},
			{Place: report.Place{File: "jobs/a.yaml"}, Rule: "unknown-key", Message: "the file as a whole", Identity: "c"},
			{Rule: "missing-secret", Message: "in no file", Identity: "d"},
		},
	}))
}

// What cannot be shown anywhere is refused by the real schema, so that the test above says
// something.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	good := write(t, report.Report{Problems: []report.Problem{{Place: report.Place{File: "a.yaml", Line: 3}, Rule: "r", Message: "m"}}})
	if golden.Fits(form, strings.Replace(good, `"startLine": 3`, `"startLine": 0`, 1)) == nil {
		t.Error("line 0 is taken")
	}
}

// GitHub refuses a file with more results than it takes.
func TestMany(t *testing.T) {
	t.Parallel()
	var r report.Report
	for i := range 25_001 {
		r.Problems = append(r.Problems, report.Problem{Rule: "r", Message: "m", Identity: fmt.Sprint(i)})
	}
	got, err := sarif.Write(r)
	if n := strings.Count(string(got), `"ruleId"`); n != 25_000 || err != nil {
		t.Errorf("%d results, %v", n, err)
	}
}
