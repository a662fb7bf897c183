package state_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
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

// TestAJournalOfManyRunsStaysAsItIs: all of it is needed.
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

// quickly writes a journal in one go.
func quickly(t *testing.T, records []state.Record) (path string, info os.FileInfo) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "state.jsonl")
	r := replace(t, path, state.OwnFile)
	err := r.Append(records...)
	if err == nil {
		_, err = r.Commit()
	}
	if err = errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	if info, err = os.Stat(path); err != nil {
		t.Fatal(err)
	}
	return path, info
}

// TestOfDownloadsTheLastIsKept, and of creates each: they may have cost money.
func TestOfDownloadsTheLastIsKept(t *testing.T) {
	t.Parallel()
	var records []state.Record
	for _, id := range []string{"j1", "j2"} {
		key := "k-" + id
		records = append(
			records,
			state.Record{Kind: state.KindCreating, Job: "heat", Key: key, Digest: "d"},
			state.Record{Kind: state.KindCreated, Job: "heat", Key: key, ID: id},
			state.Record{Kind: state.KindSubmitted, Job: "heat", Key: key, ID: id},
		)
		for n := range 300 {
			records = append(records, state.Record{Kind: state.KindDownloaded, Job: "heat", ID: id, To: strings.Repeat("x", 1000), Selection: strconv.Itoa(n)})
		}
	}
	path, before := quickly(t, records)
	snapshot := open(t, path).Snapshot()
	same(t, []string{"299", "299"}, []string{snapshot.Runs["heat"][0].Selection, snapshot.Runs["heat"][1].Selection})
	want := map[state.Kind]int{state.KindCreating: 2, state.KindCreated: 2, state.KindSubmitted: 2, state.KindDownloaded: 2}
	_, got := kinds(t, text(t, path))
	same(t, want, got)
	if after, err := os.Stat(path); err != nil || os.SameFile(before, after) {
		t.Errorf("it was not written anew: %v", err)
	}
}

// TestAJournalIsWrittenAnewOnlyForRoom.
func TestAJournalIsWrittenAnewOnlyForRoom(t *testing.T) {
	t.Parallel()
	var uploads []state.Record
	for n := range 3000 {
		uploads = append(uploads, state.Record{Kind: state.KindUploading, File: state.File{Name: strconv.Itoa(n), SHA512: sumA}})
	}
	small := story()[:6]
	for range 100 {
		small = append(small, state.Record{Kind: state.KindStatus, Job: "polar/aoa=2", ID: "jobA", Status: "Executing"})
	}
	for _, test := range []struct {
		name    string
		records []state.Record
	}{
		{name: "much that nothing replaces", records: uploads},
		{name: "little, most of it replaced", records: small},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path, before := quickly(t, test.records)
			_ = open(t, path)
			if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
				t.Errorf("it was written anew: %v", err)
			}
		})
	}
}
