package glob_test

import (
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/glob"
)

// TestCheck lets patterns pass that people write, and none that takes minutes.
func TestCheck(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"*.csv": "", "**/{a,b}/*.{csv,vtu,log}": "", "a/**/b/**/*.k": "", strings.Repeat("*a", 100): "",
		"{0,1,2,3,4,5,6,7,8,9}{0,1,2,3,4,5,6,7,8,9}{0,1,2,3,4,5,6,7,8,9}": "",
		`\{a,b\}\{a,b\}`: "",
		"{0,1,2,3,4,5,6,7,8,9}{0,1,2,3,4,5,6,7,8,9}{0,1,2,3,4,5,6,7,8,9}{a,b}": "more than 1000 patterns",
		strings.Repeat("{a,b}", 22):                             "more than 1000 patterns",
		strings.Repeat("{a,{b,", 12) + strings.Repeat("}}", 12): "",
		"{" + strings.Repeat("{a,b}", 22) + ",c}":               "more than 1000 patterns",
		strings.Repeat("**/", 20) + "x":                         "** in 20 places",
		strings.Repeat("a", 5000):                               "longer than 4096 bytes",
	} {
		err := glob.Check(pattern)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%.60s: %v, want %q", pattern, err, want)
		}
	}
}
