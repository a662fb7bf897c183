package sources

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/app/options/cmdline"
	"github.com/rescale-apply/rescale-apply/internal/content/reach"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
)

// Variables reads a file that stands after --var-file.
func Variables(name string) (diag.Source, error) {
	source, err := File(name)
	if errors.Is(err, fs.ErrNotExist) {
		return source, cmdline.Usage("no file of variables "+name, nearby(name))
	}
	return source, err
}

// File reads one file, but never more of it than the limit and one byte: the
// parser refuses a longer one by its length.
func File(name string) (diag.Source, error) {
	file, err := os.Open(name)
	if err != nil {
		return diag.Source{}, fmt.Errorf("reading %s: %w", name, reason(err))
	}
	defer file.Close()
	text, err := limited(file)
	if err != nil {
		return diag.Source{}, fmt.Errorf("reading %s: %w", name, reason(err))
	}
	return diag.Source{Name: name, Dir: filepath.Dir(name), Text: text}, nil
}

func limited(r io.Reader) ([]byte, error) { return io.ReadAll(io.LimitReader(r, yamlsrc.MaxBytes+1)) }

// reason is an error of the file system without the path, which is named already.
func reason(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// Tables reads files that manifests name, once, and keeps them so that their lines can
// be shown.
type Tables struct {
	Contained bool // nothing outside of the manifest's repository is read
	Texts     []diag.Source
}

// Open gives the text of a file that a manifest in the folder dir names.
func (s *Tables) Open(dir, name string) (diag.Source, error) {
	root := reach.Root(dir)
	bounds := reach.Reach{}
	if s.Contained {
		bounds.Root = root
	}
	known := slices.IndexFunc(s.Texts, func(t diag.Source) bool { return t.Name == name })
	if known >= 0 && bounds.Check(name) == nil {
		return s.Texts[known], nil
	}
	source, err := named(bounds, name)
	if err == nil {
		s.Texts = append(s.Texts, source)
	}
	return source, err
}

// named reads a regular file, within bounds. A pipe would wait for ever.
func named(bounds reach.Reach, name string) (diag.Source, error) {
	err := bounds.Check(name)
	if err == nil {
		var info fs.FileInfo
		if info, err = os.Stat(name); err == nil && !info.Mode().IsRegular() {
			err = reach.ErrNoFile
		}
	}
	if err != nil {
		return diag.Source{}, fmt.Errorf("reading %s: %w", name, reason(err))
	}
	source, err := File(name)
	if err == nil && len(source.Text) > yamlsrc.MaxBytes {
		err = fmt.Errorf("reading %s: it is larger than %d MB", name, yamlsrc.MaxBytes>>20)
	}
	return source, err
}

// Shown reads a template once more, to show a line of it: none when it is not of the
// repository of one of the manifests.
func Shown(manifests []diag.Source, name string) diag.Source {
	for _, m := range manifests {
		if source, err := named(reach.Reach{Root: reach.Root(m.Dir)}, name); err == nil {
			return source
		}
	}
	return diag.Source{Name: name, Foreign: true}
}

// Mark tells which texts are foreign to all of the manifests.
func Mark(texts, manifests []diag.Source) {
	for i := range texts {
		place := reach.Real(texts[i].Name)
		texts[i].Foreign = !slices.ContainsFunc(manifests, func(m diag.Source) bool { return reach.Inside(reach.Root(m.Dir), place) })
	}
}
