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
