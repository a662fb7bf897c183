package cmdline_test

import (
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/internal/app/options/cmdline"
)

// TestAFlagIsThatOfItsCommand: two commands can have flags of one name, of which only one
// takes a value.
func TestAFlagIsThatOfItsCommand(t *testing.T) {
	t.Parallel()
	action := func(*cli.Context) error { return nil }
	commands := []*cli.Command{
		{Name: "import", Action: action, Flags: []cli.Flag{&cli.BoolFlag{Name: "adopt"}, &cli.StringFlag{Name: "to"}}},
		{Name: "convert", Action: action, Flags: []cli.Flag{&cli.StringFlag{Name: "adopt"}, &cli.StringFlag{Name: "to"}}},
	}
	for line, want := range map[string]string{
		"import A --adopt --to f.yaml B":     "import --adopt --to f.yaml -- A B",
		"import --adopt A":                   "import --adopt -- A",
		"convert a.csv --adopt s.csv b.csv":  "convert --adopt s.csv -- a.csv b.csv",
		"convert --adopt s.csv a.csv --to f": "convert --adopt s.csv --to f -- a.csv",
	} {
		for range 2 {
			got, err := cmdline.Arrange(strings.Fields(line), commands)
			if text := strings.Join(got, " "); err != nil || text != want {
				t.Errorf("%s: got %s, want %s, %v", line, text, want, err)
			}
			commands[0], commands[1] = commands[1], commands[0]
		}
	}
}
