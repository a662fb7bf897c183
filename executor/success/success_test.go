package success_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// run holds the outputs of one job: one list for each look, the last one for all
// further looks, and contents by file id.
type run struct {
	looks    [][]rescale.File
	errs     []error // of looks, in their order
	contents map[string]string
	slow     bool           // one byte at a time
	missing  map[string]int // how often the content of a file cannot be found
	reads    []string
	listed   int
}

func (r *run) JobFiles(ctx context.Context, _, _ string) ([]rescale.File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n := r.listed
	r.listed++
	if n < len(r.errs) && r.errs[n] != nil {
		return nil, r.errs[n]
	}
	return r.looks[min(n, len(r.looks)-1)], nil
}

func (r *run) Download(ctx context.Context, id string, _ rescale.Span) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r.reads = append(r.reads, id)
	if r.missing[id] > 0 {
		r.missing[id]--
		return nil, &rescale.Error{Status: http.StatusNotFound}
	}
	var body io.Reader = strings.NewReader(r.contents[id])
	if r.slow {
		body = iotest.OneByteReader(body)
	}
	return io.NopCloser(body), nil
}

// left makes the outputs of a run out of paths and contents; a path that begins with
// a run's name is of that run.
func left(pairs ...string) *run {
	r := &run{looks: make([][]rescale.File, 1), contents: make(map[string]string)}
	for i := 0; i < len(pairs); i += 2 {
		folder, path, several := strings.Cut(pairs[i], ":")
		if !several {
			folder, path = "run1", pairs[i]
		}
		id := fmt.Sprintf("f%d", i/2)
		r.contents[id] = pairs[i+1]
		r.looks[0] = append(r.looks[0], rescale.File{
			ID: id, Name: path, RelativePath: path, Path: "user/output/job_J/" + folder + "/" + path, Size: int64(len(pairs[i+1])), Complete: true,
		})
	}
	return r
}

// change makes another list out of the last one.
func (r *run) change(f func(*rescale.File)) []rescale.File {
	list := append([]rescale.File(nil), r.looks[len(r.looks)-1]...)
	for i := range list {
		f(&list[i])
	}
	return list
}

const log = "process_output.log"

// TestAnInputIsNoOutput: the platform may list the files that a run was given among
// those that it left.
func TestAnInputIsNoOutput(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := left(log, "", "forces.csv", "0")
		r.looks[0][1].Type = rescale.InputFile
		failed, err := success.Examiner{Platform: r}.Examine(t.Context(), "J", success.Checks{Files: []string{"*.csv"}})
		if diff := cmp.Diff([]string{`no output file matches "*.csv"`}, failed); diff != "" || err != nil {
			t.Errorf("%v (-want +got)\n%s", err, diff)
		}
	})
}

func TestExamine(t *testing.T) {
	t.Parallel()
	says := func(contains, lacks string) success.Checks {
		l := success.Log{File: log}
		if contains != "" {
			l.Contains = []string{contains}
		}
		if lacks != "" {
			l.Lacks = []string{lacks}
		}
		return success.Checks{Logs: []success.Log{l}}
	}
	exit := success.Checks{ExitCode: "exit.txt"}
	for name, tc := range map[string]struct {
		run    *run
		checks success.Checks
		want   []string
	}{
		"a pattern in any folder":     {left(log, "", "post/forces.csv", "1"), success.Checks{Files: []string{"*.csv", "post/**"}}, nil},
		"each pattern must match":     {left(log, "", "a.csv", ""), success.Checks{Files: []string{"*.csv", "*.vtk", "post/**"}}, []string{`no output file matches "*.vtk"`, `no output file matches "post/**"`}},
		"the log says the end":        {left(log, "step 1\nEnd\n"), says("End", "FATAL"), nil},
		"the log lacks the end":       {left(log, "step 1\nend\n"), says("End", "FATAL"), []string{`log process_output.log lacks "End"`}},
		"the log has an error":        {left(log, "FOAM FATAL ERROR\nEnd\n"), says("End", "FATAL"), []string{`log process_output.log contains "FATAL"`}},
		"an empty log lacks all":      {left(log, ""), says("", "FATAL"), nil},
		"an empty log has no end":     {left(log, ""), says("End", ""), []string{`log process_output.log lacks "End"`}},
		"another log":                 {left(log, "", "case/log.a", "NaN"), success.Checks{Logs: []success.Log{{File: "case/log.a", Lacks: []string{"NaN"}}}}, []string{`log case/log.a contains "NaN"`}},
		"another log that is missing": {left(log, "", "log.a", ""), success.Checks{Logs: []success.Log{{File: "case/log.a", Lacks: []string{"NaN"}}}}, []string{`log case/log.a is not among the outputs`}},
		"exit code 0":                 {left(log, "", "exit.txt", " 0\r\n"), exit, nil},
		"exit code 3":                 {left(log, "", "exit.txt", "3\n"), exit, []string{"exit code 3 in exit.txt"}},
		"exit code -1":                {left(log, "", "exit.txt", "-1"), exit, []string{"exit code -1 in exit.txt"}},
		"no exit code":                {left(log, "", "exit.txt", "\n"), exit, []string{"exit.txt is empty, and should hold an exit code"}},
		"words for an exit code":      {left(log, "", "exit.txt", "all \x1b[31mgood"), exit, []string{`exit.txt holds "all \x1b[31mgood", and not an exit code`}},
		"a large exit code":           {left(log, "", "exit.txt", strings.Repeat("0", 101)), exit, []string{"exit.txt has 101 bytes, too many for an exit code"}},
		"no file of an exit code":     {left(log, ""), exit, []string{"exit code file exit.txt is not among the outputs"}},
		"everything is told": {
			left(log, "FATAL", "exit.txt", "1"),
			success.Checks{Files: []string{"a.csv"}, Logs: says("End", "FATAL").Logs, ExitCode: "exit.txt"},
			[]string{
				`no output file matches "a.csv"`, `log process_output.log lacks "End"`, `log process_output.log contains "FATAL"`, "exit code 1 in exit.txt",
			},
		},
		"each of several runs must pass": {
			left("run1:"+log, "End", "run2:"+log, "Enc", "run2:exit.txt", "0", "run1:exit.txt", "0"),
			success.Checks{Logs: says("End", "").Logs, ExitCode: "exit.txt"},
			[]string{`run2: log process_output.log lacks "End"`},
		},
		"each of several runs has its files": {
			left("run1:"+log, "", "run2:"+log, "", "run1:a.csv", ""),
			success.Checks{Files: []string{"a.csv"}},
			[]string{`run2: no output file matches "a.csv"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, slow := range []bool{false, true} {
				tc.run.slow = slow
				got, err := success.Examiner{Platform: tc.run, Pause: time.Nanosecond}.Examine(t.Context(), "J", tc.checks)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("one byte at a time: %v; (-want +got)\n%s", slow, diff)
				}
			}
		})
	}
}

// A file that is not listed at once is waited for; one that does not come in several
// looks at a list that stands still is missing.
func TestLateOutputs(t *testing.T) {
	t.Parallel()
	checks := success.Checks{Files: []string{"a.csv"}, Logs: []success.Log{{File: log, Contains: []string{"End"}}}}
	whole := left(log, "End", "a.csv", "1")
	onlyLog := whole.looks[0][:1]
	stored := whole.change(func(f *rescale.File) { f.Complete = f.Name == log })
	for name, tc := range map[string]struct {
		looks  [][]rescale.File
		errs   []error
		gone   map[string]int
		failed []string
		listed int
	}{
		"at once":                  {looks: whole.looks, listed: 1},
		"an empty list first":      {looks: [][]rescale.File{nil, nil, nil, nil, nil, whole.looks[0]}, listed: 6},
		"the log first":            {looks: [][]rescale.File{onlyLog, onlyLog, whole.looks[0]}, listed: 3},
		"only the log":             {looks: [][]rescale.File{nil, onlyLog, onlyLog, onlyLog}, failed: []string{`no output file matches "a.csv"`}, listed: 4},
		"the file without the log": {looks: [][]rescale.File{whole.looks[0][1:], whole.looks[0][1:], whole.looks[0][1:], whole.looks[0]}, listed: 4},
		"still being stored":       {looks: [][]rescale.File{stored, stored, stored, stored, whole.looks[0]}, listed: 5},
		"no such job for a while":  {looks: whole.looks, errs: []error{&rescale.Error{Status: http.StatusNotFound}, errors.New("reset")}, listed: 3},
		"no content for a while":   {looks: whole.looks, gone: map[string]int{"f0": 2}, listed: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := &run{looks: tc.looks, errs: tc.errs, contents: whole.contents, missing: tc.gone}
				start := time.Now()
				failed, err := success.Examiner{Platform: r, Looks: 25, Pause: 5 * time.Second}.Examine(t.Context(), "J", checks)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.failed, failed); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				if r.listed != tc.listed || time.Since(start) != time.Duration(tc.listed-1)*5*time.Second {
					t.Errorf("%d looks in %v, want %d", r.listed, time.Since(start), tc.listed)
				}
			})
		})
	}
}

// What cannot be known is neither a failure nor a success.
func TestUnknownSuccess(t *testing.T) {
	t.Parallel()
	checks := success.Checks{Files: []string{"a.csv"}, Logs: []success.Log{{File: log, Lacks: []string{"FATAL"}}}}
	whole := left(log, "all good", "a.csv", "1")
	longer := whole.change(func(f *rescale.File) { f.Size++ })
	deleted := whole.change(func(f *rescale.File) { f.Deleted = true })
	refused := &rescale.Error{Status: http.StatusUnauthorized}
	for name, tc := range map[string]struct {
		run    *run
		looks  int
		words  string
		gone   bool
		listed int
	}{
		"an empty list":        {&run{looks: [][]rescale.File{nil}}, 25, "the platform does not list all of its outputs yet", false, 25},
		"no log":               {&run{looks: [][]rescale.File{whole.looks[0][1:]}}, 25, "the platform does not list all of its outputs yet", false, 25},
		"no such job":          {&run{looks: whole.looks, errs: slicesOf(25, &rescale.Error{Status: http.StatusNotFound})}, 25, "404", false, 25},
		"no content":           {&run{looks: whole.looks, missing: map[string]int{"f0": 99}}, 25, "reading process_output.log: ", false, 25},
		"less content":         {&run{looks: [][]rescale.File{longer}, contents: whole.contents}, 25, "reading process_output.log: the platform sent 8 of 9 bytes", false, 25},
		"a few looks":          {&run{looks: [][]rescale.File{nil}}, 0, "yet", false, 3},
		"a log deleted since":  {&run{looks: [][]rescale.File{deleted}}, 25, "process_output.log was deleted on the platform", true, 1},
		"a list that moves on": {moving(whole.looks[0][:1], 25), 25, `yet: no output file matches "a.csv"`, false, 25},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				failed, err := success.Examiner{Platform: tc.run, Looks: tc.looks}.Examine(t.Context(), "J", checks)
				var unknown *success.UnknownError
				if !errors.As(err, &unknown) || len(failed) > 0 {
					t.Fatalf("failed %q, error %v", failed, err)
				}
				if !strings.HasPrefix(err.Error(), "checking the success of run J: ") || !strings.Contains(err.Error(), tc.words) || unknown.Gone != tc.gone {
					t.Errorf("error %v, gone %v", err, unknown.Gone)
				}
				if tc.run.listed != tc.listed {
					t.Errorf("%d looks, want %d", tc.run.listed, tc.listed)
				}
			})
		})
	}
	t.Run("a key that no longer works", func(t *testing.T) {
		t.Parallel()
		_, err := success.Examiner{Platform: &run{looks: whole.looks, errs: []error{refused}}}.Examine(t.Context(), "J", checks)
		if !errors.Is(err, refused) || errors.As(err, new(*success.UnknownError)) {
			t.Error(err)
		}
	})
	t.Run("an interrupt", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := success.Examiner{Platform: &run{looks: [][]rescale.File{nil}}}.Examine(ctx, "J", checks)
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func slicesOf(n int, err error) []error {
	list := make([]error, n)
	for i := range list {
		list[i] = err
	}
	return list
}

// moving shows one more file at every look.
func moving(first []rescale.File, looks int) *run {
	r := &run{looks: [][]rescale.File{first}}
	for n := range looks {
		more := rescale.File{ID: fmt.Sprintf("m%d", n), RelativePath: fmt.Sprintf("%d.vtk", n), Complete: true}
		r.looks = append(r.looks, append(append([]rescale.File(nil), r.looks[n]...), more))
	}
	return r
}

// A run that failed already is not looked at, nor one without checks.
func TestJudgeLooksOnlyWhereItCounts(t *testing.T) {
	t.Parallel()
	checks := success.Checks{Logs: []success.Log{{File: log, Contains: []string{"End"}}}}
	good := verdict.Judgement{Verdict: verdict.Succeeded, Reason: "Completed successfully"}
	bad := verdict.Judgement{Verdict: verdict.Failed, Reason: "A run failed"}
	for name, tc := range map[string]struct {
		judged verdict.Judgement
		checks success.Checks
		want   verdict.Judgement
		listed int
	}{
		"failed":     {bad, checks, bad, 0},
		"no checks":  {good, success.Checks{}, good, 0},
		"not passed": {good, checks, verdict.Judgement{Verdict: verdict.SuccessCheckFailed, Reason: `log process_output.log lacks "End"`}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := left(log, "no")
			got, err := success.Examiner{Platform: r}.Judge(t.Context(), "J", tc.judged, tc.checks)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || r.listed != tc.listed {
				t.Errorf("%d looks, (-want +got)\n%s", r.listed, diff)
			}
		})
	}
}

func TestJudgedByTheseChecks(t *testing.T) {
	t.Parallel()
	one, other := success.Checks{Files: []string{"a"}}, success.Checks{Files: []string{"b"}}
	for name, tc := range map[string]struct {
		checks success.Checks
		run    state.Run
		want   bool
	}{
		"the same":                         {one, state.Run{Verdict: "succeeded", Checks: one.String()}, true},
		"others":                           {one, state.Run{Verdict: "succeeded", Checks: other.String()}, false},
		"none before":                      {one, state.Run{Verdict: "succeeded"}, false},
		"fewer do not undo a success":      {success.Checks{}, state.Run{Verdict: "succeeded", Checks: one.String()}, true},
		"fewer may undo a failed check":    {success.Checks{}, state.Run{Verdict: "success-check-failed", Checks: one.String()}, false},
		"the same check failed":            {one, state.Run{Verdict: "success-check-failed", Checks: one.String()}, true},
		"a failure is one whatever is new": {one, state.Run{Verdict: "failed"}, true},
		"a run that is not over":           {one, state.Run{}, true},
	} {
		if got := tc.checks.Judged(tc.run); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
