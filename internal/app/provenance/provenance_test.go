package provenance

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/app/exit"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range 12 {
		many = append(many, fmt.Sprintf("f%02d", 12-i))
	}
	if err := set("7ba84b41", []string{"mesh", "mach"}); exit.Of(err) != exit.Guard || !strings.HasPrefix(err.Error(), "mach, mesh are set with --var, so that commit 7ba84b4 ") {
		t.Errorf("got %v", err)
	}
	for want, err := range map[string]error{
		"a\\x differs from commit 7ba84b4, and --require-clean is given":                                                              dirty("7ba84b41", []string{"a\\x"}, 0),
		"a, b differ from commit 7ba84b4, and --require-clean is given":                                                               dirty("7ba84b41", []string{"b", "a"}, 0),
		"a and 1 other file differ from commit 7ba84b4, and --require-clean is given":                                                 dirty("7ba84b41", []string{"a"}, 1),
		"f01, f02, f03, f04, f05, f06, f07, f08, f09, f10 and 5 other files differ from commit 7ba84b4, and --require-clean is given": dirty("7ba84b41", many, 3),
		`no commit is known that has job "heat", and --require-clean wants one`:                                                       noCommit("heat", nil),
		`no commit is known that has job "heat", and --require-clean wants one: no git`:                                               noCommit("heat", []error{errors.New("no git")}),
	} {
		var refusal *exit.GuardError
		if !errors.As(err, &refusal) || err.Error() != want || !strings.Contains(refusal.Hint(), "git status") || exit.Of(err) != exit.Guard {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
