package executor_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/rescale-apply/rescale-apply/executor/inputs"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// TestChangedArchive writes to a file of an archive after the plan: before the
// upload, and while it is under way, with size and time as they were. The job is
// not created.
func TestChangedArchive(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(path string, info os.FileInfo) error{
		"before": func(path string, _ os.FileInfo) error { return os.WriteFile(path, []byte("other"), 0o600) },
		"unseen": func(path string, info os.FileInfo) error {
			return errors.Join(os.WriteFile(path, []byte("DECK"), 0o600), os.Chtimes(path, info.ModTime(), info.ModTime()))
		},
		"gone": func(path string, _ os.FileInfo) error { return os.Remove(path) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "case", "deck")
			if err := errors.Join(os.Mkdir(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("deck"), 0o600)); err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			j := plain("wing")
			j.Inputs = packed(t, dir)
			if err := change(path, info); err != nil {
				t.Fatal(err)
			}
			p := newFake()
			report := apply(t.Context(), t, p, new(memory), j)
			var changed *inputs.ChangedError
			if err := report.Outcomes[0].Err; !errors.As(err, &changed) || name != "gone" && changed.Path != path {
				t.Errorf("%v", err)
			}
			if n := p.count("create"); n != 0 {
				t.Errorf("%d jobs were created", n)
			}
		})
	}
}

// packed is the folder "case" as an archive.
func packed(t *testing.T, dir string) []files.Input {
	t.Helper()
	const text = "version: 1\nname: wing\ncommand: run\nanalysis: {code: a}\nhardware: {coreType: b, coresPerSlot: 1}\n" +
		"inputs: [{path: case, pack: case.tar.gz}]\n"
	jobs, problems := spec.Load([]diag.Source{{Name: "job.yaml", Dir: dir, Text: []byte(text)}})
	if len(problems) > 0 {
		t.Fatalf("%v", problems)
	}
	inputs, problems, err := files.Read(t.Context(), jobs, files.Reading{})
	if err != nil || len(problems) > 0 {
		t.Fatalf("%v %v", problems, err)
	}
	return inputs[0]
}
