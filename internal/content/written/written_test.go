package written_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/partial"
	"github.com/rescale-apply/rescale-apply/internal/content/written"
)

func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func file(rel, sum, run string) written.File {
	return written.File{Path: rel, Size: int64(len(rel)), SHA512: sum, Owner: written.Owner{Run: run, Job: "heat", Manifest: "../job.yaml"}}
}

func put(t *testing.T, folder string, files ...written.File) {
	t.Helper()
	err := written.Update(t.Context(), folder, func(l *written.List) error {
		for _, f := range files {
			l.Put(f)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, folder string) written.List {
	t.Helper()
	list, err := written.Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func list(folder string) string { return filepath.Join(folder, written.Folder, "list.jsonl") }

// TestUpdate keeps one entry for each path and run, and both runs of a path while the
// newer file is on its way.
func TestUpdate(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "results")
	same(t, 0, len(read(t, folder).All()))
	put(t, folder, file("a.csv", "1", "One"), file("deep/b.csv", "2", "One"))
	put(t, folder, file("a.csv", "3", "Two"), file("deep/b.csv", "4", "One"))
	got := read(t, folder)
	same(t, []written.File{file("a.csv", "1", "One"), file("a.csv", "3", "Two"), file("deep/b.csv", "4", "One")}, got.All())
	same(t, []bool{true, false, false}, []bool{got.Names("a.csv"), got.Names("b.csv"), got.Damaged()})
	put(t, folder, written.File{Path: "deep/b.csv", SHA512: "5", Owner: written.Owner{Run: "One"}}) // a download by the id
	same(t, "heat", read(t, folder).Of("deep/b.csv")[0].Job)
	other := file("a.csv", "6", "One") // of another local platform, which numbers its runs alike
	other.Manifest = "../other.yaml"
	put(t, folder, other)
	same(t, 3, len(read(t, folder).Of("a.csv")))
	text, err := os.ReadFile(filepath.Join(folder, written.Folder, ".gitignore"))
	same(t, []any{"*\n", nil}, []any{string(text), err})
}

// TestRestOfADownload names what an interrupted download has left of a file.
func TestRestOfADownload(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	put(t, folder, file("deep/b.csv", "2", "One"))
	got := read(t, folder)
	begun := filepath.ToSlash(partial.Path("deep/b.csv"))
	for rel, want := range map[string]bool{
		begun: true, begun + ".json": true, begun + "-abc": true,
		"deep/.b.csv": false, ".b.csv.partial": false, "deep/.c.csv.partial": false,
	} {
		if got.Names(rel) != want {
			t.Errorf("%s: named %v, want %v", rel, !want, want)
		}
	}
}

// TestClaimed names what no run left: files that are kept, and whole folders.
func TestClaimed(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	claims := append(written.Claimed(written.Emulator, "jobs/", "lock"), written.File{Path: "deck.k", SHA512: "1", By: written.Render})
	if err := written.Claim(t.Context(), folder, claims); err != nil {
		t.Fatal(err)
	}
	put(t, folder, file("deck.k", "2", "One"))
	got := read(t, folder)
	for rel, want := range map[string]bool{"jobs/1/out.csv": true, "lock": true, "deck.k": true, "job/1": false, "locks": false, "deep/jobs/1": false} {
		if got.Names(rel) != want {
			t.Errorf("%s: named %v, want %v", rel, !want, want)
		}
	}
	same(t, []any{2, false}, []any{len(got.Of("deck.k")), got.Damaged()})
	same(t, []bool{true, false}, []bool{got.Of("lock")[0].Kept(), got.Of("deck.k")[0].Kept()})
}

// TestDamage keeps what can be read, and never forgets that something was lost.
func TestDamage(t *testing.T) {
	t.Parallel()
	one, two := file("a.csv", "1", "One"), file("b.csv", "2", "One")
	for name, tc := range map[string]struct {
		damage func(text string) string
		want   []written.File
	}{
		"emptied":      {func(string) string { return "" }, nil},
		"cut":          {func(s string) string { return s[:len(s)-20] }, []written.File{one}},
		"overwritten":  {func(string) string { return "\x00\x00\x00\x00" }, nil},
		"a newer form": {func(s string) string { return `{"format":2}` + s[len(`{"format":1}`):] }, []written.File{one, two}},
		"other JSON":   {func(s string) string { return s + `{"path":"c.csv"}` + "\n" + "[]\n" }, []written.File{one, two}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			put(t, folder, one, two)
			text, err := os.ReadFile(list(folder))
			if err = errors.Join(err, os.WriteFile(list(folder), []byte(tc.damage(string(text))), 0o644)); err != nil {
				t.Fatal(err)
			}
			got := read(t, folder)
			same(t, []any{tc.want, true}, []any{got.All(), got.Damaged()})
			put(t, folder, file("z.csv", "9", "Two"))
			got = read(t, folder)
			same(t, []any{append(tc.want, file("z.csv", "9", "Two")), true}, []any{got.All(), got.Damaged()})
		})
	}
}

// TestNoLink writes nothing through a link, whatever stands behind one.
func TestNoLink(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "lock", ".gitignore"} {
		folder, outside := t.TempDir(), filepath.Join(t.TempDir(), "outside")
		link := filepath.Join(folder, written.Folder, name)
		if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
			t.Fatal(err)
		}
		if name == "" {
			if err := os.Mkdir(outside, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink(outside, link); err != nil {
			t.Skip(err)
		}
		err := written.Update(t.Context(), folder, func(l *written.List) error {
			l.Put(file("a.csv", "1", "One"))
			return nil
		})
		var linked *written.LinkError
		if !errors.As(err, &linked) || linked.Path != filepath.Clean(link) {
			t.Errorf("%q: %v", name, err)
		}
		if entries, err := os.ReadDir(outside); err == nil && len(entries) > 0 || name != "" && err == nil {
			t.Errorf("%q: %v was written through the link", name, entries)
		}
	}
}

// TestManyWriters lose nothing of one another.
func TestManyWriters(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var group sync.WaitGroup
	names := []string{"a", "b", "c", "d", "e", "f"}
	for _, name := range names {
		group.Go(func() { put(t, folder, file(name, "1", "One")) })
	}
	group.Wait()
	same(t, len(names), len(read(t, folder).All()))
}

// TestMatch knows a file by its content, and by its stamp without reading it.
func TestMatch(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	name := filepath.Join(folder, "a.csv")
	if err := os.WriteFile(name, []byte("12345"), 0o644); err != nil {
		t.Fatal(err)
	}
	digests, err := content.HashAll(t.Context(), []string{name})
	if err != nil {
		t.Fatal(err)
	}
	right, other, stamped := file("a.csv", digests[0].SHA512, "One"), file("a.csv", "0", "Two"), file("a.csv", "?", "Three")
	stamped.Stamp = written.StampOf(name)
	for want, entries := range map[string][]written.File{"One": {other, right}, "": {other}, "Three": {other, stamped}} {
		got, ok, err := written.Match(t.Context(), content.Hasher{}, name, entries)
		same(t, []any{want, want != "", nil}, []any{got.Run, ok, err})
	}
	if err := os.WriteFile(name, []byte("54321"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, ok, err := written.Match(context.Background(), content.Hasher{}, name, []written.File{right, stamped})
	same(t, []any{false, nil}, []any{ok, err})
}

// TestTrace finds the list that names a file, from any folder and through links.
func TestTrace(t *testing.T) {
	t.Parallel()
	root := content.RealPath(t.TempDir())
	folder := filepath.Join(root, "results")
	put(t, folder, file("deep/a.csv", "1", "One"))
	name := filepath.Join(folder, "deep", "a.csv")
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	paths := map[string]string{name: folder, filepath.Join(folder, "deep", "b.csv"): "", filepath.Join(root, "a.csv"): ""}
	for link, target := range map[string]string{"link": folder, "below": filepath.Dir(name), "file.csv": name} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Skip(err)
		}
	}
	for _, path := range []string{"link/deep/a.csv", "below/a.csv", "file.csv"} {
		paths[filepath.Join(root, filepath.FromSlash(path))] = folder
	}
	tree := written.NewTree()
	for path, want := range paths {
		got := tree.Trace(path)
		if got.Folder != want || want != "" && got.Rel != "deep/a.csv" {
			t.Errorf("%s: %+v, want folder %q", path, got, want)
		}
	}
}
