package source_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// TestAFilterIsNotRun: the settings of an archive that somebody unpacked name a program for
// the contents of files. A person's own filter counts.
func TestAFilterIsNotRun(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the program of the filter is one of Unix")
	}
	for name, tc := range map[string]struct {
		scope []string
		runs  bool
	}{
		"of the repository": {[]string{"--local"}, false},
		"of the person":     {[]string{"--global"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepository(t)
			ran := filepath.Join(t.TempDir(), "ran")
			r.git(append(append([]string{"config"}, tc.scope...), "filter.evil.clean", "touch "+ran+"; cat")...)
			r.write(".git/info/attributes", "*.inp filter=evil\n")
			later := time.Now().Add(time.Hour) // git looks into a file that seems newer
			if err := os.Chtimes(filepath.Join(r.dir, "jobs", "plate.inp"), later, later); err != nil {
				t.Fatal(err)
			}
			found, unknown := r.find(nil, "jobs/plate.inp")
			if _, err := os.Stat(ran); (err == nil) != tc.runs {
				t.Errorf("the filter ran: %v; %+v %v", err == nil, found, unknown)
			}
		})
	}
}
