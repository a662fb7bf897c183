package mutate_test

import (
	"os"
	"path"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/mutate"
)

// argued is why mutants that all tests pass are no faults: lines that name mutants, and
// below them indented lines that say why. Lines with # are comments. A branch that is never
// taken is argued away with all in it that no test comes by.
func argued(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("testdata/argued.txt")
	if err != nil {
		t.Fatal(err)
	}
	reasons, names, told := make(map[string]string), []string(nil), false
	for line := range strings.Lines(string(text)) {
		said := strings.TrimSpace(line)
		switch {
		case said == "" || strings.HasPrefix(said, "#"):
		case strings.HasPrefix(line, "\t"):
			for _, name := range names {
				reasons[name] += said
			}
			told = true
		default:
			if told {
				names, told = nil, false
			}
			if _, twice := reasons[said]; twice {
				t.Fatalf("it is there twice: %s", said)
			}
			names, reasons[said] = append(names, said), ""
		}
	}
	return reasons
}

// TestWhatIsArguedAwayIsThere keeps the list from growing old: each entry is a mutant that
// can still be made, and has a reason.
func TestWhatIsArguedAwayIsThere(t *testing.T) {
	t.Parallel()
	there := make(map[string]bool)
	for pkg := range targets() {
		woven, err := mutate.Weave(t.Context(), path.Join(root, pkg))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range woven.Points {
			there[p.String()] = true
		}
	}
	for name, reason := range argued(t) {
		if !there[name] {
			t.Errorf("argued away, but there is no such mutant: %s", name)
		}
		if reason == "" {
			t.Errorf("argued away without a reason: %s", name)
		}
	}
}
