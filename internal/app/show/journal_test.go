package show_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// What is recorded of a run names its commit, whoever wrote that on the platform.
func TestCommitOfARecordedRun(t *testing.T) {
	t.Parallel()
	file := show.Journal{Snapshot: state.Snapshot{Runs: map[string][]state.Run{"heat": {
		{Job: "heat", ID: "AbCdEf", Stage: state.StageSubmitted, Commit: "7ba84b4\x1b[31m1", Differ: 2},
		{Job: "heat", ID: "GhIjKl", Stage: state.StageSubmitted},
	}}}}
	var text, object bytes.Buffer
	show.Style{}.Runs(&text, file, "heat")
	if err := show.WriteRuns(&object, file, "heat"); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ got, want string }{
		{text.String(), "  from         commit 7ba84b4, 2 files differ\n"},
		{object.String(), `"commit": "7ba84b4\u001b[31m1",` + "\n      \"differ\": 2\n"},
	} {
		if strings.Count(tc.got, tc.want) != 1 {
			t.Errorf("want %q once in:\n%s", tc.want, tc.got)
		}
	}
}
