package files

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
	"github.com/rescale-apply/rescale-apply/spec/expr"
)

// Rendering is a template with the values of one job. The template is kept as it was
// read, so the uploaded text is the hashed one, whatever happens to the file.
type Rendering struct {
	text   expr.Template
	values expr.Scope
}

// Write writes the text with the values filled in.
func (r *Rendering) Write(w io.Writer) error { return r.text.Write(w, r.values) }

// Digest returns the SHA-512 of the text, in hex, and its size in bytes.
func (r *Rendering) Digest() (sum string, size int64) {
	hash, length := sha512.New(), counter(0)
	_ = r.Write(io.MultiWriter(hash, &length)) // neither ever fails
	return hex.EncodeToString(hash.Sum(nil)), int64(length)
}

// hashRenderings renders every template, on all processors, and keeps the digests.
func hashRenderings(ctx context.Context, inputs [][]Input) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, list := range inputs {
		for i := range list {
			in, made := &list[i], list[i].made() // a copy of the input is read here, and written to below
			if in.Rendering != nil {
				group.Go(func() error {
					in.SHA512, in.Size = in.Rendering.Digest()
					return ctx.Err()
				})
			}
			for _, file := range made {
				group.Go(func() error {
					file.SHA512, file.Size = file.Made.Digest()
					return ctx.Err()
				})
			}
		}
	}
	return group.Wait()
}

// counter counts the bytes that are written to it.
type counter int64

// Write counts p.
func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// Open returns the bytes to upload, each time from the beginning.
func (r *Rendering) Open() (io.ReadCloser, error) {
	var text bytes.Buffer
	err := r.Write(&text)
	return io.NopCloser(&text), err
}

// template is a file with references.
type template struct {
	expr.Template
	places   []diag.Position // of its references
	problems diag.List
}

// maxTemplate is the largest file, in bytes, that is read into memory as a template.
const maxTemplate = 64 << 20

// render fills in a template; nil when it has a problem.
func (f finder) render(in Input) *Rendering {
	t, known := f.disk.read[in.Path]
	if !known {
		t = &template{}
		t.read(in, filepath.Join(f.dir, filepath.FromSlash(in.Rel)))
		f.disk.read[in.Path] = t
	}
	problems := slices.Clone(t.problems)
	for i, r := range t.References() {
		if !f.values.Knows(r) {
			message, hint := spec.NoSuchValue(r, f.values)
			problems.Add(t.places[i], diag.UnknownReference, hint, "%s", message)
		}
	}
	*f.problems = append(*f.problems, problems...)
	return &Rendering{t.Template, f.values}
}

// read reads the file of an input; name is what people call it.
func (t *template) read(in Input, name string) {
	hint := "delete template: true to upload the file as it is"
	if in.Load == Templates {
		hint = "leave it out of template to pack it as it is"
	}
	if in.Size > maxTemplate {
		t.problems.Add(in.Pos, diag.UnreadableInput, hint, "template %s is larger than %d MB", in.Rel, maxTemplate>>20)
		return
	}
	text, err := os.ReadFile(in.Path)
	switch {
	case err != nil:
		t.problems.Add(in.Pos, diag.UnreadableInput, "", "reading template %s: %v", in.Rel, err)
		return
	case bytes.IndexByte(text, 0) >= 0:
		t.problems.Add(in.Pos, diag.UnreadableInput, hint, "template %s is a binary file, not a text", in.Rel)
		return
	case !utf8.Valid(text):
		t.problems.Add(in.Pos, diag.UnreadableInput, "save it as UTF-8, or "+hint, "template %s is not UTF-8 text, and would be changed", in.Rel)
		return
	}
	parsed, mistakes := expr.Parse(string(text))
	t.Template = parsed
	p := pointer{name: name, rest: string(text), line: 1, col: 1}
	for _, r := range parsed.References() {
		t.places = append(t.places, p.at(r.Offset, r.Width()))
	}
	p = pointer{name: name, rest: string(text), line: 1, col: 1}
	for _, m := range mistakes {
		t.problems.Add(p.at(m.Offset, m.Width), diag.BadReference, m.Hint, "%s", m.Message)
	}
}

// pointer walks through a text and finds lines and columns.
type pointer struct {
	name      string
	rest      string
	offset    int // characters gone by
	line, col int
}

// at returns the position of a character, which must not lie before the last one asked
// for.
func (p *pointer) at(offset, width int) diag.Position {
	for p.offset < offset && p.rest != "" {
		r, n := utf8.DecodeRuneInString(p.rest)
		p.rest = p.rest[n:]
		p.offset++
		p.col++
		if r == '\n' {
			p.line, p.col = p.line+1, 1
		}
	}
	return diag.Position{File: p.name, Line: p.line, Col: p.col, Width: width}
}
