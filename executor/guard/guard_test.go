package guard_test

import (
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
