package guard_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/guard"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/remote"
	"github.com/rescale-apply/rescale-apply/spec"
)

func TestUSD(t *testing.T) {
	t.Parallel()
	for amount, want := range map[float64]string{0: "0.00 USD", 0.0001: "0.0001 USD", 0.004: "0.004 USD", 0.01: "0.01 USD", 119.999: "120.00 USD"} {
		if got := guard.USD(amount); got != want {
			t.Errorf("USD(%v) = %s, want %s", amount, got, want)
		}
	}
}

// TestABoundIsNoLessThanTheSum would have been 0.51 USD for 0.512.
func TestABoundIsNoLessThanTheSum(t *testing.T) {
	t.Parallel()
	for amount, want := range map[float64]string{
		0:           "0.00 USD",
		0.0016:      "0.0016 USD",
		0.512:       "0.52 USD",
		0.51:        "0.51 USD",
		0.1 + 0.2:   "0.30 USD", // 0.30000000000000004
		3 * 0.16:    "0.48 USD",
		1234.560001: "1234.57 USD",
	} {
		if got := guard.AtMost(amount); got != want {
			t.Errorf("AtMost(%v) = %q, want %q", amount, got, want)
		}
	}
	if got := guard.Up(0.00251, 1e4); got != 0.0026 {
		t.Errorf("Up(0.00251, 1e4) = %v", got)
	}
	if got := guard.Up(0, 1e4); math.Signbit(got) {
		t.Errorf("Up(0, 1e4) = %v", got) // JSON would have -0
	}
}

// TestExceeds draws the line at a millionth: a sum of prices that is not exact is no more
// than its limit, and one beyond the millionth is.
func TestExceeds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		cost, limit float64
		want        bool
	}{
		{name: "the limit itself", cost: 0.3, limit: 0.3},
		{name: "a sum that is not exact", cost: 0.1 + 0.2, limit: 0.3},
		{name: "the millionth itself", cost: 1e-6, limit: 0},
		{name: "beyond the millionth", cost: 2e-6, limit: 0, want: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := guard.Exceeds(test.cost, test.limit); got != test.want {
				t.Errorf("Exceeds(%v, %v) = %v, want %v", test.cost, test.limit, got, test.want)
			}
		})
	}
}

// TestUnknownNamesTheCoreTypeWithoutAPrice looks past a tile that has one.
func TestUnknownNamesTheCoreTypeWithoutAPrice(t *testing.T) {
	t.Parallel()
	job := resolver.Job{
		Estimate: resolver.Estimate{Bounded: true},
		Tiles:    []resolver.Tile{{CoreType: "emerald", Rate: 1}, {CoreType: "onyx"}, {CoreType: "jade", Rate: 1}},
	}
	const want = "the platform names no price for core type onyx"
	if why, _ := guard.Unknown(job); why != want {
		t.Errorf("Unknown() = %q, want %q", why, want)
	}
}

func TestProtection(t *testing.T) {
	t.Parallel()
	job := resolver.Job{Name: "heat", Protected: spec.Value[bool]{V: true, Pos: diag.Position{File: "job.yaml", Line: 7}}}
	want := diag.Diagnostic{
		Pos: diag.Position{File: "job.yaml", Line: 7}, Rule: diag.Protected,
		Message: `job "heat" is protected, and this would stop its run`,
		Hint:    "to do it anyway, write protected: false first",
	}
	got := guard.Protection(job, "this would stop its run")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	refused := &guard.Error{Refusals: diag.List{got}}
	if text, want := refused.Error(), (diag.List{got}).Error(); text != want || text == "" {
		t.Errorf("Error() = %q, want %q", text, want)
	}
}

func TestStorage(t *testing.T) {
	t.Parallel()
	at := func(line int) diag.Position { return diag.Position{File: "job.yaml", Line: line, Col: 1} }
	for name, tc := range map[string]struct {
		devices []remote.Device
		want    string
	}{
		"none":          {nil, ""},
		"started":       {[]remote.Device{{ID: "A", Status: "Started"}, {ID: "B", Status: "Started"}}, ""},
		"never started": {[]remote.Device{{ID: "A", Status: "Started"}, {ID: "B", Pos: at(3)}}, "job.yaml:3:1: storage B is not started: it never was"},
		"stopped":       {[]remote.Device{{ID: "A", Status: "Stopped", Pos: at(2)}, {ID: "B"}}, "job.yaml:2:1: storage A is not started: it is Stopped"},
	} {
		refusal, refused := guard.Storage(resolver.Job{Name: "wing", Storage: tc.devices})
		got := ""
		if refused {
			got = refusal.Pos.String() + ": " + refusal.Message
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}
