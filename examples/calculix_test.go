package examples_test

import (
	"math"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCalculixDeck checks that mesh.awk makes the deck that is in the folder.
func TestCalculixDeck(t *testing.T) {
	t.Parallel()
	dir := copied(t, "calculix")
	got := runIn(t, dir, "awk -f mesh.awk")
	if got.err != nil {
		t.Fatalf("%v\n%s", got.err, got.stderr)
	}
	if got.stdout != read(t, "calculix/beam.inp") {
		t.Error("beam.inp is not what mesh.awk makes: cd examples/calculix && awk -f mesh.awk > beam.inp")
	}
}

// TestCalculixBeam compares the deflection that CalculiX finds with the theory
// of beams that bend (Euler and Bernoulli) and shear (Timoshenko).
func TestCalculixBeam(t *testing.T) {
	t.Parallel()
	need(t, "ccx", "install CalculiX, in Debian and Ubuntu the package calculix-ccx")
	dir := copied(t, "calculix")
	got := runIn(t, dir, load(t, "calculix/job.yaml").Tiles[0].Command.V)
	if got.err != nil {
		t.Fatalf("%v\n%s%s", got.err, got.stdout, got.stderr)
	}
	names, rows := table(t, filepath.Join(dir, "displacement.csv"))
	if diff := cmp.Diff([]string{"node", "x_mm", "ux_mm", "uy_mm", "uz_mm"}, names); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	beam := beamOf(t)
	clamp, tip := rows[0], rows[len(rows)-1]
	if clamp[1] != 0 || clamp[4] != 0 {
		t.Errorf("the axis begins with %v, want x and uz zero at the clamp", clamp)
	}
	if tip[1] != beam["L"] {
		t.Errorf("the axis ends at x = %g, want %g", tip[1], beam["L"])
	}
	for i, row := range rows[1:] {
		if row[4] >= rows[i][4] {
			t.Errorf("the deflection does not grow at x = %g", row[1])
		}
	}
	if want := tipDeflection(beam); math.Abs(tip[4]/want-1) > 0.02 {
		t.Errorf("tip deflection %g mm, beam theory gives %g mm", tip[4], want)
	}
}

func TestCalculixNoResults(t *testing.T) {
	t.Parallel()
	dir := copied(t, "calculix")
	write(t, filepath.Join(dir, "beam.dat"), "")
	got := runIn(t, dir, "awk -f deflection.awk beam.inp beam.dat")
	want := "deflection.awk: no displacements in beam.dat; did ccx finish?\n"
	if exitCode(got.err) != 1 || got.stderr != want {
		t.Errorf("%v, stderr %q, want exit code 1 and %q", got.err, got.stderr, want)
	}
}

// beamOf reads the beam from the head of the deck: lines of "name = value".
func beamOf(t *testing.T) map[string]float64 {
	t.Helper()
	beam := make(map[string]float64)
	pattern := regexp.MustCompile(`(\w+) = (-?[0-9.]+)`)
	head := regexp.MustCompile(`(?m)^\*\* length .*`).FindString(read(t, "calculix/beam.inp"))
	for _, match := range pattern.FindAllStringSubmatch(head, -1) {
		beam[match[1]] = toNumber(t, match[2])
	}
	return beam
}

func tipDeflection(beam map[string]float64) float64 {
	length, width, height := beam["L"], beam["b"], beam["h"]
	inertia := width * math.Pow(height, 3) / 12
	shear := beam["E"] / (2 * (1 + beam["nu"]))
	bending := beam["F"] * length * length * length / (3 * beam["E"] * inertia)
	shearing := beam["F"] * length / (5.0 / 6 * shear * width * height)
	return bending + shearing
}
