package tally

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/executor"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/content"
)

// Status says what a job does after an event; it is empty where the event says nothing of that.
func Status(e executor.Event) string {
	words, _ := status(e)
	return words
}

func status(e executor.Event) (words string, in phase) {
	switch e.Type {
	case executor.EventWaiting:
		return "waits for " + e.Message, waiting
	case executor.EventQueued:
		return fmt.Sprintf("waits for draft %s of another runner, until %s at the latest", e.ID, humanize.Clock(e.Until)), queued
	case executor.EventCreated:
		return "created", queued
	case executor.EventSubmitted:
		return "submitted", queued
	case executor.EventFound:
		return "found", queued
	case executor.EventStatus:
		return e.Status, platform(e.Status)
	case executor.EventReading:
		return "reading " + e.File + " " + content.Bytes(e.Size), fetching
	case executor.EventDownloading, executor.EventDownloaded:
		return "downloading", fetching
	default:
		return "", queued
	}
}

// platform sorts the platform's words (rescale-api.md §8.2). A run that is being stopped
// still runs.
func platform(status string) phase {
	if slices.Contains([]string{"Validated", verdict.Executing, "Stopping", "Force Stop"}, status) {
		return running
	}
	return queued
}

// cell is one part of the line that says it all.
type cell struct {
	text string
	rank int // in which order people miss it: 0 is never left out
}

// Sum says in one line how far all is, in so many columns: what is missed least is left
// out where there is no room. What runs cost is known when they have ended.
func (t *Tally) Sum(now time.Time, columns int) string {
	cells := t.cells(now)
	const narrow, wide = "  ", "   "
	for _, gap := range []string{wide, narrow} {
		if line := joined(cells, gap); len(line) <= columns {
			return line
		}
	}
	byRank := slices.SortedFunc(slices.Values(cells), func(a, b cell) int { return cmp.Compare(a.rank, b.rank) })
	var kept []cell
	for _, c := range byRank {
		if more := append(kept, c); c.rank == 0 || len(joined(more, narrow)) <= columns {
			kept = more
		}
	}
	return joined(slices.DeleteFunc(cells, func(c cell) bool { return !slices.Contains(kept, c) }), narrow)
}

func joined(cells []cell, gap string) string {
	var texts []string
	for _, c := range cells {
		texts = append(texts, c.text)
	}
	return strings.Join(texts, gap)
}

func (t *Tally) cells(now time.Time) []cell {
	count := func(n int, what string) string {
		if n == 0 {
			return ""
		}
		return fmt.Sprintf("%d %s", n, what)
	}
	amount := func(n float64, words func(float64) string) string {
		if n == 0 {
			return ""
		}
		return words(n)
	}
	cost := t.cost
	if t.free {
		cost = 0
	}
	cells := []cell{
		{fmt.Sprintf("%d of %d", t.ended(), t.Total()), 0},
		{count(t.counts[succeeded], "ok"), 8},
		{count(t.counts[failed], "failed"), 1},
		{count(t.counts[blocked], "blocked"), 5},
		{count(t.counts[left], "left"), 9},
		{count(t.counts[fetching], "fetching"), 7},
		{count(t.counts[running], "running"), 2},
		{count(t.counts[waiting], "waiting"), 10},
		{count(t.queued(), "queued"), 4},
		{humanize.Forecast(now.Sub(t.began)), 6},
		{amount(t.coreHours, humanize.CoreHours), 11},
		{amount(cost, humanize.Money), 3},
	}
	return slices.DeleteFunc(cells, func(c cell) bool { return c.text == "" })
}

// Waits says what is waited for, for a log that was silent for long.
func (t *Tally) Waits(now time.Time) string {
	if jobs := t.Jobs(); t.Total() == 1 && len(jobs) == 1 {
		return fmt.Sprintf("still waiting: %s: %s for %s", jobs[0].Name, jobs[0].Status, humanize.Duration(max(0, now.Sub(jobs[0].Since))))
	}
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{
		{t.counts[running], "running"}, {t.counts[fetching], "fetching"}, {t.counts[waiting], "waiting"}, {t.queued(), "queued"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	if t.ended() > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d done", t.ended(), t.Total()))
	}
	if t.counts[failed] > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", t.counts[failed]))
	}
	return "still waiting: " + strings.Join(parts, ", ")
}
