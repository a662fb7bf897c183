package codequality_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app/report"
	"github.com/rescale-apply/rescale-apply/internal/app/report/codequality"
	"github.com/rescale-apply/rescale-apply/internal/golden"
)

const form = "testdata/codequality.schema.json"

func TestWrite(t *testing.T) {
	t.Parallel()
	r := report.Report{Problems: []report.Problem{
		{Place: report.Place{File: "jobs/größe & co.yaml", Line: 3, Col: 1}, Rule: "unknown-key", Message: `unknown key "<foo>"`, Hint: "did you mean name?", Identity: strings.Repeat("a", 64)},
		{Place: report.Place{File: "jobs/a.yaml"}, Rule: "empty-file", Message: "no job in the file", Identity: strings.Repeat("b", 64)},
		{Rule: "missing-secret", Message: "in no file", Identity: strings.Repeat("c", 64)},
	}}
	got, err := codequality.Write(r)
	if err != nil {
		t.Fatal(err)
	}
	golden.Valid(t, form, got)
	golden.Equal(t, "testdata/problems.golden.json", got)
}

// GitLab compares a list with that of the target branch: nothing wrong is a list as well.
func TestNothingWrong(t *testing.T) {
	t.Parallel()
	got, err := codequality.Write(report.Report{Troubles: []report.Trouble{{Message: "no network"}}})
	if diff := cmp.Diff("[]\n", string(got)); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if golden.Fits(form, `[{"description": "x"}]`) == nil {
		t.Error("the schema takes an issue without a place")
	}
}
