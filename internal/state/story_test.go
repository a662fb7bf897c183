package state_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/state"
)

var ada = state.Identity{Tool: "rescale-apply 0.1.0", Platform: "https://platform.rescale.com", Account: "ada@example.com"}

const (
	sumA = "aaaa"
	sumB = "bbbb"
)

func clock(minute int) time.Time { return time.Date(2026, 11, 23, 10, minute, 0, 0, time.UTC) }

// story is the records of two jobs, one of which fails and runs again.
func story() []state.Record {
	return []state.Record{
		{Kind: state.KindUploading, File: state.File{Name: "deck.k", SHA512: sumA, Size: 12}},
		{Kind: state.KindUploaded, File: state.File{Name: "deck.k", SHA512: sumA, Size: 12, ID: "fileA"}},
		{
			Kind: state.KindCreating, Job: "polar/aoa=2", Key: "k1", Digest: "d1", Since: clock(1),
			Parts: []state.Part{{Field: "command", Value: "sh <run> && \"ls\""}, {Field: "input deck.k", Value: sumA}},
		},
		{Kind: state.KindCreated, Job: "polar/aoa=2", Key: "k1", ID: "jobA"},
		{Kind: state.KindSubmitting, Job: "polar/aoa=2", Key: "k1", ID: "jobA"},
		{Kind: state.KindSubmitted, Job: "polar/aoa=2", Key: "k1", ID: "jobA"},
		{Kind: state.KindStatus, Job: "polar/aoa=2", ID: "jobA", Status: "Executing", StatusAt: clock(2)},
		{Kind: state.KindCreating, Job: "größe", Key: "k2", Digest: "d2", Generation: 3, Since: clock(3)},
		{
			Kind: state.KindFinished, Job: "polar/aoa=2", Key: "k1", ID: "jobA", Verdict: "failed", Reason: "A run failed",
			Started: clock(4), Ended: clock(5), CoreHours: 4.2, Cost: 0.76,
		},
		{Kind: state.KindCreating, Job: "polar/aoa=2", Key: "k3", Digest: "d1", Attempt: 1, Since: clock(6)},
		{Kind: state.KindCreated, Job: "polar/aoa=2", Key: "k3", ID: "jobC"},
		{Kind: state.KindSubmitted, Job: "polar/aoa=2", Key: "k3", ID: "jobC"},
		{
			Kind: state.KindDownloaded, Job: "polar/aoa=2", ID: "jobC", To: "results/aoa=2",
			Outputs: []state.Output{{Path: "forces.csv", Size: 7, SHA512: sumB}},
		},
	}
}

func open(t *testing.T, path string) *state.Journal {
	t.Helper()
	j, err := state.Open(path, ada)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

// write makes a journal of the records in a fresh folder and gives its path.
func write(t *testing.T, records []state.Record) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "job.yaml.state.jsonl")
	j := open(t, path)
	for i, r := range records {
		if err := j.Append(r); err != nil {
			t.Fatalf("record %d: %v", i, err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func text(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func put(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) state.Snapshot {
	t.Helper()
	s, err := state.Read(path, ada)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// lines keeps the newlines.
func lines(b []byte) []string { return slices.Collect(strings.Lines(string(b))) }

func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// prefixStates returns the snapshot after 0, 1, 2 … records.
func prefixStates(t *testing.T, b []byte) []state.Snapshot {
	t.Helper()
	all := lines(b)
	dir := t.TempDir()
	var states []state.Snapshot
	for n := range all {
		path := filepath.Join(dir, "prefix")
		put(t, path, []byte(strings.Join(all[:n+1], "")))
		states = append(states, read(t, path))
	}
	return states
}

func replay(b []byte) (state.Header, []state.Record, error) { return state.Replay(bytes.NewReader(b)) }
