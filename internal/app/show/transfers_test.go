package show_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
)

const mb = 1_000_000

// moving is the progress of a transfer, now.
func moving(kind executor.EventType, file string, sent, size int64) executor.Event {
	e := executor.Event{Type: kind, Time: time.Now(), File: file, Sent: sent * mb, Size: size * mb}
	if kind == executor.EventDownloading || kind == executor.EventDownloaded {
		e.Job, e.ID = "wing", "AbC"
	}
	return e
}

// TestLiveTransfers draws a line for each file beside those of the jobs, and one
// that adds up.
func TestLiveTransfers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var lines atomic.Int64
		lines.Store(10)
		s := new(screen)
		live := show.NewLive(show.Screen{
			Lines: s, Results: s, Order: []string{"wing", "tail"}, Uploads: results.Amount{Files: 3, Bytes: 400 * mb},
			Size: func() (int, int, bool) { return 80, int(lines.Load()), true },
		})
		defer live.Close()
		check := func(what string, want ...string) {
			t.Helper()
			time.Sleep(200 * time.Millisecond) // until the next tick
			synctest.Wait()
			if diff := cmp.Diff(strings.Join(want, "\n"), strings.Join(s.shown(), "\n")); diff != "" {
				t.Errorf("%s (-want +got)\n%s", what, diff)
			}
		}
		live.Event(moving(executor.EventUploading, "mesh.msh", 0, 300))
		live.Event(moving(executor.EventUploading, "deck.k", 0, 50))
		live.Event(executor.Event{Type: executor.EventStatus, Job: "tail", ID: "Ttt", Status: "Executing"})
		check("a moment", "  tail   Ttt   Executing   0.2s")
		time.Sleep(1800 * time.Millisecond)
		live.Event(moving(executor.EventUploading, "mesh.msh", 150, 300))
		live.Event(moving(executor.EventUploading, "deck.k", 10, 50))
		check("two of three",
			"  ↑ mesh.msh      [=====>     ]   50 %  150 of 300 MB      68 MB/s  2s left",
			"  ↑ deck.k        [==>        ]   20 %  10 of 50 MB       4.5 MB/s  9s left",
			"  ↑ 0 of 3 files  [====>      ]   40 %  160 of 400 MB      73 MB/s  9s left",
			"  tail   Ttt   Executing   2.2s")
		lines.Store(5)
		check("no room", "  ↑ 0 of 3 files  [====>      ]   40 %  160 of 400 MB      67 MB/s  10s left", "  tail   Ttt   Executing   2.4s")
		lines.Store(10)
		live.Event(moving(executor.EventUploaded, "mesh.msh", 0, 300))
		live.Event(moving(executor.EventAborted, "deck.k", 0, 50))
		check("between two files", "  ↑ 1 of 3 files  [========>  ]   75 %  300 of 400 MB", "  tail   Ttt   Executing   2.6s")
		time.Sleep(time.Second)
		check("nothing moves", "  tail   Ttt   Executing   3.8s")
	})
}

// TestLiveDownloads keeps the lines of a job's files apart from its own, adds up all
// that it wants, and takes a file that failed away.
func TestLiveDownloads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(screen)
		live := show.NewLive(show.Screen{Lines: s, Results: s, Size: func() (int, int, bool) { return 80, 10, true }})
		defer live.Close()
		event := func(kind executor.EventType, file string, sent int64) {
			e := moving(kind, file, sent, 80)
			e.Job, e.ID, e.Wanted = "wing", "AbC", results.Amount{Files: 3, Bytes: 240 * mb}
			live.Event(e)
		}
		check := func(what string, want ...string) {
			t.Helper()
			time.Sleep(200 * time.Millisecond)
			synctest.Wait()
			if diff := cmp.Diff(want, s.shown()); diff != "" {
				t.Errorf("%s (-want +got)\n%s", what, diff)
			}
		}
		event(executor.EventDownloading, "a.csv", 0)
		time.Sleep(2 * time.Second)
		event(executor.EventDownloading, "a.csv", 20)
		event(executor.EventDownloading, "b.csv", 0)
		event(executor.EventDownloaded, "b.csv", 0)
		check("one is through",
			"  ↓ wing: a.csv   [==>        ]   25 %  20 of 80 MB       9.1 MB/s  7s left",
			"  ↓ 1 of 3 files  [====>      ]   41 %  100 of 240 MB      45 MB/s  7s left",
			"  wing   AbC   downloading   2.2s")
		event(executor.EventAborted, "a.csv", 0)
		time.Sleep(time.Second)
		check("one failed", "  wing   AbC   downloading   3.4s")
		live.Event(executor.Event{Type: executor.EventResult, Job: "wing", Outcome: &executor.Outcome{Job: "wing", ID: "AbC"}})
		check("over", "… wing   AbC   submitted")
	})
}

// TestResumedDownload counts what an earlier try had brought as there, and not as the
// speed of now.
func TestResumedDownload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := new(screen)
		live := show.NewLive(show.Screen{Lines: s, Results: s, Size: func() (int, int, bool) { return 80, 10, true }})
		defer live.Close()
		for sent := range int64(3) {
			live.Event(moving(executor.EventDownloading, "a.csv", 700+10*sent, 800))
			live.Event(moving(executor.EventDownloading, "b.csv", 700+10*sent, 800))
			time.Sleep(time.Second)
		}
		synctest.Wait()
		want := []string{
			"  ↓ wing: a.csv   [=========> ]   90 %  720 of 800 MB     6.7 MB/s  12s left",
			"  ↓ wing: b.csv   [=========> ]   90 %  720 of 800 MB     6.7 MB/s  12s left",
			"  ↓ 0 files done  1.4 GB so far                            13 MB/s",
			"  wing   AbC   downloading   3.0s",
		}
		if diff := cmp.Diff(want, s.shown()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// TestLinesTellLongTransfers writes the beginning, the end, and a line now and then.
func TestLinesTellLongTransfers(t *testing.T) {
	t.Parallel()
	// tell is a transfer of size MB that takes so many seconds.
	tell := func(l *show.Lines, kind, done executor.EventType, size, seconds int64) {
		for s := range seconds {
			l.Event(moving(kind, "mesh.msh", size*s/seconds, size))
			time.Sleep(time.Second)
		}
		l.Event(moving(done, "mesh.msh", 0, size))
	}
	for name, tc := range map[string]struct {
		kind, done    executor.EventType
		size, seconds int64
		want          string
	}{
		"small":  {executor.EventUploading, executor.EventUploaded, 9, 2, "uploaded mesh.msh (9.0 MB)\n"},
		"medium": {executor.EventUploading, executor.EventUploaded, 90, 8, "uploading mesh.msh (90 MB)\nuploaded mesh.msh (90 MB in 8.0s, 11 MB/s)\n"},
		"large": {
			executor.EventDownloading, executor.EventDownloaded, 3_000, 30,
			"wing: downloading mesh.msh (3.0 GB)\n" +
				"wing: downloading mesh.msh: 33 % of 3.0 GB, 100 MB/s, 20s left\n" +
				"wing: downloading mesh.msh: 66 % of 3.0 GB, 100 MB/s, 10s left\n" +
				"wing: downloaded mesh.msh (3.0 GB in 30s, 100 MB/s)\n",
		},
		"large and slow: a word each minute": {
			executor.EventUploading, executor.EventAborted, 3_000, 3_000,
			"uploading mesh.msh (3.0 GB)\n" + minutes(),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				lines := &show.Lines{Progress: &out}
				defer lines.Close()
				tell(lines, tc.kind, tc.done, tc.size, tc.seconds)
				if diff := cmp.Diff(tc.want, timeless(out.String())); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			})
		})
	}
}

// minutes are the lines of 50 minutes at 1 MB/s.
func minutes() string {
	var out strings.Builder
	for m := 1; m < 50; m++ {
		left := humanize.Duration(time.Duration(50-m) * time.Minute)
		fmt.Fprintf(&out, "uploading mesh.msh: %d %% of 3.0 GB, 1.0 MB/s, %s left\n", 2*m, left)
	}
	return out.String()
}

// timeless is a log without the times of day.
func timeless(log string) string {
	return regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d `).ReplaceAllString(log, "")
}
