package outputs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/outputs"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// file is an output of run 1 of job Y.
func file(rel string, change ...func(*rescale.File)) rescale.File {
	f := rescale.File{
		ID: rel, Name: rel[strings.LastIndexByte(rel, '/')+1:], Type: rescale.OutputFile, RelativePath: rel,
		Path: "user/user_X/output/job_Y/run1/" + rel, Complete: true,
	}
	for _, c := range change {
		c(&f)
	}
	return f
}

type change = func(*rescale.File)

func in(run string) change {
	return func(f *rescale.File) { f.Path = strings.Replace(f.Path, "run1", run, 1) }
}

// foreign is a result of another job.
func foreign(f *rescale.File) { f.Path = strings.Replace(f.Path, "job_Y", "job_Z", 1) }

func typed(t rescale.FileType) change { return func(f *rescale.File) { f.Type = t } }

func stored(path string) change { return func(f *rescale.File) { f.Path = path } }

func id(id string) change { return func(f *rescale.File) { f.ID = id } }

func deleted(f *rescale.File) { f.Deleted = true }

func partial(f *rescale.File) { f.Complete = false }

// at is a version of a file: hours after midnight.
func at(hour int) change {
	return func(f *rescale.File) { f.Uploaded = time.Date(2026, 3, 2, hour, 0, 0, 0, time.UTC) }
}

const log = "process_output.log"

// TestRead is the table of what counts as an output, and in which version.
func TestRead(t *testing.T) {
	t.Parallel()
	type seen struct {
		ID, Run string
		State   string // of a file that cannot simply be had
	}
	list := func(files ...rescale.File) []rescale.File { return files }
	for name, tc := range map[string]struct {
		listed []rescale.File
		want   []seen
	}{
		"nothing":                            {list(), nil},
		"outputs in the order of the list":   {list(file("b"), file("a")), []seen{{ID: "b", Run: "run1"}, {ID: "a", Run: "run1"}}},
		"an input":                           {list(file("a"), file("deck.k", typed(rescale.InputFile), stored("user/user_X/deck-1f.k"))), []seen{{ID: "a", Run: "run1"}}},
		"an input stored with the outputs":   {list(file("a"), file("deck.k", typed(rescale.InputFile))), []seen{{ID: "a", Run: "run1"}}},
		"a script":                           {list(file("a"), file("pre.sh", typed(rescale.ScriptFile))), []seen{{ID: "a", Run: "run1"}}},
		"a template and its table":           {list(file("a"), file("t", typed(rescale.TemplateFile)), file("p", typed(rescale.ParamFile))), []seen{{ID: "a", Run: "run1"}}},
		"a file of no type":                  {list(file("a", typed(0))), []seen{{ID: "a", Run: "run1"}}},
		"a checkpoint":                       {list(file("a", typed(11))), []seen{{ID: "a", Run: "run1"}}},
		"a result of another job, given":     {list(file("a"), file("mesh.msh", foreign)), []seen{{ID: "a", Run: "run1"}}},
		"the same path in another job":       {list(file("a", foreign, id("z"), at(9)), file("a", at(1))), []seen{{ID: "a", Run: "run1"}}},
		"paths that never name this job":     {list(file("a", foreign), file("b", foreign)), []seen{{ID: "a", Run: "run1"}, {ID: "b", Run: "run1"}}},
		"no storage path":                    {list(file("a", stored(""))), []seen{{ID: "a", Run: "run1"}}},
		"an input is no second run":          {list(file("a", in("run2")), file("d", typed(rescale.InputFile), stored("user/x"))), []seen{{ID: "a", Run: "run2"}}},
		"two runs":                           {list(file("a", in("run10"), id("10")), file("a", in("run2"), id("2"))), []seen{{ID: "10", Run: "run10"}, {ID: "2", Run: "run2"}}},
		"a folder that is called like one":   {list(file("run7/a")), []seen{{ID: "run7/a", Run: "run1"}}},
		"the newer version":                  {list(file("a", at(1)), file("a", id("new"), at(2))), []seen{{ID: "new", Run: "run1"}}},
		"the newer version first":            {list(file("a", id("new"), at(2)), file("a", at(1))), []seen{{ID: "new", Run: "run1"}}},
		"the older version was deleted":      {list(file("a", deleted, at(1)), file("a", id("new"), at(2))), []seen{{ID: "new", Run: "run1"}}},
		"the newer version was deleted":      {list(file("a", at(1)), file("a", id("new"), at(2), deleted)), []seen{{ID: "new", Run: "run1", State: "deleted"}}},
		"one of two of one time was deleted": {list(file("a", at(1), deleted), file("a", id("other"), at(1))), []seen{{ID: "other", Run: "run1"}}},
		"the newer version is on its way":    {list(file("a", at(1)), file("a", id("new"), at(2), partial)), []seen{{ID: "new", Run: "run1", State: "arriving"}}},
		"it has no date yet":                 {list(file("a", id("new"), partial), file("a", at(1))), []seen{{ID: "new", Run: "run1", State: "arriving"}}},
		"the older version is not whole":     {list(file("a", at(1), partial), file("a", id("new"), at(2))), []seen{{ID: "new", Run: "run1"}}},
		"one of two of one time is whole":    {list(file("a", at(1), partial), file("a", id("other"), at(1))), []seen{{ID: "other", Run: "run1"}}},
		"deleted":                            {list(file("a", deleted)), []seen{{ID: "a", Run: "run1", State: "deleted"}}},
		"bytes that are not UTF-8":           {list(file("caf\ufffd.csv")), []seen{{ID: "caf\ufffd.csv", Run: "run1"}}},
		"two that differ in such bytes": {
			list(file("caf\ufffd.csv", id("1"), at(1)), file("caf\ufffd.csv", id("2"), at(2))),
			[]seen{{ID: "1", Run: "run1", State: "unclear"}, {ID: "2", Run: "run1", State: "unclear"}},
		},
		"such names in two runs": {
			list(file("caf\ufffd.csv", id("1")), file("caf\ufffd.csv", id("2"), in("run2"))),
			[]seen{{ID: "1", Run: "run1"}, {ID: "2", Run: "run2"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []seen
			for _, f := range outputs.Read("Y", tc.listed).Files {
				got = append(got, seen{ID: f.ID, Run: f.Run, State: state(f)})
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func state(f outputs.File) string {
	switch {
	case f.Deleted:
		return "deleted"
	case f.Arriving():
		return "arriving"
	case f.Unclear:
		return "unclear"
	}
	return ""
}

// TestRuns are in the order of their numbers, and each must have printed.
func TestRuns(t *testing.T) {
	t.Parallel()
	r := outputs.Read("Y", []rescale.File{file("a", in("run10")), file(log, in("run10")), file("a", in("run2"))})
	if diff := cmp.Diff([]string{"run2", "run10"}, r.Runs()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if r.Printed() || !r.Of("run10").Printed() || len(r.Of("run2").Files) != 1 {
		t.Errorf("printed: %v; of run10: %v", r.Printed(), r.Of("run10").Printed())
	}
}

// TestSettled is the table of when a list is believed.
func TestSettled(t *testing.T) {
	t.Parallel()
	full, unprinted := []rescale.File{file("a"), file(log)}, []rescale.File{file("a")}
	for name, tc := range map[string]struct {
		looks             [][]rescale.File
		gap               outputs.Gap
		settled, standing bool
	}{
		"no look":                       {nil, outputs.None, false, false},
		"an empty list":                 {[][]rescale.File{nil, nil, nil, nil}, outputs.Missing, false, false},
		"an empty list, asked nothing":  {[][]rescale.File{nil, nil, nil, nil}, outputs.None, false, false},
		"all there":                     {[][]rescale.File{full}, outputs.None, true, false},
		"one is missing":                {[][]rescale.File{full, full}, outputs.Missing, false, false},
		"one is missing for long":       {[][]rescale.File{full, full, full}, outputs.Missing, true, false},
		"one is missing since another":  {[][]rescale.File{unprinted, full, full}, outputs.Missing, false, false},
		"one is still being stored":     {[][]rescale.File{full, full, full, full}, outputs.Arriving, false, false},
		"nothing was printed":           {[][]rescale.File{unprinted, unprinted}, outputs.None, false, false},
		"nothing was printed for long":  {[][]rescale.File{unprinted, unprinted, unprinted}, outputs.None, false, true},
		"and one is missing":            {[][]rescale.File{unprinted, unprinted, unprinted}, outputs.Missing, false, false},
		"what was printed was deleted":  {[][]rescale.File{{file("a"), file(log, deleted)}}, outputs.None, true, false},
		"one has become whole meantime": {[][]rescale.File{{file("a", partial), file(log)}, full, full}, outputs.Missing, false, false},
		"one has grown meantime": {
			[][]rescale.File{{file("a", func(f *rescale.File) { f.Size = 1 }), file(log)}, full, full}, outputs.Missing, false, false,
		},
		"the order is another": {[][]rescale.File{full, {file(log), file("a")}, full}, outputs.Missing, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var looks outputs.Looks
			for _, listed := range tc.looks {
				looks.Add(outputs.Read("Y", listed))
			}
			if settled, standing := looks.Settled(tc.gap), looks.Standing(tc.gap); settled != tc.settled || standing != tc.standing {
				t.Errorf("settled: %v, standing: %v", settled, standing)
			}
		})
	}
}
