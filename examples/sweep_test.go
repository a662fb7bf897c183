package examples_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/rescale-apply/rescale-apply/resolver/files"
)

// TestSweep runs every point of the sweep and compares it with the exact
// solution: for each material the error must fall as the mesh gets finer.
func TestSweep(t *testing.T) {
	t.Parallel()
	jobs := loadAll(t, "sweep/job.yaml")
	inputs, problems := files.Find(jobs)
	if len(jobs) != 9 || len(problems) > 0 {
		t.Fatalf("%d jobs, %v", len(jobs), problems)
	}
	coarser := math.Inf(1)
	for i, job := range jobs {
		dir := t.TempDir()
		for _, in := range inputs[i] {
			place(t, dir, in)
		}
		if got := runIn(t, dir, job.Tiles[0].Command.V); got.err != nil {
			t.Fatalf("%s: %v\n%s%s", job.Name.V, got.err, got.stdout, got.stderr)
		}
		deviation := greatestDeviation(t, dir)
		if i%3 == 0 {
			coarser = math.Inf(1) // the next material
		}
		if deviation > 0.6*coarser || deviation > 0.5 {
			t.Errorf("%s is %.4f K from the exact solution, the coarser mesh %.4f K", job.Name.V, deviation, coarser)
		}
		coarser = deviation
	}
}

// place puts an input where the job finds it, as the platform does.
func place(t *testing.T, dir string, in files.Input) {
	t.Helper()
	content, err := in.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	file, err := os.Create(filepath.Join(dir, in.Name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.ReadFrom(content); err != nil {
		t.Fatal(err)
	}
}

// greatestDeviation is the greatest distance of a field from the exact solution
// that examples/heat/plate.inp gives, in K.
func greatestDeviation(t *testing.T, dir string) float64 {
	t.Helper()
	deck := keywords(t, filepath.Join(dir, "plate.inp"))
	lx, ly := deck["LENGTH"][0], deck["LENGTH"][1]
	rate := deck["DIFFUSIVITY"][0] * math.Pi * math.Pi * (1/(lx*lx) + 1/(ly*ly))
	peak := deck["INITIAL"][1] * math.Exp(-rate*deck["END_TIME"][0])
	greatest := 0.0
	_, rows := table(t, filepath.Join(dir, "temperature.csv"))
	for _, row := range rows {
		exact := deck["INITIAL"][0] + peak*math.Sin(math.Pi*row[0]/lx)*math.Sin(math.Pi*row[1]/ly)
		greatest = max(greatest, math.Abs(row[2]-exact))
	}
	return greatest
}
