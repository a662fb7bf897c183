package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// begun is a replacement of a sound journal.
func begun(t *testing.T) *Replacement {
	t.Helper()
	path, _ := sound(t)
	r, err := Replace(path, Identity{Tool: "t", Platform: "p", Account: "a"}, OwnFile)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// wroteTo reports whether an error is of a write to the file at a path.
func wroteTo(err error, path string) bool {
	var failed *WriteError
	return errors.As(err, &failed) && failed.Path == path && failed.Err != nil
}

// TestAReplacementWhoseFileFails is not committed.
func TestAReplacementWhoseFileFails(t *testing.T) {
	t.Parallel()
	r := begun(t)
	if err := r.journal.file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.Append(Record{Kind: KindCreating, Job: "a", Key: "k", Digest: "d"}); !wroteTo(err, r.path+newSuffix) {
		t.Errorf("Append: got %v", err)
	}
	if kept, err := r.Commit(); kept != "" || !wroteTo(err, r.path+newSuffix) {
		t.Errorf("Commit: got %q, %v", kept, err)
	}
	if _, err := os.Stat(r.path); err != nil {
		t.Errorf("the old file: %v", err)
	}
}

// TestACommitClosesTheNewFile, which Windows renames only then.
func TestACommitClosesTheNewFile(t *testing.T) {
	t.Parallel()
	r := begun(t)
	if _, err := r.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := r.journal.file.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// TestACommitTellsWhichFileIsInTheWay.
func TestACommitTellsWhichFileIsInTheWay(t *testing.T) {
	t.Parallel()
	for name, gone := range map[string]string{"the old one cannot be put aside": "", "the new one cannot be moved": newSuffix} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := begun(t)
			if err := os.Remove(r.path + gone); err != nil {
				t.Skip(err) // an open file, on Windows
			}
			if kept, err := r.Commit(); kept != "" || !wroteTo(err, r.path) || !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("got %q, %v", kept, err)
			}
		})
	}
}

// TestAReplacementThatCannotBegin.
func TestAReplacementThatCannotBegin(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has other numbers for these errors")
	}
	id := Identity{Tool: "t", Platform: "p", Account: "a"}
	path := filepath.Join(t.TempDir(), "s")
	if err := os.MkdirAll(filepath.Join(path+newSuffix, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Replace(path, id, OwnFile); !wroteTo(err, path+newSuffix) || errors.Is(err, syscall.EISDIR) {
		t.Errorf("its place is taken: got %v", err)
	}
	nowhere := filepath.Join(path, "none", "s")
	if err := (&Replacement{path: nowhere}).begin(id, OwnFile); !wroteTo(err, nowhere+newSuffix) {
		t.Errorf("its place is not there: got %v", err)
	}
	if err := (&Replacement{path: path + newSuffix}).begin(id, AnyFile); !errors.Is(err, syscall.EISDIR) {
		t.Errorf("what is there cannot be read: got %v", err)
	}
	under := filepath.Join(written(t, "x"), "s")
	if err := (&Replacement{path: under}).inspect(id); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("what is there cannot be opened: got %v", err)
	}
}

// TestABackupWhoseNameIsTooLong is no reason to take another.
func TestABackupWhoseNameIsTooLong(t *testing.T) {
	t.Parallel()
	r := &Replacement{path: filepath.Join(t.TempDir(), strings.Repeat("x", 300))}
	if kept, err := r.aside(); kept != "" || err == nil {
		t.Errorf("got %q, %v", kept, err)
	}
}

// TestASecondCloseLeavesTheNextReplacementAlone.
func TestASecondCloseLeavesTheNextReplacementAlone(t *testing.T) {
	t.Parallel()
	r := begun(t)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	next, err := Replace(r.path, Identity{Tool: "t", Platform: "p", Account: "a"}, OwnFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := next.Commit(); err != nil {
		t.Error(err)
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
}

// TestACloseThatLeavesSomethingTells.
func TestACloseThatLeavesSomethingTells(t *testing.T) {
	t.Parallel()
	r := begun(t)
	if err := os.Remove(r.path + newSuffix); err != nil {
		t.Skip(err) // an open file, on Windows
	}
	if err := os.MkdirAll(filepath.Join(r.path+newSuffix, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err == nil {
		t.Error("no error")
	}
}

// TestANoteThatNobodyCanRead is there all the same.
func TestANoteThatNobodyCanRead(t *testing.T) {
	t.Parallel()
	for name, note := range map[string]string{"a folder": t.TempDir(), "no JSON": written(t, "x")} {
		if who, left := (&lock{note: note}).holder(); who != (Owner{}) || !left {
			t.Errorf("%s: got %v, %v", name, who, left)
		}
	}
	if _, left := (&lock{note: filepath.Join(t.TempDir(), "none")}).holder(); left {
		t.Error("one is left where none was")
	}
}

// TestWhatIsDamagedAndHow is reported in words that people can act on.
func TestWhatIsDamagedAndHow(t *testing.T) {
	t.Parallel()
	head, sum, err := seal(Header{Format: Format}, 0)
	if err != nil {
		t.Fatal(err)
	}
	line := func(v any, before uint32) string {
		text, _, err := seal(v, before)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for _, test := range []struct{ name, text, want string }{
		{name: "no journal", text: "version: 1\n", want: "line 1: this is not a state file of rescale-apply"},
		{name: "a header that is no JSON", text: "{\"format\":x}\n{}\n", want: "line 1: this is not a state file of rescale-apply"},
		{name: "somebody's only line", text: `{"format":1}`, want: "line 1: this is not a state file of rescale-apply"},
		{name: "a header without a sum", text: "{\"format\":1}\n", want: "line 1: the checksum is missing"},
		{name: "a format that never was", text: line(Header{Format: 0}, 0), want: "line 1: there is no format 0"},
		{name: "a line that is no JSON", text: string(head) + "x\n{}\n", want: "line 2: not JSON"},
		{name: "a line that was changed", text: string(head) + line(Record{Kind: KindForgot, Job: "a"}, sum+1), want: "line 2: the checksum is wrong: this line or one before it was changed, lost or doubled"},
		{name: "a record that makes no sense", text: string(head) + line(Record{Kind: KindForgot, Job: "a"}, sum), want: `line 2: recording forgot of job "a": the job has no run`},
		{name: "a member of another kind", text: string(head) + line(map[string]any{"kind": "forgot", "job": 7}, sum), want: "line 2: job cannot be a number"},
		{name: "a record that is a text", text: string(head) + line(json.RawMessage(`{"kind":[]}`), sum), want: "line 2: kind cannot be a array"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := Replay(strings.NewReader(test.text))
			if want := "reading state file (text): " + test.want; err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}

// TestALineThatIsNoJSONThoughItsSumIsRight is damage like another.
func TestALineThatIsNoJSONThoughItsSumIsRight(t *testing.T) {
	t.Parallel()
	body := []byte(`{"kind":x}`)
	line := fmt.Appendf(bytes.TrimSuffix(bytes.Clone(body), []byte("}")), `,"crc":"%08x"}`, crc32.ChecksumIEEE(body))
	var r Record
	if _, err := decode(line, 0, &r); err == nil || err.Error() != "not JSON" {
		t.Errorf("got %v", err)
	}
}

// TestACloneSharesNothing, however deep it lies.
func TestACloneSharesNothing(t *testing.T) {
	t.Parallel()
	whole := func() Snapshot {
		run := func(key string) Run {
			return Run{Key: key, Parts: []Part{{Field: "command", Value: "ls"}}, Outputs: []Output{{Path: "a.csv"}}}
		}
		return Snapshot{
			Runs:  map[string][]Run{"a": {run("1"), run("2")}, "b": {run("3")}},
			Files: map[string][]File{"x": {{Name: "x"}}, "y": {{Name: "y"}}},
		}
	}
	original := whole()
	clone := original.clone()
	if !reflect.DeepEqual(clone, original) {
		t.Errorf("the clone is %v", clone)
	}
	for _, runs := range clone.Runs {
		for i := range runs {
			runs[i].Parts[0].Value, runs[i].Outputs[0].Path, runs[i].Key = "changed", "changed", "changed"
		}
	}
	for _, files := range clone.Files {
		files[0].ID = "changed"
	}
	clone.Runs["c"], clone.Files["z"] = nil, nil
	if !reflect.DeepEqual(original, whole()) {
		t.Errorf("the original became %v", original)
	}
}

// TestUnresolvedIsWhatNobodyKnowsTheOutcomeOf.
func TestUnresolvedIsWhatNobodyKnowsTheOutcomeOf(t *testing.T) {
	t.Parallel()
	var runs []Run
	for _, stage := range []Stage{StageCreating, StageCreated, StageSubmitting, StageSubmitted, StageFinished} {
		runs = append(runs, Run{Stage: stage})
	}
	want := []Run{{Stage: StageCreating}, {Stage: StageSubmitting}}
	if got := (Snapshot{Runs: map[string][]Run{"a": runs}}).Unresolved(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}
