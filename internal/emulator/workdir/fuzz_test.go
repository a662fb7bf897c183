package workdir_test

import (
	"archive/tar"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/emulator/workdir"
)

// FuzzUnpack: whatever an archive holds, it is unpacked or refused, and nothing beside the
// work folder is made or changed, through a link neither.
func FuzzUnpack(f *testing.F) {
	kinds := []string{"deck.zip", "deck.tar", "deck.tar.gz", "deck.tgz", "deck.tar.bz2"}
	for which := range kinds {
		for _, seed := range archives(f) {
			f.Add(byte(which), seed) //nolint:gosec // there are few
		}
	}
	f.Fuzz(func(t *testing.T, which byte, archive []byte) {
		outside := t.TempDir()
		work, content := filepath.Join(outside, "work"), filepath.Join(outside, "content")
		if err := os.Mkdir(work, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(content, archive, 0o600); err != nil {
			t.Fatal(err)
		}
		input := workdir.Input{Name: kinds[int(which)%len(kinds)], Content: content, Unpack: true, ModTime: time.Unix(1, 0)}
		snapshot, err := workdir.Stage(work, []workdir.Input{input})
		if err == nil && snapshot == nil {
			t.Error("neither a work folder nor an error")
		}
		if got, err := os.ReadFile(content); err != nil || string(got) != string(archive) {
			t.Errorf("the archive itself was changed: %v", err)
		}
		if diff := cmp.Diff([]string{"content", "work"}, names(t, outside)); diff != "" {
			t.Errorf("beside the work folder (-want +got):\n%s", diff)
		}
	})
}

func archives(f *testing.F) [][]byte {
	f.Helper()
	members := []member{
		{name: "a/deck.k", text: "*KEYWORD", kind: tar.TypeReg, mode: 0o644},
		{name: "a/link", link: "deck.k", kind: tar.TypeSymlink, mode: 0o777},
		{name: "../out", text: "x", kind: tar.TypeReg, mode: 0o644},
		{name: "up", link: "../..", kind: tar.TypeSymlink, mode: 0o777},
		{name: "up/out", text: "x", kind: tar.TypeReg, mode: 0o644},
		{name: "a/hard", link: "a/deck.k", kind: tar.TypeLink, mode: 0o644},
		{name: "pipe", kind: tar.TypeFifo, mode: 0o644},
	}
	var list [][]byte
	for n := range members {
		if members[n].kind != tar.TypeReg {
			members[n].text = ""
		}
		list = append(list, tarOf(f, members[n:n+1]))
	}
	whole := tarOf(f, members[:2])
	return append(list, whole, whole[:700], gzipped(f, whole), zipOf(f, members[:2]), zipOf(f, members[2:5]), nil, []byte("BZh91AY&SY"))
}
