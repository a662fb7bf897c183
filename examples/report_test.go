package examples_test

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// TestReport runs both analyses in one folder, as the platform does, and compares
// what the second makes of the first with the exact solution.
func TestReport(t *testing.T) {
	t.Parallel()
	job := load(t, "report/job.yaml")
	inputs, problems := files.Find([]spec.Job{job})
	if len(problems) > 0 || len(job.Tiles) != 2 {
		t.Fatalf("%d analyses, %v", len(job.Tiles), problems)
	}
	dir := t.TempDir()
	for _, in := range inputs[0] {
		place(t, dir, in)
	}
	for _, tile := range job.Tiles {
		for _, command := range []string{tile.PreProcess.Command.V, tile.Command.V, tile.PostProcess.Command.V} {
			if got := runIn(t, dir, "DECK=plate.inp; "+command); got.err != nil {
				t.Fatalf("%s: %v\n%s%s", command, got.err, got.stdout, got.stderr)
			}
		}
	}
	names, rows := table(t, filepath.Join(dir, "middle.csv"))
	if strings.Join(names, " ") != "x_m computed_degC exact_degC" || len(rows) < 20 {
		t.Fatalf("%v, %d rows", names, len(rows))
	}
	greatest, warmest := 0.0, 0.0
	for _, row := range rows {
		greatest = max(greatest, math.Abs(row[1]-row[2]))
		warmest = max(warmest, row[2])
	}
	if greatest == 0 || greatest > 0.5 || warmest < 40 {
		t.Errorf("at most %.4f K from the exact solution, which is up to %.1f degC", greatest, warmest)
	}
	if got := read(t, filepath.Join(dir, "summary.md")); !strings.Contains(got, " points across the middle, at most 0.") {
		t.Errorf("summary %q", got)
	}
}
