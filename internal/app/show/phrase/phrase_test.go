package phrase_test

import (
	"testing"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/app/show/phrase"
)

func TestDuration(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0.0s", 1500 * time.Millisecond: "1.5s", 42 * time.Second: "42s", 14*time.Minute + 2*time.Second: "14m02s",
		3*time.Hour + 5*time.Minute: "3h05m", 47 * time.Hour: "47h00m", 52 * time.Hour: "2d04h",
	} {
		if got := phrase.Duration(d); got != want {
			t.Errorf("Duration(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"0.00 USD": phrase.Money(0), "1234.50 USD": phrase.Money(1234.5),
		"4 core-h": phrase.CoreHours(4), "4.2 core-h": phrase.CoreHours(4.2), "123 core-h": phrase.CoreHours(123.4),
		"-": phrase.Price(0), "0.11": phrase.Price(0.11), "0.0042": phrase.Price(0.0042), "12.00": phrase.Price(12), "0.035": phrase.Price(0.035),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
