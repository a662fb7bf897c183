package examples_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHeat compares the field that the solver wrote with the exact solution that
// plate.inp gives, with every awk of this machine.
func TestHeat(t *testing.T) {
	t.Parallel()
	for name, command := range awks(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copied(t, "heat")
			got := runIn(t, dir, load(t, "heat/job.yaml").Tiles[0].Command.V, shim(t, command))
			if got.err != nil {
				t.Fatalf("%v\n%s%s", got.err, got.stdout, got.stderr)
			}
			compareField(t, dir)
			compareHistory(t, dir)
			if !strings.Contains(got.stdout, "@@") {
				t.Errorf("the log shows no picture of the field:\n%s", got.stdout)
			}
		})
	}
}

func compareField(t *testing.T, dir string) {
	t.Helper()
	deck := keywords(t, filepath.Join(dir, "plate.inp"))
	lx, ly := deck["LENGTH"][0], deck["LENGTH"][1]
	base, peak := deck["INITIAL"][0], deck["INITIAL"][1]
	rate := deck["DIFFUSIVITY"][0] * math.Pi * math.Pi * (1/(lx*lx) + 1/(ly*ly))
	peak *= math.Exp(-rate * deck["END_TIME"][0])

	names, rows := table(t, filepath.Join(dir, "temperature.csv"))
	if diff := cmp.Diff([]string{"x_m", "y_m", "temperature_C"}, names); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	if want := int((deck["CELLS"][0] + 1) * (deck["CELLS"][1] + 1)); len(rows) != want {
		t.Errorf("%d nodes, want %d", len(rows), want)
	}
	for _, row := range rows {
		exact := base + peak*math.Sin(math.Pi*row[0]/lx)*math.Sin(math.Pi*row[1]/ly)
		if math.Abs(row[2]-exact) > 0.01*peak {
			t.Errorf("T(%g, %g) = %g, exact is %g", row[0], row[1], row[2], exact)
		}
	}
}

// compareHistory checks that the plate cools without a stop, down to the end.
func compareHistory(t *testing.T, dir string) {
	t.Helper()
	names, rows := table(t, filepath.Join(dir, "history.csv"))
	if diff := cmp.Diff([]string{"time_s", "min_C", "mean_C", "max_C", "residual_K_per_s"}, names); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	end := keywords(t, filepath.Join(dir, "plate.inp"))["END_TIME"][0]
	if last := rows[len(rows)-1][0]; last != end {
		t.Errorf("history ends at %g s, want %g s", last, end)
	}
	for i, row := range rows[1:] {
		for column := 2; column < len(row); column++ {
			if row[column] >= rows[i][column] {
				t.Errorf("%s does not fall at %g s: %g after %g", names[column], row[0], row[column], rows[i][column])
			}
		}
	}
}

func TestHeatBadDeck(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		line, instead string // a line of plate.inp, by a pattern, and what stands there instead
		want          string
	}{
		"unstable step":    {`TIME_STEP .*`, "TIME_STEP 1", "bad.inp:14: TIME_STEP 1 is unstable: a dt (1/dx2 + 1/dy2) = 0.960, at most 0.5 is allowed; take 0.51 s or less\n"},
		"unknown keyword":  {`LENGTH `, "LENGHT ", "bad.inp:8: unknown keyword \"LENGHT\"; known are: LENGTH CELLS DIFFUSIVITY INITIAL EDGES END_TIME TIME_STEP\n"},
		"missing keyword":  {`END_TIME .*`, "", "bad.inp: END_TIME is missing\n"},
		"keyword twice":    {`END_TIME .*`, "TIME_STEP 0.25", "bad.inp:14: TIME_STEP was already given in line 13\n"},
		"too few values":   {`EDGES .*`, "EDGES 20 20 20", "bad.inp:12: EDGES takes 4 value(s), not 3\n"},
		"not a number":     {`DIFFUSIVITY .*`, "DIFFUSIVITY 1,2e-5", "bad.inp:10: DIFFUSIVITY: \"1,2e-5\" is not a number\n"},
		"negative":         {`DIFFUSIVITY .*`, "DIFFUSIVITY -1", "bad.inp:10: DIFFUSIVITY must be greater than 0\n"},
		"half a cell":      {`CELLS .*`, "CELLS 40 2.5", "bad.inp:9: CELLS must be whole numbers from 2 to 1000\n"},
		"far too many":     {`TIME_STEP .*`, "TIME_STEP 1e-7", "bad.inp:14: 600000000 steps on 800 cells would run for hours; take fewer cells or a larger step\n"},
		"infinitely small": {`TIME_STEP .*`, "TIME_STEP 0", "bad.inp:14: TIME_STEP must be greater than 0\n"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copied(t, "heat")
			deck := read(t, filepath.Join(dir, "plate.inp"))
			changed := regexp.MustCompile(`(?m)^`+tc.line).ReplaceAllString(deck, tc.instead)
			write(t, filepath.Join(dir, "bad.inp"), changed)
			got := runIn(t, dir, "sh solve.sh bad.inp")
			if code := exitCode(got.err); code != 1 {
				t.Errorf("exit code %d, want 1", code)
			}
			if diff := cmp.Diff(tc.want, got.stderr); diff != "" {
				t.Errorf("stderr (-want +got):\n%s", diff)
			}
			if _, err := os.Stat(filepath.Join(dir, "temperature.csv")); err == nil {
				t.Error("a field was written for a bad deck")
			}
		})
	}
}

func TestHeatUsage(t *testing.T) {
	t.Parallel()
	dir := copied(t, "heat")
	for line, want := range map[string]string{
		"sh solve.sh":          "usage: sh solve.sh DECK\n",
		"sh solve.sh none.inp": "solve.sh: cannot read the input deck \"none.inp\"\n",
	} {
		got := runIn(t, dir, line)
		if exitCode(got.err) != 1 || got.stderr != want {
			t.Errorf("%s: %v, stderr %q, want %q", line, got.err, got.stderr, want)
		}
	}
}

// exitCode is -1 for what did not run at all.
func exitCode(err error) int {
	if err == nil {
		return 0
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return -1
}

// awks are the commands of all kinds of awk on this machine, by name.
func awks(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{"awk": need(t, "awk", "the examples need an awk")}
	for _, name := range []string{"mawk", "gawk", "original-awk", "busybox"} {
		if path, err := exec.LookPath(name); err == nil {
			found[name] = path
		}
	}
	if path, ok := found["busybox"]; ok {
		found["busybox"] = path + " awk"
	}
	return found
}

// shim makes a folder with an awk that runs the given command.
func shim(t *testing.T, command string) string {
	t.Helper()
	dir := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\nexec %s \"$@\"\n", command)
	if err := os.WriteFile(filepath.Join(dir, "awk"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// keywords reads the input deck apart from the solver: keyword, numbers, comment.
func keywords(t *testing.T, path string) map[string][]float64 {
	t.Helper()
	deck := make(map[string][]float64)
	for line := range strings.Lines(read(t, path)) {
		text, _, _ := strings.Cut(line, "#")
		fields := strings.Fields(text)
		if len(fields) == 0 {
			continue
		}
		for _, field := range fields[1:] {
			deck[fields[0]] = append(deck[fields[0]], toNumber(t, field))
		}
	}
	return deck
}
