package reading_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/internal/app/reading"
)

// printed is a platform whose run prints a line at each look.
type printed struct{ looks atomic.Int32 }

func (p *printed) Tail(ctx context.Context, _, _, _ string, _ int) ([]string, error) {
	p.looks.Add(1)
	return []string{"step 1", "token s3cret", ""}, ctx.Err()
}

func (p *printed) Redact(text string) string { return strings.ReplaceAll(text, "s3cret", "[redacted]") }

// TestLastLine: a run is looked at while it executes, and neither before nor after.
func TestLastLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		platform, seen := new(printed), 0
		last := reading.KeepLastLine(t.Context(), platform, time.Minute)
		notify := last.Through(func(executor.Event) { seen++ })
		looksIn := func(status string) int32 {
			before := platform.looks.Load()
			notify(executor.Event{Type: executor.EventStatus, ID: "X", Status: status})
			synctest.Wait()
			time.Sleep(3 * time.Minute)
			synctest.Wait()
			return platform.looks.Load() - before
		}
		for _, step := range []struct {
			status string
			looks  int32
			line   string
		}{
			{"Queued", 0, ""},
			{"Executing", 4, "token [redacted]"},
			{"Queued", 0, "token [redacted]"}, // economy was interrupted
			{"Executing", 4, "token [redacted]"},
			{"Completed", 0, "token [redacted]"},
		} {
			if got := looksIn(step.status); got != step.looks {
				t.Errorf("%s: %d looks, want %d", step.status, got, step.looks)
			}
			if got := last.Of()("X"); got != step.line {
				t.Errorf("%s: %q, want %q", step.status, got, step.line)
			}
		}
		last.Close()
		if looks := looksIn("Executing"); looks != 0 || seen != 6 {
			t.Errorf("%d looks after the end, %d events", looks, seen)
		}
	})
}

// TestNoLastLine: nothing is kept where no view shows it, and all events pass.
func TestNoLastLine(t *testing.T) {
	t.Parallel()
	var last *reading.LastLine
	seen := 0
	last.Through(func(executor.Event) { seen++ })(executor.Event{Type: executor.EventStatus})
	last.Close()
	if seen != 1 || last.Of() != nil {
		t.Errorf("%d events, and a view is to draw a line: %v", seen, last.Of() != nil)
	}
}
