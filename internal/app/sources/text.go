package sources

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/app/cmdline"
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

// Shelf reads files once and keeps them, so that their lines can be shown.
type Shelf struct{ Texts []diag.Source }

// Open gives the text of a file.
func (s *Shelf) Open(name string) (diag.Source, error) {
	if i := slices.IndexFunc(s.Texts, func(t diag.Source) bool { return t.Name == name }); i >= 0 {
		return s.Texts[i], nil
	}
	source, err := File(name)
	if err == nil && len(source.Text) > yamlsrc.MaxBytes {
		err = fmt.Errorf("reading %s: it is larger than %d MB", name, yamlsrc.MaxBytes>>20)
	}
	if err == nil {
		s.Texts = append(s.Texts, source)
	}
	return source, err
}
