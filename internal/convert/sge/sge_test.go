package sge_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/manifest"
	"github.com/rescale-apply/rescale-apply/internal/convert/sge"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/golden"
)

var _ convert.Reader = sge.Read

// report is what a person sees of a conversion.
func report(file string, text []byte) string {
	found, err := sge.Read(file, text)
	var b strings.Builder
	for _, w := range found.Warnings {
		fmt.Fprintf(&b, "warning: %s: %s (%s)\n", w.Pos, w.Text, w.Hint)
	}
	var list diag.List
	if errors.As(err, &list) {
		for _, d := range list {
			fmt.Fprintf(&b, "error: %s (%s)\n", d, d.Hint)
		}
		return b.String()
	}
	b.Write(manifest.Write(found.Jobs, manifest.Place{Source: "from " + file + ", " + found.From}).YAML)
	return b.String()
}

func TestSamples(t *testing.T) {
	t.Parallel()
	samples, err := filepath.Glob("testdata/*.sh")
	if err != nil || len(samples) == 0 {
		t.Fatal("no samples", err)
	}
	for _, sample := range samples {
		t.Run(filepath.Base(sample), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(sample)
			if err != nil {
				t.Fatal(err)
			}
			if !sge.Is(text) {
				t.Error("it is not taken for a script")
			}
			golden.Equal(t, strings.TrimSuffix(sample, ".sh")+".golden", report(filepath.Base(sample), text))
		})
	}
}

// FuzzRead: no text makes it panic, and what it reads is written the same twice.
func FuzzRead(f *testing.F) {
	samples, _ := filepath.Glob("testdata/*.sh")
	for _, sample := range samples {
		if text, err := os.ReadFile(sample); err == nil {
			f.Add(text)
		}
	}
	f.Add([]byte("#RESCALE_CORES=\"\n#RESCALE_ENV_=1\n#$ -l\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if diff := cmp.Diff(report("f", text), report("f", text)); diff != "" {
			t.Errorf("converted twice:\n%s", diff)
		}
	})
}
