package state_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rescale-apply/rescale-apply/internal/state"
)

func TestSnapshotOfAStory(t *testing.T) {
	t.Parallel()
	s := read(t, write(t, story()))
	same(t, map[string][]state.File{sumA: {{Name: "deck.k", SHA512: sumA, Size: 12, ID: "fileA"}}}, s.Files)
	wantRuns := map[string][]state.Run{
		"polar/aoa=2": {
			{
				Job: "polar/aoa=2", Key: "k1", Digest: "d1", Since: clock(1), ID: "jobA", Stage: state.StageFinished,
				Parts:  []state.Part{{Field: "command", Value: "sh <run> && \"ls\""}, {Field: "input deck.k", Value: sumA}},
				Status: "Executing", StatusAt: clock(2), Verdict: "failed", Reason: "A run failed",
				Started: clock(4), Ended: clock(5), CoreHours: 4.2, Cost: 0.76,
			},
			{
				Job: "polar/aoa=2", Key: "k3", Digest: "d1", Attempt: 1, Since: clock(6), ID: "jobC", Stage: state.StageSubmitted,
				Outputs: []state.Output{{Path: "forces.csv", Size: 7, SHA512: sumB}}, OutputsTo: "results/aoa=2",
			},
		},
		"größe": {{Job: "größe", Key: "k2", Digest: "d2", Generation: 3, Since: clock(3), Stage: state.StageCreating}},
	}
	if diff := cmp.Diff(wantRuns, s.Runs, cmpopts.IgnoreFields(state.Run{}, "SubmittedAt", "SubmittingAt")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	last, found := s.Last("polar/aoa=2")
	same(t, []any{"k3", true, true}, []any{last.Key, found, time.Since(last.SubmittedAt) < time.Hour})
	first, found := s.Find("k1")
	same(t, []any{"jobA", true}, []any{first.ID, found})
	same(t, []string{"größe", "polar/aoa=2"}, s.Jobs())
	same(t, s.Runs["größe"], s.Unresolved())
	_, noJob := s.Last("none")
	_, noKey := s.Find("none")
	_, noFile := s.File(sumA, "other.k")
	same(t, []bool{false, false, false}, []bool{noJob, noKey, noFile})
}

// A run is created, maybe again, and costs money once.
func TestTransitions(t *testing.T) {
	t.Parallel()
	creating := state.Record{Kind: state.KindCreating, Job: "a", Key: "k", Digest: "d", Since: clock(5)}
	later, earlier := creating, creating
	later.Since, earlier.Since = clock(9), time.Time{}
	created := state.Record{Kind: state.KindCreated, Job: "a", Key: "k", ID: "1"}
	adopted := state.Record{Kind: state.KindCreated, Job: "a", Key: "k", ID: "2"}
	submitting := state.Record{Kind: state.KindSubmitting, Job: "a", Key: "k", ID: "1"}
	submitted := state.Record{Kind: state.KindSubmitted, Job: "a", Key: "k", ID: "1"}
	other := state.Record{Kind: state.KindSubmitted, Job: "a", Key: "k", ID: "2"}
	status := state.Record{Kind: state.KindStatus, Job: "a", ID: "1", Status: "Queued"}
	finished := state.Record{Kind: state.KindFinished, Job: "a", Key: "k", ID: "1", Verdict: "succeeded"}
	downloaded := state.Record{Kind: state.KindDownloaded, Job: "a", ID: "1", To: "."}
	forgot := state.Record{Kind: state.KindForgot, Job: "a"}
	upload := state.Record{Kind: state.KindUploading, File: state.File{Name: "f", SHA512: sumA}}
	uploaded := state.Record{Kind: state.KindUploaded, File: state.File{Name: "f", SHA512: sumA, ID: "x"}}

	for name, tc := range map[string]struct {
		before []state.Record
		last   state.Record
		wrong  string // the error's cause; empty = fine
	}{
		"created without creating":         {nil, created, `the journal has no such run`},
		"submitting without created":       {[]state.Record{creating}, submitting, `the run is creating`},
		"submitted without created":        {[]state.Record{creating}, submitted, `the run is creating`},
		"submitted another":                {[]state.Record{creating, created}, other, `the run is "1", not "2"`},
		"status before submitted":          {[]state.Record{creating, created}, status, `the run is created`},
		"finished before submitted":        {[]state.Record{creating, created, submitting}, finished, `the run is submitting`},
		"created after submitted":          {[]state.Record{creating, created, submitted}, adopted, `the run is submitted`},
		"creating after submitted":         {[]state.Record{creating, created, submitted}, creating, `the run of this key is submitted as 1`},
		"creating after finished":          {[]state.Record{creating, created, submitted, finished}, creating, `the run of this key is finished as 1`},
		"downloaded before submitted":      {[]state.Record{creating, created}, downloaded, `the run is created`},
		"forgot nothing":                   {nil, forgot, `the job has no run`},
		"no digest":                        {nil, state.Record{Kind: state.KindCreating, Job: "a", Key: "k"}, `digest is missing`},
		"no id":                            {[]state.Record{creating}, state.Record{Kind: state.KindCreated, Job: "a", Key: "k"}, `id is missing`},
		"no file id":                       {nil, state.Record{Kind: state.KindUploaded, File: upload.File}, `file.id is missing`},
		"no folder":                        {nil, state.Record{Kind: state.KindDownloaded, Job: "a", ID: "1"}, `to is missing`},
		"negative attempt":                 {nil, state.Record{Kind: state.KindCreating, Job: "a", Key: "k", Digest: "d", Attempt: -1}, `negative number`},
		"negative differ":                  {nil, state.Record{Kind: state.KindCreating, Job: "a", Key: "k", Digest: "d", Differ: -1}, `negative number`},
		"unknown kind":                     {nil, state.Record{Kind: "melted"}, `unknown kind "melted"`},
		"zero record":                      {nil, state.Record{}, `unknown kind ""`},
		"creating again":                   {[]state.Record{creating}, later, ""},
		"creating anew, draft vanished":    {[]state.Record{creating, created, submitting}, earlier, ""},
		"adopting":                         {[]state.Record{creating, created, submitting}, adopted, ""},
		"adopted is submitted":             {[]state.Record{creating, created, adopted}, other, ""},
		"submitting again after a crash":   {[]state.Record{creating, created, submitting}, submitting, ""},
		"submitted twice":                  {[]state.Record{creating, created, submitted}, submitted, ""},
		"finished twice":                   {[]state.Record{creating, created, submitted, finished}, finished, ""},
		"downloaded after finished":        {[]state.Record{creating, created, submitted, finished}, downloaded, ""},
		"creating after forgot":            {[]state.Record{creating, created, submitted, forgot}, creating, ""},
		"uploaded without uploading":       {nil, uploaded, ""},
		"empty file":                       {nil, upload, ""},
		"uploading again: platform's gone": {[]state.Record{upload, uploaded}, upload, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := open(t, filepath.Join(t.TempDir(), "s"))
			for _, r := range tc.before {
				if err := j.Append(r); err != nil {
					t.Fatal(err)
				}
			}
			before := j.Snapshot()
			err := j.Append(tc.last)
			if tc.wrong == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var wrong *state.RecordError
			if !errors.As(err, &wrong) {
				t.Fatalf("got %v, want a RecordError", err)
			}
			same(t, tc.wrong, wrong.Err.Error())
			same(t, before, j.Snapshot())
		})
	}
}

// The commit is that of whoever submits last; of a run that another has started it is not
// known until the platform shows it.
func TestCommitOfARun(t *testing.T) {
	t.Parallel()
	creating := state.Record{Kind: state.KindCreating, Job: "a", Key: "k", Digest: "d"}
	created := state.Record{Kind: state.KindCreated, Job: "a", Key: "k", ID: "1"}
	submitting := state.Record{Kind: state.KindSubmitting, Job: "a", Key: "k", ID: "1", Commit: "c1", Differ: 2}
	again := state.Record{Kind: state.KindSubmitting, Job: "a", Key: "k", ID: "1", Commit: "c2"}
	submitted := state.Record{Kind: state.KindSubmitted, Job: "a", Key: "k", ID: "1"}
	adopted := state.Record{Kind: state.KindCreated, Job: "a", Key: "k", ID: "2"}
	found := state.Record{Kind: state.KindSubmitted, Job: "a", Key: "k", ID: "2", Commit: "c3", Differ: 1}
	for name, tc := range map[string]struct {
		records []state.Record
		commit  string
		differ  int
	}{
		"a draft":              {[]state.Record{creating, created}, "", 0},
		"submitted":            {[]state.Record{creating, created, submitting, submitted}, "c1", 2},
		"submitted once more":  {[]state.Record{creating, created, submitting, again, submitted}, "c2", 0},
		"found as it was":      {[]state.Record{creating, created, submitting, created}, "c1", 2},
		"created again":        {[]state.Record{creating, created, submitting, creating, created}, "", 0},
		"another's":            {[]state.Record{creating, created, submitting, adopted}, "", 0},
		"another's that shows": {[]state.Record{creating, created, submitting, adopted, found}, "c3", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run, _ := read(t, write(t, tc.records)).Last("a")
			same(t, []any{tc.commit, tc.differ}, []any{run.Commit, run.Differ})
		})
	}
}

func TestCreatingKeepsTheEarliestSince(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ first, second, want time.Time }{
		"later":          {clock(5), clock(9), clock(5)},
		"earlier":        {clock(5), clock(2), clock(2)},
		"first unknown":  {time.Time{}, clock(9), time.Time{}},
		"second unknown": {clock(5), time.Time{}, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := state.Record{Kind: state.KindCreating, Job: "a", Key: "k", Digest: "d", Since: tc.first}
			again := r
			again.Since = tc.second
			s := read(t, write(t, []state.Record{r, {Kind: state.KindCreated, Job: "a", Key: "k", ID: "1"}, again}))
			run, _ := s.Last("a")
			same(t, state.Run{Job: "a", Key: "k", Digest: "d", Since: tc.want, Stage: state.StageCreating}, run)
		})
	}
}

func TestTheSameContentUnderTwoNames(t *testing.T) {
	t.Parallel()
	a := state.File{Name: "a.k", SHA512: sumA, Size: 1, ID: "A"}
	b := state.File{Name: "b.k", SHA512: sumA, Size: 1, ID: "B"}
	again := state.File{Name: "a.k", SHA512: sumA, Size: 1}
	s := read(t, write(t, []state.Record{
		{Kind: state.KindUploaded, File: a}, {Kind: state.KindUploaded, File: b}, {Kind: state.KindUploading, File: a},
	}))
	same(t, map[string][]state.File{sumA: {again, b}}, s.Files)
	got, found := s.File(sumA, "b.k")
	same(t, []any{b, true}, []any{got, found})
}

func TestForgotDropsAllRuns(t *testing.T) {
	t.Parallel()
	s := read(t, write(t, append(story(), state.Record{Kind: state.KindForgot, Job: "polar/aoa=2"})))
	same(t, []string{"größe"}, s.Jobs())
	same(t, false, s.New)
}

func TestForgotOfAKeyDropsItsRun(t *testing.T) {
	t.Parallel()
	s := read(t, write(t, story()))
	first, second := s.Runs["polar/aoa=2"][0], s.Runs["polar/aoa=2"][1]
	s = s.With(state.Record{Kind: state.KindForgot, Job: "polar/aoa=2", Key: first.Key})
	same(t, []state.Run{second}, s.Runs["polar/aoa=2"])
	s = s.With(state.Record{Kind: state.KindForgot, Job: "polar/aoa=2", Key: second.Key})
	same(t, []string{"größe"}, s.Jobs())
}

func TestSnapshotSharesNothing(t *testing.T) {
	t.Parallel()
	j := open(t, filepath.Join(t.TempDir(), "s"))
	records := story()
	for _, r := range records {
		if err := j.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	want := j.Snapshot()
	records[2].Parts[0].Value = "changed by the caller"
	spoiled := j.Snapshot()
	spoiled.Runs["polar/aoa=2"][0].Parts[0].Value = "changed"
	spoiled.Runs["polar/aoa=2"][1].Outputs[0].Path = "changed"
	spoiled.Files[sumA][0].ID = "changed"
	delete(spoiled.Runs, "größe")
	same(t, want, j.Snapshot())
}

// TestARunIsAllThatWasRecordedOfIt, step by step.
func TestARunIsAllThatWasRecordedOfIt(t *testing.T) {
	t.Parallel()
	parts, outputs := []state.Part{{Field: "command", Value: "ls"}}, []state.Output{{Path: "a.csv", Size: 2, SHA512: sumA}}
	run := state.Run{
		Job: "a", Key: "k", Digest: "d", Parts: parts, Generation: 2, Attempt: 3, Since: clock(1), Stage: state.StageCreating, Upstream: "1.1:mesh",
	}
	var snapshot state.Snapshot
	for _, step := range []struct {
		record state.Record
		makes  func()
	}{
		{
			record: state.Record{Kind: state.KindCreating, Job: "a", Key: "k", Digest: "d", Parts: parts, Generation: 2, Attempt: 3, Since: clock(1), Upstream: "1.1:mesh"},
			makes:  func() {},
		},
		{
			record: state.Record{Kind: state.KindCreated, Job: "a", Key: "k", ID: "j0", Inserted: clock(1)},
			makes:  func() { run.Stage, run.ID, run.Inserted = state.StageCreated, "j0", clock(1) },
		},
		{record: state.Record{Kind: state.KindCreated, Job: "a", Key: "k", ID: "j0"}, makes: func() {}},
		{
			record: state.Record{Kind: state.KindCreated, Job: "a", Key: "k", ID: "j1", Upstream: "2.1:mesh"},
			makes:  func() { run.ID, run.Upstream, run.Inserted = "j1", "2.1:mesh", time.Time{} },
		},
		{
			record: state.Record{Kind: state.KindCreated, Job: "a", Key: "k", ID: "j1", Inserted: clock(2)},
			makes:  func() { run.Inserted = clock(2) },
		},
		{
			record: state.Record{Kind: state.KindSubmitting, At: clock(2), Job: "a", Key: "k", ID: "j1"},
			makes:  func() { run.Stage, run.SubmittingAt = state.StageSubmitting, clock(2) },
		},
		{
			record: state.Record{Kind: state.KindSubmitted, At: clock(3), Job: "a", Key: "k", ID: "j1"},
			makes:  func() { run.Stage, run.SubmittedAt = state.StageSubmitted, clock(3) },
		},
		{record: state.Record{Kind: state.KindSubmitted, At: clock(4), Job: "a", Key: "k", ID: "j1"}, makes: func() {}},
		{
			record: state.Record{Kind: state.KindStatus, Job: "a", ID: "j1", Status: "Executing", Reason: "why", StatusAt: clock(5)},
			makes:  func() { run.Status, run.Reason, run.StatusAt = "Executing", "why", clock(5) },
		},
		{
			record: state.Record{
				Kind: state.KindFinished, Job: "a", Key: "k", ID: "j1", Verdict: "failed", Reason: "because", Checks: "files",
				Started: clock(6), Ended: clock(7), CoreHours: 4.2, Cost: 0.76,
			},
			makes: func() {
				run.Stage, run.Verdict, run.Reason, run.Checks = state.StageFinished, "failed", "because", "files"
				run.Started, run.Ended, run.CoreHours, run.Cost = clock(6), clock(7), 4.2, 0.76
			},
		},
		{
			record: state.Record{Kind: state.KindDownloaded, Job: "a", ID: "j1", To: "results", Outputs: outputs, Selection: "*.csv"},
			makes:  func() { run.Outputs, run.OutputsTo, run.Selection = outputs, "results", "*.csv" },
		},
	} {
		snapshot = snapshot.With(step.record)
		step.makes()
		got, _ := snapshot.Last("a")
		same(t, run, got)
	}
	// A record that makes no sense is left out, and what it stands among is not.
	with := snapshot.With(state.Record{Kind: state.KindCreated, Job: "a", Key: "k", ID: "j2"}, state.Record{Kind: state.KindForgot, Job: "a"})
	same(t, 0, len(with.Runs))
	same(t, []string{"a"}, snapshot.Jobs())
}

// TestARunIsFoundByItsKeyOrItsID: another run of the job is not meant.
func TestARunIsFoundByItsKeyOrItsID(t *testing.T) {
	t.Parallel()
	var snapshot state.Snapshot
	for _, n := range []string{"1", "2"} {
		snapshot = snapshot.With(
			state.Record{Kind: state.KindCreating, Job: "a", Key: "k" + n, Digest: "d"},
			state.Record{Kind: state.KindCreated, Job: "a", Key: "k" + n, ID: "j" + n},
			state.Record{Kind: state.KindSubmitted, Job: "a", Key: "k" + n, ID: "j" + n},
		)
	}
	snapshot = snapshot.With(
		state.Record{Kind: state.KindStatus, Job: "a", ID: "j1", Status: "Completed"},
		state.Record{Kind: state.KindFinished, Job: "a", Key: "k1", ID: "j1", Verdict: "failed"},
		state.Record{Kind: state.KindStatus, Job: "a", ID: "j2", Status: "Queued"},
		state.Record{Kind: state.KindCreating, Job: "b", Key: "k3", Digest: "d"},
	)
	for _, test := range []struct {
		key                 string
		id, status, verdict string
		stage               state.Stage
		found               bool
	}{
		{key: "k1", id: "j1", status: "Completed", verdict: "failed", stage: state.StageFinished, found: true},
		{key: "k2", id: "j2", status: "Queued", stage: state.StageSubmitted, found: true},
		{key: "k3", stage: state.StageCreating, found: true},
		{key: "k4"},
	} {
		run, found := snapshot.Find(test.key)
		same(t, []any{test.id, test.status, test.verdict, test.stage, test.found}, []any{run.ID, run.Status, run.Verdict, run.Stage, found})
	}
	_, found := snapshot.Last("c")
	same(t, false, found)
	same(t, []string{"a", "b"}, snapshot.Jobs())
	open := snapshot.Unresolved()
	same(t, []string{"k3"}, []string{open[0].Key})
	same(t, 1, len(open))
}
