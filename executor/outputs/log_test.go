package outputs_test

import (
	"context"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/executor/outputs"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// searched finds files by a part of their names, as the platform does.
type searched []rescale.File

func (s searched) JobFiles(_ context.Context, _, search string) (found []rescale.File, err error) {
	for _, f := range s {
		if strings.Contains(f.Name, search) {
			found = append(found, f)
		}
	}
	return found, nil
}

// TestLog finds what the command printed among files that are called like it.
func TestLog(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		listed searched
		want   string
		run    string
	}{
		"the log":                   {searched{file("a"), file(log)}, log, ""},
		"none":                      {searched{file("a"), file("my_" + log), file(log + ".gz")}, "", ""},
		"one in a folder":           {searched{file("sub/"+log, id("sub")), file(log)}, log, ""},
		"an input":                  {searched{file(log, id("input"), typed(rescale.InputFile)), file(log)}, log, ""},
		"what another job printed":  {searched{file(log, id("given"), foreign, at(9)), file(log, at(1))}, log, ""},
		"the newer of two versions": {searched{file(log, at(1)), file(log, id("new"), at(2))}, "new", ""},
		"of several runs the last":  {searched{file(log, id("2"), in("run2"), at(2)), file(log, at(1))}, "2", "run2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := outputs.Log(t.Context(), tc.listed, "Y")
			if err != nil {
				t.Fatal(err)
			}
			got, run := "", ""
			if f != nil {
				got, run = f.ID, f.Run
			}
			if got != tc.want || run != tc.run {
				t.Errorf("found %q of %q, want %q of %q", got, run, tc.want, tc.run)
			}
		})
	}
}
