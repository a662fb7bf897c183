package formats_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/convert/formats"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

func TestRead(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, want string }{
		"rescale-cli": {"#!/bin/sh\n#RESCALE_NAME=a\n", "a script of rescale-cli"},
		"Interlink":   {"#RESCALE_NAME a\n", "a script of Rescale Interlink"},
		"both":        {"#RESCALE_NAME a\n#RESCALE_CORES=1\n", "a script of rescale-cli and Interlink"},
		"SGE":         {"#$ -l rescale_cores=4\n", "an SGE script"},
		"a body":      {`{"name":"a","jobanalyses":[{"analysis":{"code":"c"},"command":"x","hardware":{"coreType":"e","coresPerSlot":1}}]}`, "the body of a job"},
		"bodies":      {`[{"name":"a","jobanalyses":[{"analysis":{"code":"c"},"command":"x","hardware":{"coreType":"e","coresPerSlot":1}}]}]`, "bodies of jobs"},
		"mass submit": {
			"job_name,input_files,num_cores,walltime,analysis_codes,analysis_versions,hardware_type,command\na,b,1,1,c,1,e,x\n", "a matrix of Mass Submit",
		},
		"nothing": {"hello\n", "f:1:1: this is no job in a format that is known [no-format]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := formats.Read("f", []byte(tc.in))
			got := found.From
			if list := diag.List(nil); errors.As(err, &list) {
				got = list[0].String()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("differs (-want +got):\n%s", diff)
			}
		})
	}
}

// Every format that is listed is found by its name.
func TestNamed(t *testing.T) {
	t.Parallel()
	for _, name := range formats.Names() {
		if f, ok := formats.Named(name); !ok || f.Name != name || f.Is == nil || f.Read == nil {
			t.Errorf("%s: got %v", name, f)
		}
	}
	if _, ok := formats.Named("yaml"); ok {
		t.Error("yaml is a format")
	}
}
