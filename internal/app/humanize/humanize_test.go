package humanize_test

import (
	"testing"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
)

func TestDuration(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0.0s", 1500 * time.Millisecond: "1.5s", 42 * time.Second: "42s", 14*time.Minute + 2*time.Second: "14m02s",
		3*time.Hour + 5*time.Minute: "3h05m", 47 * time.Hour: "47h00m", 52 * time.Hour: "2d04h",
	} {
		if got := humanize.Duration(d); got != want {
			t.Errorf("Duration(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestForecast(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "1s", 1700 * time.Millisecond: "2s", 9900 * time.Millisecond: "10s", time.Minute: "1m00s",
	} {
		if got := humanize.Forecast(d); got != want {
			t.Errorf("Forecast(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"1 job": humanize.Plural(1, "job"), "0 jobs": humanize.Plural(0, "job"),
		"0.67 USD": humanize.Money(0.671), "4.2 core-h": humanize.CoreHours(4.21), "4 core-h": humanize.CoreHours(4), "121 core-h": humanize.CoreHours(120.6),
		"07:08:09": humanize.Clock(time.Date(2026, 3, 2, 7, 8, 9, 0, time.Local)),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestPrice(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"-": humanize.Price(0), "0.11": humanize.Price(0.11), "0.0042": humanize.Price(0.0042), "12.00": humanize.Price(12), "0.035": humanize.Price(0.035),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestNamed(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"": humanize.Named("", ""), "p1": humanize.Named("p1", ""), "p2": humanize.Named("p2", "p2"), "aero": humanize.Named("", "aero"), "p3 (aero)": humanize.Named("p3", "aero"),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
