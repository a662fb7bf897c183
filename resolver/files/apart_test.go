package files_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/stamp"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

// sent is what is sent of an input: its upload, where it lands, and what is in it.
type sent struct {
	Name, Landing string
	Files         map[string]string // what is unpacked, by path; nil for a file as it is
}

func unpacked(t *testing.T, in files.Input) map[string]string {
	t.Helper()
	if in.Archive == nil {
		return nil
	}
	body, err := in.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil || int64(len(text)) != in.Size {
		t.Fatalf("%d bytes of %d, %v", len(text), in.Size, err)
	}
	list := make(map[string]string)
	if in.Archive.Format == ".zip" {
		archive, err := zip.NewReader(bytes.NewReader(text), in.Size)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.File {
			content, err := archive.Open(f.Name)
			if err != nil {
				t.Fatal(err)
			}
			list[f.Name] = all(t, content)
		}
		return list
	}
	plain, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewReader(plain)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list[header.Name] = all(t, archive)
	}
}

func all(t *testing.T, r io.Reader) string {
	t.Helper()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func sends(t *testing.T, list []files.Input) []sent {
	t.Helper()
	var all []sent
	for _, in := range list {
		all = append(all, sent{in.Name, in.Called(), unpacked(t, in)})
	}
	return all
}

func cavity(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "case/0/U", "U ${{ job.name }}")
	write(t, dir, "case/0/p", "p ${{ stays }}")
	write(t, dir, "case/system/controlDict", "end ${{ job.name }}")
	write(t, dir, "T.tmpl", "T ${{ job.name }}")
	write(t, dir, "a.msh", "nodes")
	return dir
}

func TestFilesGetIntoFolders(t *testing.T) {
	t.Parallel()
	p := map[string]string{"case/0/p": "p ${{ stays }}"}
	for name, tc := range map[string]struct {
		inputs string
		want   []sent
	}{
		"one file": {"[{path: a.msh, as: case/mesh.msh}]", []sent{
			{Landing: "case/mesh.msh", Files: map[string]string{"case/mesh.msh": "nodes"}},
		}},
		"a template": {"[{path: T.tmpl, template: true, as: case/0/T}]", []sent{
			{Landing: "case/0/T", Files: map[string]string{"case/0/T": "T wing"}},
		}},
		"behind all others": {"[{path: a.msh, as: case/mesh.msh}, T.tmpl]", []sent{
			{Name: "T.tmpl", Landing: "T.tmpl"},
			{Landing: "case/mesh.msh", Files: map[string]string{"case/mesh.msh": "nodes"}},
		}},
		"templates apart": {`[{path: case, pack: case.tar.gz, template: ["0/U", "system/*"]}]`, []sent{
			{Name: "case.tar.gz", Landing: "case.tar.gz", Files: p},
			{Name: "case.templates.tar.gz", Landing: "case.templates.tar.gz", Files: map[string]string{"case/0/U": "U wing", "case/system/controlDict": "end wing"}},
		}},
		"by name, of a zip": {`[{path: case, pack: case.zip, template: [U, controlDict]}]`, []sent{
			{Name: "case.zip", Landing: "case.zip", Files: p},
			{Name: "case.templates.tar.gz", Landing: "case.templates.tar.gz", Files: map[string]string{"case/0/U": "U wing", "case/system/controlDict": "end wing"}},
		}},
		"of a content without its folder": {`[{path: "case/0/*", pack: c.zip, template: ["U"]}]`, []sent{
			{Name: "c.zip", Landing: "c.zip", Files: map[string]string{"p": "p ${{ stays }}"}},
			{Name: "c.templates.tar.gz", Landing: "c.templates.tar.gz", Files: map[string]string{"U": "U wing"}},
		}},
		"all of it": {`[{path: case, exclude: [p], pack: case.tgz, template: ["**"]}]`, []sent{
			{Name: "case.templates.tar.gz", Landing: "case.templates.tar.gz", Files: map[string]string{"case/0/U": "U wing", "case/system/controlDict": "end wing"}},
		}},
		"in an archive that stays one": {`[{path: case, pack: case.zip, template: ["0/U"], decompress: false}]`, []sent{
			{Name: "case.zip", Landing: "case.zip", Files: map[string]string{"case/0/U": "U wing", "case/0/p": "p ${{ stays }}", "case/system/controlDict": "end ${{ job.name }}"}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := sends(t, inputs(t, cavity(t), tc.inputs, files.Reading{}))
			for i := range tc.want {
				if tc.want[i].Name == "" {
					tc.want[i].Name = got[i].Name // its own name, see package landing
				}
			}
			same(t, tc.want, got)
		})
	}
}

// What names its place takes it, in whatever archive the file would have been.
func TestAnEntryTakesThePlaceOfAPackedFile(t *testing.T) {
	t.Parallel()
	dir := cavity(t)
	var notices []string
	reading := files.Reading{Notice: func(n files.Notice) { notices = append(notices, string(n.Kind)+": "+n.Message) }}
	got := sends(t, inputs(t, dir, `[{path: T.tmpl, template: true, as: case/0/U}, {path: case, pack: case.zip, template: ["0/U", "system/*"]}, {path: a.msh, as: case/0/p}]`, reading))
	for i := range got {
		got[i].Name = ""
	}
	same(t, []sent{
		{Landing: "case/0/U", Files: map[string]string{"case/0/U": "T wing"}},
		{Landing: "case.templates.tar.gz", Files: map[string]string{"case/system/controlDict": "end wing"}},
		{Landing: "case/0/p", Files: map[string]string{"case/0/p": "nodes"}},
	}, got)
	same(t, []string{
		"replaced: a.msh takes the place of case/0/p in case", "replaced: T.tmpl takes the place of case/0/U in case",
	}, notices)
}

func TestArchivesOfOthers(t *testing.T) {
	t.Parallel()
	dir := cavity(t)
	file, err := os.Create(filepath.Join(dir, "base.zip"))
	if err != nil {
		t.Fatal(err)
	}
	archive := zip.NewWriter(file)
	_, err = archive.Create("case/0/U")
	if err := errors.Join(err, archive.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "tools.tar.gz", "")
	for name, tc := range map[string]struct {
		inputs string
		want   []string
	}{
		"holds the file":         {"[base.zip, {path: a.msh, as: case/0/U}]", []string{"base.zip holds case/0/U"}},
		"holds another":          {"[base.zip, {path: a.msh, as: case/0/T}]", nil},
		"nobody looks into it":   {"[tools.tar.gz, {path: a.msh, as: case/0/T}]", []string{"tools.tar.gz may hold case/0/T"}},
		"it is not unpacked":     {"[{path: tools.tar.gz, decompress: false}, {path: a.msh, as: case/0/T}]", nil},
		"nothing is in a folder": {"[tools.tar.gz, base.zip, {path: a.msh, as: b.msh}]", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			inputs(t, dir, tc.inputs, files.Reading{Notice: func(n files.Notice) {
				text, _, _ := bytes.Cut([]byte(n.Message), []byte(", too"))
				got = append(got, string(text))
			}})
			same(t, tc.want, got)
		})
	}
}

// archives counts which archives are remembered.
type archives struct{ asked, kept []string }

func (*archives) Recall(string, stamp.Stamp) (content.Digest, bool) { return content.Digest{}, false }
func (*archives) Remember(string, stamp.Stamp, content.Digest)      {}
func (a *archives) Archive(key string) (content.Digest, bool) {
	a.asked = append(a.asked, key)
	return content.Digest{}, false
}
func (a *archives) RememberArchive(key string, _ content.Digest) { a.kept = append(a.kept, key) }

// A large folder is packed once for a whole sweep, and its digest is not pushed out of the
// memory by the small archives of the points.
func TestPointsShareWhatTheyDoNotRender(t *testing.T) {
	t.Parallel()
	dir, memory := cavity(t), &archives{}
	jobs := load(t, dir, `matrix: {u: [1, 2, 3]}
inputs:
  - {path: case, pack: case.tar.gz, template: ["0/U"]}
  - {path: a.msh, as: case/mesh.msh}
  - {path: T.tmpl, template: true, as: case/system/controlDict}
`)
	found, problems, err := files.Read(t.Context(), jobs, files.Reading{Memory: memory})
	if err != nil || len(problems) > 0 {
		t.Fatalf("%v %v", problems, err)
	}
	uploads := make(map[string]int)
	for _, list := range found {
		for _, in := range list {
			uploads[in.Called()+" "+in.SHA512]++
		}
	}
	counts := make(map[int]int)
	for _, n := range uploads {
		counts[n]++
	}
	same(t, map[int]int{3: 2, 1: 6}, counts) // for all: the folder and the mesh
	if len(memory.asked) != 1 || !slices.Equal(memory.asked, memory.kept) {
		t.Errorf("asked for %d archives, kept %d", len(memory.asked), len(memory.kept))
	}
}

func TestTemplatesThatAreNone(t *testing.T) {
	t.Parallel()
	dir := cavity(t)
	write(t, dir, "case/0/latin", "caf\xe9")
	write(t, dir, "case/0/binary", "\x00\x01")
	jobs := load(t, dir, `inputs:
  - {path: case, pack: case.tar.gz, template: ["0/latin", "0/binary", "case/0/U", Allrun]}
  - {path: case/0/latin, template: true}
`)
	_, problems := files.Find(jobs)
	var got []string
	for _, p := range problems {
		got = append(got, fmt.Sprintf("%d:%d %s %s | %s", p.Pos.Line, p.Pos.Col, p.Rule, p.Message, p.Hint))
	}
	same(t, []string{
		"7:48 unreadable-input template case/0/latin is not UTF-8 text, and would be changed | save it as UTF-8, or leave it out of template to pack it as it is",
		"7:59 unreadable-input template case/0/binary is a binary file, not a text | leave it out of template to pack it as it is",
		`7:71 empty-glob template "case/0/U" matches none of the packed files of case | patterns start in the packed folder: write 0/U`,
		`7:83 empty-glob template "Allrun" matches none of the packed files of case | patterns start in the packed folder; a pattern without / matches a file of that name in any folder below`,
	}, got)
}
