package carry_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/carry"
	"github.com/rescale-apply/rescale-apply/executor/inputs"
	"github.com/rescale-apply/rescale-apply/executor/outputs"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/internal/content/partial"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

// platform has results whose content is their id, and takes uploads.
type platform struct {
	mu       sync.Mutex
	asked    []string
	uploads  map[string][]byte // by name
	stored   map[string]rescale.File
	damaging bool
}

func (*platform) JobFiles(ctx context.Context, _, _ string) ([]rescale.File, error) {
	return nil, ctx.Err()
}

func (p *platform) Download(ctx context.Context, id string, _ rescale.Span) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, id)
	if p.damaging {
		id = strings.ToUpper(id)
	}
	return io.NopCloser(strings.NewReader(id)), nil
}

func (p *platform) File(ctx context.Context, id string) (rescale.File, error) {
	if err := ctx.Err(); err != nil {
		return rescale.File{}, err
	}
	f, known := p.stored[id]
	if !known {
		return f, &rescale.Error{Status: http.StatusNotFound}
	}
	return f, nil
}

func (p *platform) Upload(ctx context.Context, u rescale.Upload) (rescale.File, error) {
	if err := ctx.Err(); err != nil {
		return rescale.File{}, err
	}
	body, err := u.Open()
	if err != nil {
		return rescale.File{}, err
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.uploads == nil {
		p.uploads = make(map[string][]byte)
	}
	p.uploads[u.Name] = text
	return rescale.File{ID: "up-" + u.Name, Name: u.Name, Size: int64(len(text)), SHA512: sum(string(text)), Complete: true}, err
}

func sum(text string) string {
	digest := sha512.Sum512([]byte(text))
	return hex.EncodeToString(digest[:])
}

type journal struct{}

func (journal) Append(...state.Record) error { return nil }

type silent struct{}

func (silent) Uploading(files.Input, int64) {}

func (silent) Uploaded(files.Input, string) {}

func (silent) Aborted(files.Input) {}

// item is a result whose content is its id.
func item(id, name string) carry.Item {
	return carry.Item{
		File: outputs.File{File: rescale.File{ID: id, Name: "lift.csv", RelativePath: "lift.csv", Size: int64(len(id)), SHA512: sum(id), Complete: true}},
		Run:  "run of " + id, Name: name, Decompress: true,
	}
}

// carrier has a temporary folder of its own, which must be empty afterwards.
func carrier(t *testing.T, p *platform, known state.Snapshot) carry.Carrier {
	t.Helper()
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	t.Cleanup(func() {
		if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
			t.Errorf("%d files stay, %v", len(left), err)
		}
	})
	return carry.Carrier{Platform: p, Store: &inputs.Store{Platform: p, Journal: journal{}, Known: known, Report: silent{}}, Parallel: 2}
}

// TestFiles carries what is not there under its new name, in the very content.
func TestFiles(t *testing.T) {
	p := &platform{stored: map[string]rescale.File{"old": {ID: "old", Name: "b.csv", Size: 3, SHA512: sum("two"), Complete: true}}}
	known := state.Snapshot{Files: map[string][]state.File{
		sum("two"):   {{ID: "old", Name: "b.csv", SHA512: sum("two"), Size: 3}},
		sum("three"): {{ID: "gone", Name: "c.csv", SHA512: sum("three"), Size: 5}},
	}}
	unsaid := item("four", "d.csv")
	unsaid.File.SHA512 = "" // old files have none
	unsaid.Decompress = false
	refs, err := carrier(t, p, known).Files(t.Context(), []carry.Item{item("one", "a.csv"), item("two", "b.csv"), item("three", "c.csv"), unsaid})
	if err != nil {
		t.Fatal(err)
	}
	yes, no := true, false
	want := []rescale.InputRef{{ID: "up-a.csv", Decompress: &yes}, {ID: "old", Decompress: &yes}, {ID: "up-c.csv", Decompress: &yes}, {ID: "up-d.csv", Decompress: &no}}
	if diff := cmp.Diff(want, refs); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(map[string][]byte{"a.csv": []byte("one"), "c.csv": []byte("three"), "d.csv": []byte("four")}, p.uploads); diff != "" {
		t.Errorf("uploads (-want +got)\n%s", diff)
	}
	if len(p.asked) != 3 {
		t.Errorf("downloaded %q", p.asked)
	}
}

// TestArchive has the results in their folders, ready to be started.
func TestArchive(t *testing.T) {
	p := &platform{}
	var told []string
	c := carrier(t, p, state.Snapshot{})
	c.Tell = func(i carry.Item, transfer results.Transfer) {
		if transfer.End == results.Done {
			told = append(told, i.Run+": "+transfer.Path)
		}
	}
	c.Parallel = 1
	ref, err := c.Archive(t.Context(), "r.tar.gz", []carry.Item{item("two", "p/2/lift.csv"), item("one", "p/1/lift.csv")})
	if err != nil || ref.ID != "up-r.tar.gz" || !*ref.Decompress {
		t.Fatal(ref, err)
	}
	want := []string{"p/1/lift.csv 755 one", "p/2/lift.csv 755 two"}
	if diff := cmp.Diff(want, unpacked(t, p.uploads["r.tar.gz"])); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"run of two: p/2/lift.csv", "run of one: p/1/lift.csv"}, told); diff != "" {
		t.Errorf("told (-want +got)\n%s", diff)
	}
}

func unpacked(t *testing.T, archive []byte) (members []string) {
	t.Helper()
	zipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(zipped); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return members
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, fmt.Sprintf("%s %o %s", header.Name, header.Mode, text))
	}
}

// TestWhatIsDamagedIsNotGiven, and the error says whose file it is.
func TestWhatIsDamagedIsNotGiven(t *testing.T) {
	p := &platform{damaging: true}
	_, err := carrier(t, p, state.Snapshot{}).Files(t.Context(), []carry.Item{item("one", "a.csv")})
	var mismatch *partial.MismatchError
	if !errors.As(err, &mismatch) || !strings.HasPrefix(err.Error(), "downloading lift.csv of run run of one: ") || len(p.uploads) > 0 {
		t.Errorf("%d uploads, %v", len(p.uploads), err)
	}
	if filepath.Base(mismatch.Path) != "0" {
		t.Errorf("it was at %s", mismatch.Path)
	}
}
