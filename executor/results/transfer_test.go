package results_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// TestTransfersAddUp tells what the whole download is to bring, without what is
// refused and what is here, and ends every transfer that it has begun.
func TestTransfersAddUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "1.csv"), []byte("1.csv"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := file("3.csv", func(f *rescale.File) { f.SHA512 = strings.Repeat("0", 128) })
	ends := make(map[string]results.End)
	var last results.Amount
	d := results.Download{
		Platform: listing{file("../x"), file("1.csv"), file("22.csv"), broken}, ID: "Y", Parallel: 1,
		Wish: results.Wish{Include: []string{"**"}, To: dir},
		Tell: func(t results.Transfer) { ends[t.Path], last = t.End, t.Wanted },
	}
	if _, err := d.Run(t.Context()); err == nil {
		t.Error("no error for a file that is not what was announced")
	}
	if diff := cmp.Diff(map[string]results.End{"22.csv": results.Done, "3.csv": results.Failed}, ends); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if want := (results.Amount{Files: 2, Bytes: int64(len("22.csv") + len("3.csv"))}); last != want {
		t.Errorf("wanted %+v, not %+v", last, want)
	}
}
