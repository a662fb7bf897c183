package mutate_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/mutate"
)

var (
	breaking = flag.Bool("mutants", false, "run the tests with every mutant")
	own      = flag.Bool("own", false, "run the package's own tests alone, for a first look")
	only     = flag.String("of", "", "take only the mutants whose names this pattern matches")
)

// root is the folder of the module, seen from here.
const root = "../.."

// suite is tests that may kill a mutant.
type suite struct {
	pkg   string
	tests string   // which of them; empty for all
	flags []string // of the package's own
}

// targets are the packages that decide what is paid for, with the tests that are about
// them: first their own, then those of the packages that use them.
func targets() map[string][]suite {
	stories := suite{pkg: "executor/sim", tests: "TestKept|TestSim$", flags: []string{"-seeds", "300", "-from", "1", "-forget"}}
	return map[string][]suite{
		"internal/state": {{pkg: "internal/state"}},
		"executor/guard": {{pkg: "executor/guard"}, {pkg: "executor/planner"}, {pkg: "executor"}},
		"executor/once":  {{pkg: "executor/once"}, {pkg: "executor"}, {pkg: "executor/planner"}, stories},
	}
}

// TestEveryMutantIsKilled runs the tests with every mutant of the packages that decide what
// is paid for. One that all of them pass is argued away in testdata/argued.txt, or shows
// that a test is missing.
func TestEveryMutantIsKilled(t *testing.T) {
	if !*breaking {
		t.Skip("a mutant costs a run of its tests: -mutants does it")
	}
	known := argued(t)
	for pkg, suites := range targets() {
		t.Run(pkg, func(t *testing.T) {
			h := newHunt(t, pkg)
			for _, s := range suites {
				if !*own || s.pkg == pkg {
					h.add(t, s)
				}
			}
			h.run(t, known)
		})
	}
}

// hunt is a package with all of its mutants, and the tests that are run with each.
type hunt struct {
	woven   *mutate.Woven
	overlay string
	packs   []pack
}

// pack is a test binary.
type pack struct {
	suite
	binary string
	tests  []reach
}

// reach is which mutants a test can notice.
type reach struct {
	test   string
	points map[int]bool
	took   time.Duration
}

func newHunt(t *testing.T, pkg string) *hunt {
	t.Helper()
	woven, err := mutate.Weave(t.Context(), path.Join(root, pkg))
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := woven.Overlay(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &hunt{woven: woven, overlay: overlay}
}

// add compiles tests, and runs each without a mutant to see where it comes by.
func (h *hunt) add(t *testing.T, s suite) {
	t.Helper()
	p := pack{suite: s, binary: filepath.Join(t.TempDir(), "tests")}
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-overlay", h.overlay, "-o", p.binary, path.Join(root, s.pkg))
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("compiling %s: %v\n%s", s.pkg, err, out)
	}
	list, err := p.command(t.Context(), "-test.list", cmp.Or(s.tests, ".")).Output()
	if err != nil {
		t.Fatalf("listing the tests of %s: %v", s.pkg, err)
	}
	for _, test := range strings.Fields(string(list)) {
		if strings.HasPrefix(test, "Test") || strings.HasPrefix(test, "Fuzz") {
			p.tests = append(p.tests, p.reach(t, test))
		}
	}
	h.packs = append(h.packs, p)
}

// reach runs one test, which must pass.
func (p *pack) reach(t *testing.T, test string) reach {
	t.Helper()
	notes := filepath.Join(t.TempDir(), "reach")
	run := p.command(t.Context(), "-test.run", "^"+test+"$")
	run.Env = append(run.Environ(), mutate.ReachVariable+"="+notes)
	began := time.Now()
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%s of %s fails without a mutant: %v\n%s", test, p.pkg, err, out)
	}
	r := reach{test: test, points: make(map[int]bool), took: time.Since(began)}
	text, _ := os.ReadFile(notes) // there is none when it comes by nothing
	for _, number := range strings.Fields(string(text)) {
		n, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		r.points[n] = true
	}
	return r
}

func (p *pack) command(ctx context.Context, args ...string) *exec.Cmd {
	run := exec.CommandContext(ctx, p.binary, slices.Concat([]string{"-test.short", "-test.failfast"}, args, p.flags)...)
	run.Dir = filepath.Join(root, p.pkg)
	return run
}

// kills runs the tests that reach a mutant, the quick ones first, and returns which way they
// found it: a mutant that never ends or takes all memory is found as well.
func (p *pack) kills(ctx context.Context, n int) bool {
	var quick, slow []reach
	for _, r := range p.tests {
		switch {
		case !r.points[n]:
		case r.took < 200*time.Millisecond:
			quick = append(quick, r)
		default:
			slow = append(slow, r)
		}
	}
	return p.fail(ctx, n, quick) || p.fail(ctx, n, slow)
}

// fail reports whether one of some tests does not pass.
func (p *pack) fail(ctx context.Context, n int, tests []reach) bool {
	if len(tests) == 0 {
		return false
	}
	var names []string
	patience := 10 * time.Second
	for _, r := range tests {
		names = append(names, regexp.QuoteMeta(r.test))
		patience += 5 * r.took
	}
	run := p.command(ctx, "-test.run", "^("+strings.Join(names, "|")+")$", "-test.timeout", patience.String())
	run.Env = append(run.Environ(), fmt.Sprint(mutate.NumberVariable, "=", n))
	return run.Run() != nil
}

// run hunts every mutant, and holds those that survive against the list.
func (h *hunt) run(t *testing.T, known map[string]string) {
	t.Helper()
	wanted := regexp.MustCompile(*only)
	taken, killed, excused := 0, 0, 0
	for i, point := range h.woven.Points {
		if !wanted.MatchString(point.String()) {
			continue
		}
		taken++
		dead := slices.ContainsFunc(h.packs, func(p pack) bool { return p.kills(t.Context(), i+1) })
		switch excuse := h.excuse(i+1, known); {
		case dead && known[point.String()] != "":
			t.Errorf("argued away, but a test fails: %s", point)
		case dead:
			killed++
		case excuse:
			excused++
		case h.reached(i + 1):
			t.Errorf("survives: %s (line %d)", point, point.Line)
		default:
			t.Errorf("no test comes by: %s (line %d)", point, point.Line)
		}
	}
	t.Logf("%d mutants: %d killed, %d argued away", taken, killed, excused)
}

// excuse reports whether a mutant is argued away, itself or with a branch in which no test comes
// by it.
func (h *hunt) excuse(n int, known map[string]string) bool {
	point := h.woven.Points[n-1]
	if known[point.String()] != "" {
		return true
	}
	return point.Branch != 0 && !h.reached(n) && h.excuse(point.Branch, known)
}

// reached reports whether a test comes by a mutant.
func (h *hunt) reached(n int) bool {
	return slices.ContainsFunc(h.packs, func(p pack) bool {
		return slices.ContainsFunc(p.tests, func(r reach) bool { return r.points[n] })
	})
}
