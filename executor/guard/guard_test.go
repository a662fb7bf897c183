package guard_test

import (
	"math"
	"testing"

	"github.com/rescale-apply/rescale-apply/executor/guard"
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
