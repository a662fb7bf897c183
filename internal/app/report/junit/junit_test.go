package junit_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/app/report"
	"github.com/rescale-apply/rescale-apply/internal/app/report/junit"
	"github.com/rescale-apply/rescale-apply/internal/golden"
)

func outcomes() report.Report {
	const manifest = "jobs/heat.yaml"
	job := func(name string, state report.State, word, why string) report.Case {
		return report.Case{Name: name, Manifest: manifest, Place: report.Place{File: manifest, Line: 2, Col: 7}, State: state, Word: word, Why: why}
	}
	failed := job("heat/n=2", report.Failed, "failed", "A run failed")
	failed.Log = []string{"\x1b[31mFOAM FATAL\x1b[0m \x00\x0b]]> <b>\ufffe", "half \xff of it"}
	failed.Runs = report.Runs{ID: "AbCdEf", URL: "https://platform.example.com/jobs/AbCdEf/", Digest: "d1", Commit: "7ba84b4", CoreHours: 36, Cost: 5.76, Seconds: 90.5}
	return report.Report{
		Verb: "apply", Manifests: []string{manifest, "jobs/bad.yaml"},
		Cases: []report.Case{
			job("heat/n=1", report.Passed, "unchanged", ""),
			failed,
			job("heat/n=3", report.Broken, "not finished", "the upload was refused"),
			job("mean", report.Skipped, "blocked", "heat/n=2 failed"),
			job("later", report.Skipped, "running", ""),
			job("checked", report.Failed, "success-check-failed", `log lacks "End"`),
			{Name: "elsewhere", State: report.Passed},
		},
		Problems: []report.Problem{
			{Place: report.Place{File: "jobs/bad.yaml", Line: 3, Col: 1}, Rule: "unknown-key", Message: `unknown key "foo"`, Hint: "did you mean name?"},
			{Rule: "missing-secret", Message: "in no file"},
		},
		Troubles: []report.Trouble{{Message: "no network", Hints: []string{"try again"}}, {Message: "disk full"}},
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	got, err := junit.Write(outcomes())
	if err != nil {
		t.Fatal(err)
	}
	golden.Equal(t, "testdata/outcomes.golden.xml", got)
}

// TestSchema lets a validator of others read what is written.
func TestSchema(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("xmllint")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("xmllint is missing; Debian has it in libxml2-utils")
		}
		t.Skip("needs xmllint")
	}
	for name, r := range map[string]report.Report{"outcomes": outcomes(), "nothing": {Verb: "plan"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := junit.Write(r)
			if err != nil {
				t.Fatal(err)
			}
			lint := exec.CommandContext(t.Context(), program, "--noout", "--schema", "testdata/junit.xsd", "-")
			lint.Stdin = bytes.NewReader(text)
			if out, err := lint.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s\n%s", err, out, text)
			}
		})
	}
}

func TestLogIsBounded(t *testing.T) {
	t.Parallel()
	r := outcomes()
	for range 1000 {
		r.Cases[1].Log = append(r.Cases[1].Log, strings.Repeat("x", 1<<16))
	}
	text, err := junit.Write(r)
	if err != nil || len(text) > 1<<18 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

// FuzzText puts the bytes of a log everywhere: what comes out is XML of the same shape.
func FuzzText(f *testing.F) {
	f.Add("plain")
	f.Add("\x00\x08\x0b\x1b[2J\x7f\u0085\u009f\ufffe\uffff\xed\xa0\x80\xff ]]> <a b='\"&")
	f.Fuzz(func(t *testing.T, evil string) {
		r := outcomes().Through(func(string) string { return evil })
		for i := range r.Cases {
			r.Cases[i].Word, r.Cases[i].Log = evil, []string{evil, evil}
		}
		text, err := junit.Write(r)
		if err != nil {
			t.Fatal(err)
		}
		cases := 0
		decoder := xml.NewDecoder(bytes.NewReader(text))
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			if start, ok := token.(xml.StartElement); ok && start.Name.Local == "testcase" {
				cases++
			}
		}
		if want := len(r.Cases) + len(r.Problems) + len(r.Troubles); cases < want {
			t.Errorf("%d cases, want %d\n%s", cases, want, text)
		}
	})
}
