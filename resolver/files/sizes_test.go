package files_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/stamp"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

// TestInputTooLarge refuses what the platform will not take, with its place in
// the manifest, before the file is read.
func TestInputTooLarge(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, size := range map[string]int64{"fits.msh": rescale.MaxUpload, "large.msh": rescale.MaxUpload + 1} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, nil, 0o644), os.Truncate(path, size)); err != nil {
			t.Fatal(err)
		}
	}
	_, problems := files.Find(load(t, dir, "inputs:\n  - fits.msh\n  - large.msh\n"))
	if len(problems) != 1 || problems[0].Rule != diag.InputTooLarge || problems[0].Pos.Line != 8 || problems[0].Pos.Col != 5 {
		t.Fatalf("%v", problems)
	}
	const want = "input large.msh has 5.4 GB, and the platform takes files of up to 5 GB"
	if d := problems[0]; d.Message != want || !strings.Contains(d.Hint, "split") {
		t.Errorf("%s\n%s", d.Message, d.Hint)
	}
}

// TestArchiveTooLarge refuses an archive by what it has become: only packing it
// tells its size, or the memory of that.
func TestArchiveTooLarge(t *testing.T) {
	t.Parallel()
	memory := largeArchives{}
	_, problems, err := files.Read(t.Context(), load(t, foam(t), "inputs: [{path: case, pack: case.zip}]\n"), files.Reading{Memory: memory})
	if err != nil || len(problems) != 1 || problems[0].Rule != diag.InputTooLarge || !strings.Contains(problems[0].Message, "input case.zip has 6.0 GB") {
		t.Errorf("%v %v", problems, err)
	}
}

// largeArchives remembers of every archive that it has 6 GB.
type largeArchives struct{}

func (largeArchives) Recall(string, stamp.Stamp) (content.Digest, bool) {
	return content.Digest{}, false
}

func (largeArchives) Remember(string, stamp.Stamp, content.Digest) {}

func (largeArchives) Archive(string) (content.Digest, bool) { return content.Digest{Size: 6e9}, true }

func (largeArchives) RememberArchive(string, content.Digest) {}
