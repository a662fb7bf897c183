package state_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/state"
)

// counted is a file that counts its writes, each of which is flushed.
type counted struct {
	state.Appender
	writes int
}

func (c *counted) Append(lines []byte) error {
	c.writes++
	return c.Appender.Append(lines)
}

// TestAGroupOfRecordsIsOneWrite, and says the same as its records one by one.
func TestAGroupOfRecordsIsOneWrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	c := new(counted)
	j, err := state.OpenWith(path, ada, func(file state.Appender) state.Appender {
		c.Appender = file
		return c
	})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if err := errors.Join(j.Append(), j.Append(story()...)); err != nil {
		t.Fatal(err)
	}
	same(t, 2, c.writes) // the header is the first
	same(t, read(t, path), j.Snapshot())
	_, records, err := replay(text(t, path))
	if err != nil {
		t.Fatal(err)
	}
	same(t, len(story()), len(records))
}

// TestATornGroup: however many bytes of a group arrive, the journal is read as its first
// records, and memory has none of a group that failed.
func TestATornGroup(t *testing.T) {
	t.Parallel()
	whole := filepath.Join(t.TempDir(), "whole")
	if err := open(t, whole).Append(story()...); err != nil {
		t.Fatal(err)
	}
	size := len(text(t, whole))
	for cut := 0; cut < size; cut += 37 {
		t.Run(fmt.Sprint(cut), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "s")
			f := &faulty{k: 2, err: syscall.ENOSPC, keep: func(lines []byte) []byte { return lines[:min(cut, len(lines))] }}
			j, err := state.OpenWith(path, ada, func(file state.Appender) state.Appender {
				f.Appender = file
				return f
			})
			if err != nil {
				t.Fatal(err)
			}
			defer j.Close()
			var failed *state.WriteError
			if err := j.Append(story()...); !errors.As(err, &failed) || !j.Snapshot().New {
				t.Errorf("got %v, and %+v", err, j.Snapshot().Runs)
			}
			_, records, err := replay(text(t, path))
			if err != nil || len(records) > len(story()) {
				t.Fatalf("%d records, %v", len(records), err)
			}
			for i, r := range records {
				same(t, story()[i].Kind, r.Kind)
			}
		})
	}
}

// TestAGroupThatFailsLeavesNothingInMemory, also when its first records made sense.
func TestAGroupThatFailsLeavesNothingInMemory(t *testing.T) {
	t.Parallel()
	j := open(t, filepath.Join(t.TempDir(), "s"))
	if err := j.Append(story()[2]); err != nil {
		t.Fatal(err)
	}
	before := j.Snapshot()
	senseless := state.Record{Kind: state.KindCreated, Job: "nobody", Key: "k", ID: "j"}
	err := j.Append(story()[3], state.Record{Kind: state.KindCreating, Job: "b", Key: "k", Digest: "d"}, senseless)
	var wrong *state.RecordError
	if !errors.As(err, &wrong) || wrong.Kind != senseless.Kind || wrong.Job != senseless.Job {
		t.Errorf("got %v", err)
	}
	same(t, before, j.Snapshot())
}
