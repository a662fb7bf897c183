package executor_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/inputs"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/planner/plantest"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

func TestApplyRecordsBeforeAndAfterEveryStep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, m := newFake(), new(memory)
		report := apply(t.Context(), t, p, m, plain("wing"))
		if o := report.Outcomes[0]; o.Verdict != verdict.Succeeded || o.Err != nil || o.ID != "A" {
			t.Errorf("outcome %+v", o)
		}
		if diff := cmp.Diff("creating created submitting submitted status finished", m.kinds()); diff != "" {
			t.Errorf("journal (-want +got)\n%s", diff)
		}
		if got := m.records[0]; !got.Since.Equal(noon) || got.Attempt != 1 || got.Generation != 1 || got.Key == "" {
			t.Errorf("creating %+v", got)
		}
	})
}

// TestAJournalThatFailsStopsTheRun enumerates the writes: after the k-th one
// fails, no further step is taken.
func TestAJournalThatFailsStopsTheRun(t *testing.T) {
	t.Parallel()
	for k, want := range map[int]struct{ creates, submits int }{
		1: {0, 0}, 2: {1, 0}, 3: {1, 0}, 4: {1, 1}, 5: {1, 1}, 6: {1, 1},
	} {
		t.Run(fmt.Sprint(k), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newFake()
				report := apply(t.Context(), t, p, &memory{failAt: k}, plain("wing"))
				if !errors.Is(report.Outcomes[0].Err, errFull) {
					t.Errorf("error %v", report.Outcomes[0].Err)
				}
				if p.count("create") != want.creates || p.count("submit") != want.submits {
					t.Errorf("%d creates, %d submits; want %+v", p.count("create"), p.count("submit"), want)
				}
			})
		})
	}
}

func TestLostAnswers(t *testing.T) {
	t.Parallel()
	unknown := &rescale.OutcomeUnknownError{Act: "x", Err: errLost}
	for name, tc := range map[string]struct {
		set              func(*fake)
		creates, submits int
		verdict          verdict.Verdict
		unresolved       bool
		journal          string
	}{
		"create worked": {
			func(f *fake) { f.createErr = unknown }, 1, 1, verdict.Succeeded, false,
			"creating created submitting submitted status finished",
		},
		"create did not work": {
			func(f *fake) { f.createErr, f.loseEffect = unknown, true }, 3, 0, "", true, "creating creating creating",
		},
		"create refused": {
			func(f *fake) { f.createErr, f.loseEffect = errLost, true }, 1, 0, "", false, "creating",
		},
		"submit worked": {
			func(f *fake) { f.submitErr = unknown }, 1, 1, verdict.Succeeded, false,
			"creating created submitting submitted status finished",
		},
		"submit did not work": {
			func(f *fake) { f.submitErr, f.loseEffect = unknown, true }, 1, 3, "", false, "creating created submitting",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, m := newFake(), new(memory)
				tc.set(p)
				outcome := apply(t.Context(), t, p, m, plain("wing")).Outcomes[0]
				var unresolved *once.UnresolvedError
				if outcome.Verdict != tc.verdict || errors.As(outcome.Err, &unresolved) != tc.unresolved {
					t.Errorf("verdict %q, error %v", outcome.Verdict, outcome.Err)
				}
				if (outcome.Err == nil) != (tc.verdict == verdict.Succeeded) {
					t.Errorf("error %v with verdict %q", outcome.Err, outcome.Verdict)
				}
				if p.count("create") != tc.creates || p.count("submit") != tc.submits {
					t.Errorf("%d creates, %d submits", p.count("create"), p.count("submit"))
				}
				if diff := cmp.Diff(tc.journal, m.kinds()); diff != "" {
					t.Errorf("journal (-want +got)\n%s", diff)
				}
			})
		})
	}
}

// TestCtrlCFinishesTheCallUnderWay interrupts while the create is on its way:
// its outcome must still be recorded, and nothing may be submitted after it.
func TestCtrlCFinishesTheCallUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p, m := newFake(), new(memory)
		p.after = func(call string) {
			if call == "create" {
				cancel()
			}
		}
		outcome := apply(ctx, t, p, m, plain("wing")).Outcomes[0]
		if !errors.Is(outcome.Err, context.Canceled) || p.count("submit") != 0 {
			t.Errorf("error %v, %d submits", outcome.Err, p.count("submit"))
		}
		if diff := cmp.Diff("creating created", m.kinds()); diff != "" {
			t.Errorf("journal (-want +got)\n%s", diff)
		}
	})
}

func TestWaiting(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		set     func(*fake)
		verdict verdict.Verdict
		fails   bool
	}{
		"stopped before it was validated: no final status, only the cluster ends": {
			func(f *fake) {
				f.history["A"] = plantest.History("Pending", "")
				f.clusters["A"] = plantest.History("Stopped", "")
			}, verdict.Stopped, false,
		},
		"a preempted job's cluster stops, and comes back": {
			func(f *fake) {
				f.history["A"] = plantest.History("Executing", "", "Pending", "")
				f.clusters["A"] = plantest.History("Stopped", "")
				looks := 0
				f.after = func(call string) {
					if call == "list" {
						looks++
					}
					if looks == 8 {
						f.history["A"] = plantest.History("Completed", "Completed successfully", "Executing", "")
					}
				}
			}, verdict.Succeeded, false,
		},
		"the platform stays away": {
			func(f *fake) {
				f.history["A"] = plantest.History("Executing", "")
				f.listErr = errLost
			}, "", true,
		},
		"an ended job is still in the listing": {
			func(f *fake) { f.history["A"] = plantest.History("Completed", "Exceeded max number of restarts") }, verdict.RestartsExhausted, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, m := newFake(), new(memory)
				p.after = func(call string) {
					if call == "submit" {
						tc.set(p)
					}
				}
				begun := time.Now()
				outcome := apply(t.Context(), t, p, m, plain("wing")).Outcomes[0]
				if outcome.Verdict != tc.verdict || (outcome.Err != nil) != tc.fails {
					t.Errorf("verdict %q, error %v", outcome.Verdict, outcome.Err)
				}
				if waited := time.Since(begun); waited < time.Second || waited > 10*time.Minute {
					t.Errorf("waited %v", waited)
				}
			})
		})
	}
}

// TestPollingIsOneListing watches a hundred jobs for two hours: the number of
// requests must not depend on the number of jobs.
func TestPollingIsOneListing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, m := newFake(), new(memory)
		p.after = func(call string) {
			if call == "submit" {
				for id := range p.history {
					p.history[id] = plantest.History("Executing", "")
				}
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Hour)
		defer cancel()
		var jobs []resolver.Job
		for i := range 100 {
			jobs = append(jobs, plain(fmt.Sprintf("wing-%03d", i)))
		}
		apply(ctx, t, p, m, jobs...)
		if n := p.count("list"); n < 200 || n > 300 {
			t.Errorf("%d listings in two hours", n)
		}
		if n := p.count("statuses"); n != 0 {
			t.Errorf("%d status requests for jobs that the listing showed as active", n)
		}
	})
}

func TestUploads(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deck.k")
	if err := os.WriteFile(path, []byte("deck"), 0o644); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	with := func(name string) resolver.Job {
		j := plain(name)
		j.Inputs = []files.Input{{Name: "deck.k", Path: path, SHA512: "abc", Size: 4, ModTime: info.ModTime()}}
		return j
	}
	t.Run("one content is uploaded once for two jobs", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p, m := newFake(), new(memory)
			apply(t.Context(), t, p, m, with("wing"), with("tail"))
			if p.count("upload") != 1 || p.count("submit") != 2 {
				t.Errorf("%d uploads, %d submits", p.count("upload"), p.count("submit"))
			}
		})
	})
	t.Run("a file that was written to since it was hashed is not sent", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p, m := newFake(), new(memory)
			stale := with("wing")
			stale.Inputs[0].ModTime = noon
			var changed *inputs.ChangedError
			if err := apply(t.Context(), t, p, m, stale).Outcomes[0].Err; !errors.As(err, &changed) || p.count("upload") != 0 {
				t.Errorf("error %v, %d uploads", err, p.count("upload"))
			}
		})
	})
	t.Run("a file that changed underneath stops its job before create", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p, m := newFake(), new(memory)
			p.checksum = "something else"
			report := apply(t.Context(), t, p, m, with("wing"), plain("tail"))
			var changed *inputs.ChangedError
			if !errors.As(report.Outcomes[0].Err, &changed) || changed.Path != path {
				t.Errorf("error %v", report.Outcomes[0].Err)
			}
			if p.count("create") != 1 || report.Outcomes[1].Verdict != verdict.Succeeded {
				t.Errorf("%d creates, other job %+v", p.count("create"), report.Outcomes[1])
			}
		})
	})
}
