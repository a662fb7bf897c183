package report_test

import (
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/app/report"
)

// TestKey: one folder has one comment, whatever manifests come and go in it, and also when
// none could be read.
func TestKey(t *testing.T) {
	t.Parallel()
	folder := report.Report{Asked: []string{"jobs/**"}, Manifests: []string{"jobs/a.yaml"}}
	for name, tc := range map[string]struct {
		other report.Report
		same  bool
	}{
		"another manifest": {report.Report{Asked: []string{"jobs/**"}, Manifests: []string{"jobs/a.yaml", "jobs/b.yaml"}}, true},
		"none":             {report.Report{Asked: []string{"jobs/**"}}, true},
		"another folder":   {report.Report{Asked: []string{"more"}, Manifests: []string{"jobs/a.yaml"}}, false},
		"nothing asked":    {report.Report{Manifests: []string{"jobs/a.yaml"}}, false},
	} {
		if same := folder.Key() == tc.other.Key(); same != tc.same {
			t.Errorf("%s: same key %v", name, same)
		}
	}
	two := report.Report{Asked: []string{"a.yaml", "b.yaml"}}
	if two.Key() != (report.Report{Asked: []string{"b.yaml", "a.yaml"}}).Key() {
		t.Error("the order of the command line counts")
	}
}
