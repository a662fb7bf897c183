package doe_test

import (
	"testing"

	"github.com/rescale-apply/rescale-apply/spec/doe"
)

func TestWithoutRun(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"run3/forces.csv": "forces.csv", "run*/post/**": "post/**", "run[12]/a": "a", "run?/a": "a",
		"forces.csv": "", "runs/a": "", "run.csv": "", "run3": "", "case/run3/a": "", "**/a": "", "run1/": "",
	} {
		if got, ok := doe.WithoutRun(pattern); got != want || ok != (want != "") {
			t.Errorf("%s: %q, %t", pattern, got, ok)
		}
	}
}
