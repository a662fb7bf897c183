package hint_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/spec/hint"
)

func TestWalltime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"08:00:00":   "write walltime: 8h",
		"8:30":       "write walltime: 8h30m",
		"00:00:30":   "write walltime: 1m",
		"1-12:00:00": "write walltime: 1d12h",
		"1.5h":       "write walltime: 1h30m",
		"0,5 d":      "write walltime: 12h",
		"1.01h":      "write walltime: 1h1m",
		"00:00":      "",
		"8x":         "",
		"1.5":        "",
		"8 hours":    "write walltime: 8h",
		"90 Min":     "write walltime: 1h30m",
		"8H":         "write walltime: 8h",
		"2w":         "write walltime: 14d",
		"3601s":      "write walltime: 1h1m",
		"0s":         "",
		"8 horses":   "",
	} {
		if diff := cmp.Diff(want, hint.Walltime(text)); diff != "" {
			t.Errorf("%q (-want +got)\n%s", text, diff)
		}
	}
}

func TestName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"MyJob":       `write name: myjob, and for people title: "MyJob"; `,
		" Wing (v2) ": `write name: wing-v2, and for people title: " Wing (v2) "; `,
		"-x-":         `write name: x, and for people title: "-x-"; `,
		"Flügel é":    `write name: flugel-e, and for people title: "Flügel é"; `,
		"日本":          "",
	} {
		if diff := cmp.Diff(want, hint.Name(text)); diff != "" {
			t.Errorf("%q (-want +got)\n%s", text, diff)
		}
	}
}
