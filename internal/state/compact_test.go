package state_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/state"
)

// TestALongJournalIsCompacted when it is opened: what later records have replaced leaves,
// and nothing that a decision or an account of the spends needs.
func TestALongJournalIsCompacted(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.jsonl")
	text := history(t, path, 40, 100)
	torn := append(bytes.Clone(text), `{"kind":"stat`...)
	if err := os.WriteFile(path, torn, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".compact", []byte("what a process left that died"), 0o600); err != nil {
		t.Fatal(err)
	}
	before, err := state.Read(path, ada)
	if err != nil {
		t.Fatal(err)
	}
	journal, err := state.Open(path, ada)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, journal.Snapshot()); diff != "" {
		t.Errorf("opened (-before +after)\n%s", diff)
	}
	if err := journal.Append(state.Record{Kind: state.KindForgot, Job: "airfoil/aoa=0,mesh=fine"}); err != nil {
		t.Fatal(err)
	}
	if err := journal.Close(); err != nil {
		t.Fatal(err)
	}
	compact, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(compact) > len(text)/4 {
		t.Errorf("%d of %d bytes are left", len(compact), len(text))
	}
	if _, err := os.Stat(path + ".compact"); !os.IsNotExist(err) {
		t.Errorf("beside it: %v", err)
	}
	want := map[state.Kind]int{
		state.KindCreating: 40, state.KindCreated: 40, state.KindSubmitting: 40, state.KindSubmitted: 40,
		state.KindStatus: 40, state.KindFinished: 40, state.KindDownloaded: 40, state.KindForgot: 1,
	}
	header, got := kinds(t, compact)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(before.Header, header); diff != "" {
		t.Errorf("header (-before +after)\n%s", diff)
	}
}

// TestAJournalOfManyRunsStaysAsItIs: its size is what it has to tell.
func TestAJournalOfManyRunsStaysAsItIs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.jsonl")
	text := history(t, path, 200, 2)
	journal, err := state.Open(path, ada)
	if err != nil {
		t.Fatal(err)
	}
	if err := journal.Close(); err != nil {
		t.Fatal(err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(text, after) {
		t.Errorf("%d bytes became %d, %v", len(text), len(after), err)
	}
}

func kinds(t *testing.T, text []byte) (state.Header, map[state.Kind]int) {
	t.Helper()
	header, records, err := state.Replay(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	count := make(map[state.Kind]int)
	for _, r := range records {
		count[r.Kind]++
	}
	return header, count
}
