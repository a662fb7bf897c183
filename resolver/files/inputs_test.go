package files_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/hashcache"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// write makes a file that was last written to an hour ago.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	full := filepath.Join(dir, filepath.FromSlash(name))
	at := time.Now().Add(-time.Hour)
	if err := errors.Join(os.MkdirAll(filepath.Dir(full), 0o755), os.WriteFile(full, []byte(text), 0o644), os.Chtimes(full, at, at)); err != nil {
		t.Skipf("this system refuses %q: %v", name, err)
	}
	return full
}

const software = "analysis: {code: solver}\nhardware: {coreType: big, coresPerSlot: 4}\n"

// load reads a manifest whose first lines are always the same.
func load(t *testing.T, dir, more string) []spec.Job {
	t.Helper()
	text := "version: 1\nname: wing\ncommand: run\n" + software + more
	jobs, problems := spec.Load([]diag.Source{{Name: "job.yaml", Dir: dir, Text: []byte(text)}})
	if len(problems) > 0 {
		t.Fatalf("%v", problems)
	}
	return jobs
}

func foam(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"case/0/U", "case/0/p", "case/Allrun", "case/log.run", "mesh/a.msh"} {
		write(t, dir, name, name)
	}
	return dir
}

// inputs reads the inputs of one job.
func inputs(t *testing.T, dir, list string, reading files.Reading) []files.Input {
	t.Helper()
	found, problems, err := files.Read(t.Context(), load(t, dir, "inputs: "+list+"\n"), reading)
	if err != nil || len(problems) > 0 {
		t.Fatalf("%v %v", problems, err)
	}
	return found[0]
}

func members(in files.Input) []string {
	var names []string
	for _, f := range in.Archive.Files {
		names = append(names, f.Name)
	}
	return names
}

func TestPackedInput(t *testing.T) {
	t.Parallel()
	dir := foam(t)
	got := inputs(t, dir, `[{path: case/**, exclude: ["log.*"], pack: case.tar.gz}, {path: case, pack: all.zip, decompress: false}]`, files.Reading{})
	same(t, [][]string{{"0/U", "0/p", "Allrun"}, {"case/0/U", "case/0/p", "case/Allrun", "case/log.run"}}, [][]string{members(got[0]), members(got[1])})
	same(t, []string{"case.tar.gz", "all.zip"}, []string{got[0].Name, got[1].Name})
	same(t, filepath.Join(dir, "case"), got[0].Path)
	same(t, []string{filepath.Join(dir, "case", "0", "U"), filepath.Join(dir, "case", "0", "p"), filepath.Join(dir, "case", "Allrun")}, got[0].Files())
	for _, in := range got {
		body, err := in.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(body)
		same(t, []any{in.Size, nil, nil}, []any{int64(len(text)), err, body.Close()})
		file := write(t, t.TempDir(), "archive", string(text))
		digests, err := content.HashAll(t.Context(), []string{file})
		same(t, []any{in.SHA512, nil}, []any{digests[0].SHA512, err})
	}
}

// TestUnchanged writes to a file after it was found, of an archive and alone.
func TestUnchanged(t *testing.T) {
	t.Parallel()
	dir := foam(t)
	got := inputs(t, dir, `[{path: case, pack: case.tar.gz}, mesh/a.msh]`, files.Reading{})
	same(t, []error{nil, nil}, []error{got[0].Unchanged(), got[1].Unchanged()})
	for i, name := range []string{"case/0/U", "mesh/a.msh"} {
		path := write(t, dir, name, "other")
		err := got[i].Unchanged()
		var changed *content.ChangedError
		if !errors.As(err, &changed) || changed.Path != path {
			t.Errorf("%s: %v", name, err)
		}
		if err := errors.Join(os.Remove(path), got[i].Unchanged()); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDigestOfArchive changes one thing at a time: the digest is that of the tree
// and of how it arrives, whoever packs it.
func TestDigestOfArchive(t *testing.T) {
	t.Parallel()
	const entry = `[{path: case, exclude: ["log.*"], pack: case.tar.gz}]`
	counts := func(dir, entry string) string {
		in := inputs(t, dir, entry, files.Reading{})[0]
		return in.Name + " " + in.Identity()
	}
	base := counts(foam(t), entry)
	for name, tc := range map[string]struct {
		entry   string
		change  func(dir string) error
		changes bool
	}{
		"nothing":            {entry, func(string) error { return nil }, false},
		"times":              {entry, func(dir string) error { return os.Chtimes(filepath.Join(dir, "case/0/U"), time.Now(), time.Now()) }, false},
		"modes of the group": {entry, func(dir string) error { return os.Chmod(filepath.Join(dir, "case/0/U"), 0o664) }, false},
		"an excluded file":   {entry, func(dir string) error { return os.WriteFile(filepath.Join(dir, "case/log.run"), nil, 0o644) }, false},
		"an ignored file": {entry, func(dir string) error {
			return errors.Join(os.WriteFile(filepath.Join(dir, ".rescaleignore"), []byte("*.bak\n"), 0o644), os.WriteFile(filepath.Join(dir, "case/a.bak"), nil, 0o644))
		}, false},
		"an empty folder": {entry, func(dir string) error { return os.Mkdir(filepath.Join(dir, "case/empty"), 0o755) }, false},
		"content":         {entry, func(dir string) error { return os.WriteFile(filepath.Join(dir, "case/0/U"), []byte("case/0/u"), 0o644) }, true},
		"name": {entry, func(dir string) error {
			return os.Rename(filepath.Join(dir, "case/0/U"), filepath.Join(dir, "case/0/T"))
		}, true},
		"can be started":  {entry, func(dir string) error { return os.Chmod(filepath.Join(dir, "case/Allrun"), 0o755) }, true},
		"a new file":      {entry, func(dir string) error { return os.WriteFile(filepath.Join(dir, "case/new"), nil, 0o644) }, true},
		"without folder":  {strings.Replace(entry, "case,", "case/**,", 1), func(string) error { return nil }, true},
		"name of archive": {strings.Replace(entry, ".tar.gz", ".zip", 1), func(string) error { return nil }, true},
		"not unpacked":    {strings.Replace(entry, "}", ", decompress: false}", 1), func(string) error { return nil }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS == "windows" && name == "can be started" {
				t.Skip("files have no mode there")
			}
			dir := foam(t)
			if err := tc.change(dir); err != nil {
				t.Fatal(err)
			}
			if got := counts(dir, tc.entry); (got != base) != tc.changes {
				t.Errorf("the digest changes: %v, want %v\n%v", got != base, tc.changes, got)
			}
		})
	}
}

// TestMemory reads everything once: the second time nothing is hashed or packed,
// after one change only the file and the archive that it is in. What comes out is
// always what comes out without memory.
func TestMemory(t *testing.T) {
	t.Parallel()
	dir := foam(t)
	cache := filepath.Join(t.TempDir(), "hashes")
	const list = `[{path: case, pack: case.tar.gz}, {path: mesh, pack: mesh.zip}, {path: case/Allrun, as: run.sh}]`
	read := func() map[string]bool {
		t.Helper()
		memory, done := hashcache.Open(cache), make(map[string]bool)
		got := inputs(t, dir, list, files.Reading{Memory: memory, Tell: func(p content.Progress) {
			done[p.Act+" "+filepath.Base(p.File)] = true
		}})
		fresh := inputs(t, dir, list, files.Reading{})
		for i := range got {
			same(t, []any{fresh[i].SHA512, fresh[i].Size}, []any{got[i].SHA512, got[i].Size})
		}
		if err := memory.Save(); err != nil {
			t.Fatal(err)
		}
		return done
	}
	same(t, map[string]bool{
		"hashing U": true, "hashing p": true, "hashing Allrun": true, "hashing log.run": true, "hashing a.msh": true,
		"packing case.tar.gz": true, "packing mesh.zip": true,
	}, read())
	same(t, map[string]bool{}, read())
	write(t, dir, "case/0/U", "other")
	same(t, map[string]bool{"hashing U": true, "packing case.tar.gz": true}, read())
	same(t, map[string]bool{}, read())
}

// TestJobsShare has two jobs that say the same of their input.
func TestJobsShare(t *testing.T) {
	t.Parallel()
	dir := foam(t)
	text := "inputs: [{path: case, pack: case.tar.gz}]\n"
	jobs := load(t, dir, text+"---\nversion: 1\nname: wing2\ncommand: run2\n"+software+text)
	packed := 0
	found, problems, err := files.Read(t.Context(), jobs, files.Reading{Tell: func(p content.Progress) {
		if p.Act == "packing" && p.Done == p.Total {
			packed++
		}
	}})
	if err != nil || len(problems) > 0 || packed != 1 {
		t.Fatalf("%v %v, packed %d times", problems, err, packed)
	}
	one, two := found[0][0], found[1][0]
	same(t, one.SHA512, two.SHA512)
	same(t, 4, two.Pos.Line-one.Pos.Line-3) // each has its own place
}

// TestNamesOfFiles has names that git would keep and the platform would not.
func TestNamesOfFiles(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("it has no such names")
	}
	for name, tc := range map[string]struct {
		file, list string
		want       string // empty: no problem
	}{
		"blank at the end":     {"deck ", "[deck*]", `the name "deck " cannot be that of an input: it begins or ends with a blank`},
		"blank at the start":   {" deck", "['*deck']", `the name " deck" cannot be that of an input: it begins or ends with a blank`},
		"quote":                {`d"eck`, "[d*]", `the name "d\"eck" cannot be that of an input: it has a quote or a slash`},
		"backslash":            {`d\eck`, "[d*]", `the name "d\\eck" cannot be that of an input: it has a quote or a slash`},
		"control character":    {"d\teck", "[d*]", `the name "d\teck" cannot be that of an input: it has a control character`},
		"not UTF-8":            {"d\xffeck", "[d*]", `the name "d\xffeck" cannot be that of an input: it is not valid UTF-8`},
		"renamed":              {"x/d eck ", "[{path: 'x/d eck ', as: deck}]", ""},
		"blank within":         {"d eck", "[d*]", ""},
		"packed, blank":        {"d/deck ", "[{path: d, pack: d.zip}]", ""},
		"packed, quote":        {`d/d"eck`, "[{path: d, pack: d.zip}]", ""},
		"packed, control":      {"d/d\neck", "[{path: d, pack: d.zip}]", `the name "d/d\neck" cannot be in an archive: it has a control character`},
		"packed, backslash":    {`d/d\eck`, "[{path: d, pack: d.zip}]", `the name "d/d\\eck" cannot be in an archive: it has a backslash`},
		"packed, not UTF-8":    {"d/d\xffeck", "[{path: d, pack: d.zip}]", `the name "d/d\xffeck" cannot be in an archive: it is not valid UTF-8`},
		"packed and not empty": {"d/deck", "[{path: d, pack: d.zip}]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, tc.file, "x")
			_, problems := files.Find(load(t, dir, "inputs: "+tc.list+"\n"))
			got := ""
			for _, p := range problems {
				got += p.Message
			}
			same(t, tc.want, got)
		})
	}
}
