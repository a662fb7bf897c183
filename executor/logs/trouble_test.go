package logs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/logs"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// fake is a platform with one job, whose log grows with each look at it. When all was
// seen, the job is over, and some looks later its file is stored.
type fake struct {
	logs.Source

	looks   []string // the log at each look
	seen    int
	late    int           // looks at the stored files that show none
	size    int           // longest answer to a tail, in bytes; 0: any
	noSpans bool          // whole files only
	errs    map[int]error // of looks at the status
	status  int           // looks at it
	asked   []int         // lines
	stored  string        // instead of the last look
}

func (f *fake) Statuses(ctx context.Context, _ string) ([]rescale.Status, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if f.status++; f.errs[f.status] != nil {
		return nil, f.errs[f.status]
	}
	history := []rescale.Status{{Status: "Executing", Date: time.Now()}, {Status: "Pending", Date: time.Now()}}
	if f.seen >= len(f.looks) {
		history = append([]rescale.Status{{Status: "Completed", Reason: "Completed successfully"}}, history...)
	}
	return history, nil
}

func (f *fake) Tail(ctx context.Context, _, _, _ string, lines int) ([]string, error) {
	f.asked = append(f.asked, lines)
	all := strings.Split(strings.TrimSuffix(f.looks[min(f.seen, len(f.looks)-1)], "\n"), "\n")
	window := all[max(0, len(all)-lines):]
	if f.size > 0 && len(strings.Join(window, "\n")) > f.size {
		return nil, fmt.Errorf("tail: %w", rescale.ErrTailTooLong)
	}
	return window, ctx.Err()
}

// Runs is asked when nothing new is there.
func (f *fake) Runs(ctx context.Context, _ string) ([]rescale.Run, error) {
	return []rescale.Run{{ID: "1"}}, ctx.Err()
}

func (f *fake) JobFiles(ctx context.Context, _, search string) ([]rescale.File, error) {
	decoy := rescale.File{ID: "no", Name: "my_process_output.log", RelativePath: "my_process_output.log", Path: "job_X/run1/a", Complete: true}
	if f.late--; f.late >= 0 {
		return []rescale.File{decoy}, ctx.Err()
	}
	file := rescale.File{
		ID: "log", Name: "process_output.log", RelativePath: "process_output.log", Path: "u/job_X/run1/process_output.log",
		Size: int64(len(f.text())), Complete: true,
	}
	if !strings.Contains(file.Name, search) {
		return nil, ctx.Err()
	}
	return []rescale.File{decoy, file}, ctx.Err()
}

func (f *fake) text() string {
	if f.stored != "" {
		return f.stored
	}
	return f.looks[len(f.looks)-1]
}

func (f *fake) Download(ctx context.Context, id string, span rescale.Span) (io.ReadCloser, error) {
	if id != "log" {
		return nil, errors.New("another file is asked for")
	}
	if f.noSpans && span != (rescale.Span{}) {
		return nil, rescale.ErrNoSpans
	}
	return io.NopCloser(strings.NewReader(f.text()[span.Start:])), ctx.Err()
}

// text is lines with these numbers.
func text(from, to int) string { return strings.Join(numbered(from, to), "\n") + "\n" }

// follow follows the log.
func (f *fake) follow(t *testing.T, tail int) ([]string, logs.Ending, error) {
	t.Helper()
	var p printed
	log := logs.Log{Platform: stepping{f}, ID: "X", Tail: tail, Print: p.print, Random: func() float64 { return 0.5 }}
	ending, err := log.Follow(t.Context())
	return p.lines, ending, err
}

// stepping is a fake whose log grows between two looks at the status.
type stepping struct{ *fake }

// Statuses lets the log grow.
func (s stepping) Statuses(ctx context.Context, id string) ([]rescale.Status, error) {
	history, err := s.fake.Statuses(ctx, id)
	if err == nil && s.status > 1 {
		s.fake.seen++
	}
	return history, err
}

func TestFollowInTrouble(t *testing.T) {
	t.Parallel()
	away := &rescale.OutageError{Err: errors.New("connection refused")}
	outage := make(map[int]error)
	for i := 2; i < 40; i++ {
		outage[i] = away
	}
	const skipped = "# lines were skipped here: the platform shows only the end of a file while the run goes on"
	large := strings.Repeat("x", 1000)
	for name, tc := range map[string]struct {
		fake *fake
		tail int
		want []string
		err  error
	}{
		"more than a window at a time": {fake: &fake{looks: []string{text(1, 10), text(1, 2000), text(1, 9000)}}, want: numbered(1, 9000)},
		"the file is stored late":      {fake: &fake{looks: []string{text(1, 10)}, late: 9}, want: numbered(1, 10)},
		"it is never stored":           {fake: &fake{looks: []string{text(1, 10)}, late: 99}, want: numbered(1, 10), err: new(logs.AbsentError)},
		"whole files only":             {fake: &fake{looks: []string{text(1, 90000), text(1, 90001)}, noSpans: true}, tail: 2, want: numbered(89999, 90001)},
		"much between the last look and the end": {
			fake: &fake{looks: []string{text(1, 10)}, stored: text(1, 100000)}, want: numbered(1, 100000),
		},
		"an outage of minutes": {
			fake: &fake{looks: []string{text(1, 10), text(1, 20)}, errs: outage},
			want: append(append(numbered(1, 9), "# reading the status of job X: connection refused (gave up after 0 tries in 0s); trying again"), numbered(10, 20)...),
		},
		"lines that are too long to be asked for": {
			fake: &fake{looks: []string{text(1, 100) + large + "\n", text(1, 100) + large + "\n" + text(101, 103)}, size: 1200},
			want: append(append(append([]string{skipped}, numbered(38, 100)...), large), numbered(101, 103)...),
		},
		"the log begins anew": {
			fake: &fake{looks: []string{text(1, 10), text(501, 505)}},
			want: append(append(numbered(1, 9), skipped), numbered(501, 505)...),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got, ending, err := tc.fake.follow(t, tc.tail)
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				var absent *logs.AbsentError
				if !ending.Over || ending.Verdict != verdict.Succeeded || errors.As(err, &absent) != (tc.err != nil) || err != nil && tc.err == nil {
					t.Errorf("ending %+v, %v", ending, err)
				}
			})
		})
	}
}

// TestFollowGivesUp: a key that no longer works does not pass, and neither does an outage
// of hours.
func TestFollowGivesUp(t *testing.T) {
	t.Parallel()
	forever := make(map[int]error)
	for i := range 9999 {
		forever[i] = &rescale.OutageError{Err: errors.New("connection refused")}
	}
	for name, tc := range map[string]struct {
		errs  map[int]error
		looks int // at most
	}{
		"key":    {map[int]error{2: &rescale.Error{Status: 401}}, 2},
		"gone":   {map[int]error{2: &rescale.Error{Status: 404}}, 2},
		"outage": {forever, 250},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fake{looks: []string{text(1, 3), text(1, 4), text(1, 5), text(1, 6)}, errs: tc.errs}
				if _, _, err := f.follow(t, 0); err == nil || f.status > tc.looks {
					t.Errorf("after %d looks: %v", f.status, err)
				}
			})
		})
	}
}

// TestPrintingFails: whoever reads has gone, and nothing is printed again.
func TestPrintingFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken pipe")
		lines := 0
		log := logs.Log{Platform: &fake{looks: []string{text(1, 10)}}, ID: "X", Print: func(logs.Line) error {
			lines++
			return broken
		}}
		if _, err := log.Follow(t.Context()); !errors.Is(err, broken) || lines != 1 {
			t.Errorf("%v, after %d lines", err, lines)
		}
	})
}
