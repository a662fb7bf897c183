package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/app"
)

// TestApplyAsksWhereNothingBoundsTheCost: in this case only, and where a person is there.
func TestApplyAsksWhereNothingBoundsTheCost(t *testing.T) {
	t.Parallel()
	const question = "nothing bounds what a can cost, without a walltime; start? [y/N] "
	both := app.Screen{Stdin: true, Stderr: true}
	for name, tc := range map[string]struct {
		screen   app.Screen
		typed    string
		walltime string
		flags    []string
		asked    bool
		code     int
		runs     int // that were submitted
	}{
		"yes":                   {screen: both, typed: "y\n", asked: true, runs: 1},
		"yes in full":           {screen: both, typed: " YES \n", asked: true, runs: 1},
		"no":                    {screen: both, typed: "n\n", asked: true, code: 5},
		"an empty line is a no": {screen: both, typed: "\n", asked: true, code: 5},
		"the end of the input":  {screen: both, asked: true, code: 5},
		"-y":                    {screen: both, flags: []string{"-y"}, runs: 1},
		"a walltime":            {screen: both, walltime: ", walltime: 2h", runs: 1},
		"input from a pipe":     {screen: app.Screen{Stderr: true}, runs: 1},
		"output into a pipe":    {screen: app.Screen{Stdin: true}, runs: 1},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlatform(t)
			dir := t.TempDir()
			manifest := filepath.Join(dir, "job.yaml")
			text := "version: 1\nname: a\nnamespace: n\nanalysis: {code: user_included, version: \"0\"}\nhardware: {coreType: ferrite, coresPerSlot: 1" + tc.walltime + "}\ncommand: 'true'\n"
			if err := os.WriteFile(manifest, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			got := p.runOn(t, tc.screen, tc.typed, append([]string{"-f", manifest, "--no-wait"}, tc.flags...)...)
			submitted := 0
			for _, job := range p.server.Jobs() {
				submitted += job.Submitted
			}
			if got.code != tc.code || submitted != tc.runs || strings.Contains(got.stderr, question) != tc.asked {
				t.Errorf("exit %d, %d runs\n%s", got.code, submitted, got.stderr)
			}
			if tc.code == 5 && !strings.Contains(got.stderr, "rescale-apply: not confirmed; nothing was changed\nhint: answer y, or add -y\n") {
				t.Errorf("%s", got.stderr)
			}
		})
	}
}
