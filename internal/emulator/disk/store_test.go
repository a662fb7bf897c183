package disk_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
)

func open(t *testing.T, dir string) *disk.Store {
	t.Helper()
	s, err := disk.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeStore(t *testing.T, s *disk.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func addFile(t *testing.T, s *disk.Store, file disk.File, text string) *disk.File {
	t.Helper()
	temp, err := s.TempFile()
	if err != nil {
		t.Fatal(err)
	}
	_, err = temp.WriteString(text)
	if err := errors.Join(err, temp.Close()); err != nil {
		t.Fatal(err)
	}
	added, err := s.AddFile(file, temp.Name())
	if err != nil {
		t.Fatal(err)
	}
	return added
}

func TestReopen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	job, err := s.AddJob(disk.Job{Owner: "ada@example.com", Body: []byte(`{"a":1}`), Spec: disk.Spec{Name: "one"}})
	if err != nil {
		t.Fatal(err)
	}
	gone, err := s.AddJob(disk.Job{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteJob(gone.ID, func(*disk.Job) error { return nil }); err != nil {
		t.Fatal(err)
	}
	file := addFile(t, s, disk.File{Name: "in.txt"}, "text")
	// What a process that is killed at a bad moment leaves behind.
	orphan := addFile(t, s, disk.File{Name: "out.txt", Job: job.ID}, "half collected")
	if _, err := s.TempFile(); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "jobs", "000099-QwErTy"), 0o700); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)

	s = open(t, dir)
	defer closeStore(t, s)
	again, ok := s.Job(job.ID)
	if !ok || cmp.Diff(job, again) != "" {
		t.Errorf("job (-want +got):\n%s", cmp.Diff(job, again))
	}
	if _, ok := s.Job(gone.ID); ok || len(s.Jobs()) != 2 {
		t.Error("the deleted job is not remembered as deleted")
	}
	if got, ok := s.File(file.ID); !ok || cmp.Diff(file, got) != "" {
		t.Errorf("file: %v", got)
	}
	if _, ok := s.File(orphan.ID); ok {
		t.Error("an output that no job lists is still there")
	}
	next, err := s.AddJob(disk.Job{})
	if err != nil || next.ID == gone.ID || next.Seq != 3 {
		t.Errorf("next job %+v, %v", next, err)
	}
	left, err := os.ReadDir(filepath.Join(dir, "tmp"))
	if err != nil || len(left) != 0 {
		t.Errorf("temporary files: %v, %v", left, err)
	}
}

func TestRefusedChangeChangesNothing(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	defer closeStore(t, s)
	job, err := s.AddJob(disk.Job{Tags: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	refused := errors.New("no")
	_, err = s.UpdateJob(job.ID, func(j *disk.Job) error {
		j.Tags[0], j.Submits = "b", 7
		return refused
	})
	if !errors.Is(err, refused) {
		t.Errorf("error %v", err)
	}
	if got, _ := s.Job(job.ID); got.Tags[0] != "a" || got.Submits != 0 {
		t.Errorf("job %+v", got)
	}
	if _, err := s.UpdateJob("nope", func(*disk.Job) error { return nil }); !errors.Is(err, disk.ErrNotFound) {
		t.Errorf("error %v", err)
	}
}

func TestIDsAndDatesAreUnique(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	defer closeStore(t, s)
	seen := map[string]bool{}
	last := s.Now()
	ordered := 0
	previous := ""
	for range 300 {
		job, err := s.AddJob(disk.Job{})
		if err != nil {
			t.Fatal(err)
		}
		if seen[job.ID] || len(job.ID) != 6 || !job.Inserted.After(last) {
			t.Fatalf("job %s at %v", job.ID, job.Inserted)
		}
		if job.ID > previous {
			ordered++
		}
		seen[job.ID], last, previous = true, job.Inserted, job.ID
	}
	if ordered == 300 {
		t.Error("ids grow with time: clients could come to rely on it")
	}
}

func TestDamagedRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := s.AddJob(disk.Job{}); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	records, err := filepath.Glob(filepath.Join(dir, "jobs", "*", "job.json"))
	if err != nil || len(records) != 1 {
		t.Fatal(records, err)
	}
	if err := os.WriteFile(records[0], []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := disk.Open(dir); err == nil {
		t.Fatal("no error")
	}
	if err := os.RemoveAll(filepath.Dir(records[0])); err != nil {
		t.Fatal(err)
	}
	closeStore(t, open(t, dir)) // the failed open left no lock
}
