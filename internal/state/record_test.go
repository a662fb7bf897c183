package state

import (
	"maps"
	"slices"
	"testing"
)

// TestEachKindNeedsItsMembers, and no other: the list is that of the package's text.
func TestEachKindNeedsItsMembers(t *testing.T) {
	t.Parallel()
	without := map[string]func(*Record){
		"job": func(r *Record) { r.Job = "" }, "key": func(r *Record) { r.Key = "" }, "id": func(r *Record) { r.ID = "" },
		"digest": func(r *Record) { r.Digest = "" }, "status": func(r *Record) { r.Status = "" }, "verdict": func(r *Record) { r.Verdict = "" },
		"to": func(r *Record) { r.To = "" }, "file.name": func(r *Record) { r.File.Name = "" },
		"file.sha512": func(r *Record) { r.File.SHA512 = "" }, "file.id": func(r *Record) { r.File.ID = "" },
	}
	for kind, needs := range map[Kind][]string{
		KindUploading:  {"file.name", "file.sha512"},
		KindUploaded:   {"file.id", "file.name", "file.sha512"},
		KindCreating:   {"digest", "job", "key"},
		KindCreated:    {"id", "job", "key"},
		KindSubmitting: {"id", "job", "key"},
		KindSubmitted:  {"id", "job", "key"},
		KindStatus:     {"id", "job", "status"},
		KindFinished:   {"id", "job", "key", "verdict"},
		KindDownloaded: {"id", "job", "to"},
		KindForgot:     {"job"},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			whole := Record{
				Kind: kind, Job: "a", Key: "k", ID: "j", Digest: "d", Status: "s", Verdict: "v", To: "t",
				File: File{Name: "f", SHA512: "s", ID: "i", Size: 0},
			}
			if err := whole.validate(); err != nil {
				t.Errorf("with all: %v", err)
			}
			var got []string
			for _, name := range slices.Sorted(maps.Keys(without)) {
				r := whole
				without[name](&r)
				err := r.validate()
				if err == nil {
					continue
				}
				if want := name + " is missing"; err.Error() != want {
					t.Errorf("without %s: %v", name, err)
				}
				got = append(got, name)
			}
			if !slices.Equal(got, needs) {
				t.Errorf("it needs %q, want %q", got, needs)
			}
		})
	}
}

// TestNumbersAreNotNegative.
func TestNumbersAreNotNegative(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*Record){
		"generation": func(r *Record) { r.Generation = -1 },
		"attempt":    func(r *Record) { r.Attempt = -1 },
		"size":       func(r *Record) { r.File.Size = -1 },
	} {
		r := Record{Kind: KindForgot, Job: "a"}
		if spoil(&r); r.validate() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestTheFilesOfAJournal are those that lie at its path and beside it.
func TestTheFilesOfAJournal(t *testing.T) {
	t.Parallel()
	if got := Files("s"); !slices.Equal(got, []string{"s", "s.lock", "s.lock.json"}) {
		t.Errorf("got %q", got)
	}
}
