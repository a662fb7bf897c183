package workdir_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/emulator/workdir"
)

type member struct {
	name, text, link string
	kind             byte
	mode             int64
}

func tarOf(tb testing.TB, members []member) []byte {
	tb.Helper()
	var buffer bytes.Buffer
	w := tar.NewWriter(&buffer)
	for _, m := range members {
		header := &tar.Header{Name: m.name, Typeflag: m.kind, Linkname: m.link, Size: int64(len(m.text)), Mode: m.mode}
		if err := w.WriteHeader(header); err != nil {
			tb.Fatal(err)
		}
		if _, err := w.Write([]byte(m.text)); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return buffer.Bytes()
}

func zipOf(tb testing.TB, members []member) []byte {
	tb.Helper()
	var buffer bytes.Buffer
	w := zip.NewWriter(&buffer)
	for _, m := range members {
		header := &zip.FileHeader{Name: m.name}
		header.SetMode(fs.FileMode(m.mode))
		if m.kind == tar.TypeSymlink {
			header.SetMode(fs.ModeSymlink | 0o777)
		}
		f, err := w.CreateHeader(header)
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := f.Write([]byte(m.text + m.link)); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return buffer.Bytes()
}

func gzipped(tb testing.TB, text []byte) []byte {
	tb.Helper()
	var buffer bytes.Buffer
	w := gzip.NewWriter(&buffer)
	if _, err := w.Write(text); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return buffer.Bytes()
}

// stage puts one input into a new folder.
func stage(t *testing.T, name string, content []byte) (dir string, err error) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "work")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err = workdir.Stage(dir, []workdir.Input{input(t, name, content)})
	return dir, err
}

func input(t *testing.T, name string, content []byte) workdir.Input {
	t.Helper()
	path := filepath.Join(t.TempDir(), "content")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return workdir.Input{Name: name, Content: path, ModTime: time.Now(), Unpack: true}
}

func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if entry.Type()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(path)
			out[filepath.ToSlash(rel)] = "-> " + target
			return err
		}
		text, err := os.ReadFile(path)
		out[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The archive of one file "b" that holds "bzip\n": the standard library cannot write this format.
const bzipped = "QlpoOTFBWSZTWTnNhjYAAG37gMmQAAJAAGcAAADwIF4QCAggAFRCAAAB6gkig00ZGTI0fUiOhBDNCEcWaBPfbVAhgs5PITsIo6KyroimymHzAHegARMzIvi7kinChIHObDGw"

func TestUnpack(t *testing.T) {
	t.Parallel()
	members := []member{
		{name: "case/", kind: tar.TypeDir, mode: 0o755},
		{name: "case/run.sh", text: "#!/bin/sh\n", kind: tar.TypeReg, mode: 0o755},
		{name: "case/a/b.txt", text: "b", kind: tar.TypeReg, mode: 0o644},
		{name: "case/latest", link: "a/b.txt", kind: tar.TypeSymlink},
	}
	want := map[string]string{"case/run.sh": "#!/bin/sh\n", "case/a/b.txt": "b", "case/latest": "-> a/b.txt"}
	for name, content := range map[string][]byte{
		"x.zip":    zipOf(t, members),
		"x.tar":    tarOf(t, members),
		"x.tar.gz": gzipped(t, tarOf(t, members)),
		"X.TGZ":    gzipped(t, tarOf(t, members)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, err := stage(t, name, content)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, tree(t, dir)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			info, err := os.Stat(filepath.Join(dir, "case", "run.sh"))
			if err != nil || info.Mode().Perm()&0o100 == 0 {
				t.Errorf("run.sh is not executable: %v %v", info, err)
			}
		})
	}
}

func TestUnpackRefuses(t *testing.T) {
	t.Parallel()
	file := func(name string) []member { return []member{{name: name, text: "x", kind: tar.TypeReg, mode: 0o644}} }
	through := []member{
		{name: "out", link: "..", kind: tar.TypeSymlink},
		{name: "out/escaped", text: "x", kind: tar.TypeReg, mode: 0o644},
	}
	hard := []member{{name: "in", link: "../content", kind: tar.TypeLink}}
	for name, archive := range map[string]struct {
		name    string
		content []byte
		leaves  bool
	}{
		"zip parent":        {"x.zip", zipOf(t, file("../escaped")), true},
		"zip deep parent":   {"x.zip", zipOf(t, file("a/../../escaped")), true},
		"zip absolute":      {"x.zip", zipOf(t, file("/escaped")), true},
		"zip backslash":     {"x.zip", zipOf(t, file(`..\escaped`)), true},
		"tar parent":        {"x.tar", tarOf(t, file("../escaped")), true},
		"tar absolute":      {"x.tar", tarOf(t, file("/escaped")), true},
		"tar hard link":     {"x.tar", tarOf(t, hard), true},
		"tar through link":  {"x.tar", tarOf(t, through), false},
		"zip through link":  {"x.zip", zipOf(t, through), false},
		"no zip":            {"x.zip", []byte("no archive"), false},
		"cut tar":           {"x.tar.gz", gzipped(t, tarOf(t, file("a")))[:20], false},
		"name with folders": {"../x", []byte("x"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, err := stage(t, archive.name, archive.content)
			var refused *workdir.StageError
			if !errors.As(err, &refused) || refused.Name != archive.name {
				t.Fatalf("error %v", err)
			}
			if errors.Is(err, workdir.ErrLeaves) != archive.leaves {
				t.Errorf("error %v", err)
			}
			if diff := cmp.Diff([]string{"work"}, names(t, filepath.Dir(dir))); diff != "" {
				t.Errorf("outside (-want +got):\n%s", diff)
			}
		})
	}
}

func names(t *testing.T, dir string) (out []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range list {
		out = append(out, entry.Name())
	}
	return out
}

func TestCollect(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	secret := filepath.Join(t.TempDir(), "secret")
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(secret, "outside")
	before, err := workdir.Stage(dir, []workdir.Input{
		input(t, "same.txt", []byte("same")), input(t, "changed.txt", []byte("old!")),
	})
	if err != nil {
		t.Fatal(err)
	}
	write(filepath.Join(dir, "changed.txt"), "new!") // the same size, at once
	write(filepath.Join(dir, "sub", "new.txt"), "n")
	write(filepath.Join(dir, "skipped.log"), "log")
	for name, target := range map[string]string{"leak": secret, "dangling": "nowhere", "latest": "sub/new.txt", "up": "..", "folder": "sub"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	temp := t.TempDir()
	results, err := workdir.Collect(dir, before, []string{"skipped.log"}, func() (*os.File, error) { return os.CreateTemp(temp, "") })
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, result := range results {
		text, err := os.ReadFile(result.Content)
		if err != nil {
			t.Fatal(err)
		}
		got[result.Rel] = string(text)
		if result.Size != int64(len(text)) || len(result.SHA512) != 128 {
			t.Errorf("%+v", result)
		}
	}
	want := map[string]string{"changed.txt": "new!", "sub/new.txt": "n", "latest": "n"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStageKeepsTheOriginal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	original := input(t, "deck.k", []byte("one"))
	if _, err := workdir.Stage(dir, []workdir.Input{original}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "deck.k"), []byte("two"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(original.Content); err != nil || string(text) != "one" {
		t.Errorf("%q %v", text, err)
	}
}

func TestBzip(t *testing.T) {
	t.Parallel()
	content, err := base64.StdEncoding.DecodeString(bzipped)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := stage(t, "x.tar.bz2", content)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"b": "bzip\n"}, tree(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
