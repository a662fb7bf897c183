package span_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/spec/span"
)

func TestParse(t *testing.T) {
	t.Parallel()
	type result struct {
		Length time.Duration
		Error  string
	}
	for text, want := range map[string]result{
		"7d":                       {Length: 7 * 24 * time.Hour},
		"36h":                      {Length: 36 * time.Hour},
		"1d12h":                    {Length: 36 * time.Hour},
		"90m":                      {Length: 90 * time.Minute},
		"0h":                       {},
		"":                         {Error: `"" is no number with a unit`},
		"7":                        {Error: `"7" is no number with a unit`},
		"-7d":                      {Error: `"-7d" is no number with a unit`},
		"1.5h":                     {Error: `"1.5h" is no number with a unit`},
		"12h1d":                    {Error: `"12h1d" is no number with a unit`},
		"106752d":                  {Length: math.MaxInt64, Error: `"106752d" is too long`},
		"106751d24h":               {Length: math.MaxInt64, Error: `"106751d24h" is too long`},
		"99999999999999999999999m": {Length: math.MaxInt64, Error: `"99999999999999999999999m" is too long`},
	} {
		length, err := span.Parse(text)
		got := result{Length: length}
		var wrong *span.Error
		if errors.As(err, &wrong) {
			got.Error = wrong.Error()
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestHours(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"1.5h": 90 * time.Minute, "0.1h": 6 * time.Minute, "1.1h": 66 * time.Minute, "0.001h": time.Minute, "12.0h": 12 * time.Hour, "1.01h": 61 * time.Minute,
		"99999999999999999999.5h": math.MaxInt64,
		"1h":                      0, "1.5": 0, "1.5m": 0, "1.5.5h": 0, ".h": 0, "1e9.h": 0, "-1.5h": 0,
	} {
		got, ok := span.Hours(text)
		if got != want || ok != (want > 0) {
			t.Errorf("%s: %v, %v; want %v", text, got, ok, want)
		}
	}
}
