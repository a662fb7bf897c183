package state_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/state"
)

// BenchmarkRead reads a journal of 8 MB, beside what encoding/json alone takes for its lines.
func BenchmarkRead(b *testing.B) {
	path := filepath.Join(b.TempDir(), "state.jsonl")
	lines := bytes.Split(bytes.TrimSpace(history(b, path, 2600, 4)), []byte("\n"))
	var yardstick time.Duration
	for b.Loop() {
		if _, err := state.Read(path, ada); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		began := time.Now()
		for _, line := range lines {
			var record state.Record
			if err := json.Unmarshal(line, &record); err != nil {
				b.Fatal(err)
			}
		}
		yardstick += time.Since(began)
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed())/float64(yardstick), "of-json")
}

// history writes what so many jobs leave in a journal, each with so many statuses.
func history(tb testing.TB, path string, jobs, statuses int) []byte {
	tb.Helper()
	r, err := state.Replace(path, ada, state.AnyFile)
	if err != nil {
		tb.Fatal(err)
	}
	defer r.Close()
	for n := range jobs {
		name, id := fmt.Sprintf("airfoil/aoa=%d,mesh=fine", n), fmt.Sprintf("Id%d", n)
		digest := fmt.Sprintf("%064x", n)
		key := "1:" + digest + ":1.1:" + name
		var parts []state.Part
		for _, field := range []string{"analysis", "version", "coreType", "coresPerSlot", "slots", "command", "env AOA", "input deck.k"} {
			parts = append(parts, state.Part{Field: field, Value: "sha256:" + digest})
		}
		records := []state.Record{
			{Kind: state.KindCreating, Job: name, Key: key, Digest: digest, Parts: parts, Generation: 1, Attempt: 1},
			{Kind: state.KindCreated, Job: name, Key: key, ID: id},
			{Kind: state.KindSubmitting, Job: name, Key: key, ID: id},
			{Kind: state.KindSubmitted, Job: name, Key: key, ID: id},
		}
		for i := range statuses {
			records = append(records, state.Record{Kind: state.KindStatus, Job: name, ID: id, Status: fmt.Sprint("Status", i)})
		}
		records = append(records,
			state.Record{Kind: state.KindFinished, Job: name, Key: key, ID: id, Verdict: "succeeded", Reason: "Completed successfully"},
			state.Record{Kind: state.KindDownloaded, Job: name, ID: id, To: "/work/results/" + name, Outputs: []state.Output{{Path: "a.csv", Size: 2, SHA512: digest + digest}}})
		for _, record := range records {
			if err := r.Append(record); err != nil {
				tb.Fatal(err)
			}
		}
	}
	if _, err := r.Commit(); err != nil {
		tb.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}
