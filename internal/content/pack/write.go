package pack

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/content"
)

// writer writes one of the formats.
type writer interface {
	// next begins a file; its content is written to the returned writer.
	next(File) (io.Writer, error)
	io.Closer
	// abandon ends it early, instead of Close.
	abandon()
}

// stored is the time of every file: the first that zip knows. At zero, tar would
// complain when it unpacks the file.
func stored() time.Time { return time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC) }

func (f File) mode() fs.FileMode {
	if f.Executable {
		return 0o755
	}
	return 0o644
}

type tarWriter struct {
	*tar.Writer
	compressed *gzipWriter // nil when it is plain
}

func (w tarWriter) next(f File) (io.Writer, error) {
	header := &tar.Header{
		Typeflag: tar.TypeReg, Name: f.Name, Size: f.Size, Mode: int64(f.mode()), ModTime: stored(),
	}
	return w.Writer, w.WriteHeader(header)
}

func (w tarWriter) Close() error {
	err := w.Writer.Close()
	if err == nil && w.compressed != nil {
		err = w.compressed.Close()
	}
	return err
}

func (w tarWriter) abandon() {
	if w.compressed != nil {
		w.compressed.abandon()
	}
}

type zipWriter struct{ *zip.Writer }

func (zipWriter) abandon() {}

func (w zipWriter) next(f File) (io.Writer, error) {
	header := &zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: stored()}
	header.SetMode(f.mode())
	return w.CreateHeader(header)
}

func newWriter(format Format, to io.Writer) (writer, error) {
	switch format {
	case Zip:
		w := zip.NewWriter(to)
		w.RegisterCompressor(zip.Deflate, func(to io.Writer) (io.WriteCloser, error) { return flate.NewWriter(to, flate.BestSpeed) })
		return zipWriter{w}, nil
	case Tar:
		return tarWriter{Writer: tar.NewWriter(to)}, nil
	case TarGzip, Tgz:
		compressed := newGzipWriter(to)
		return tarWriter{tar.NewWriter(compressed), compressed}, nil
	}
	return nil, fmt.Errorf("packing: there is no format %q", format)
}

// bufferSize is the piece in which files are read.
const bufferSize = 256 << 10

// write packs all files.
func (a *Archive) write(to io.Writer, tell func(File, int)) error {
	w, err := newWriter(a.Format, to)
	if err != nil {
		return err
	}
	err = a.members(w, tell)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		w.abandon()
	}
	return err
}

// members writes every file, and compares it with its digest on the way, so that
// an archive never has other content than its tree says.
func (a *Archive) members(w writer, tell func(File, int)) error {
	buffer := make([]byte, bufferSize)
	for _, f := range a.Files {
		member, err := w.next(f)
		if err == nil {
			err = f.copy(member, buffer, func(n int) { tell(f, n) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// open returns the content from its beginning.
func (f File) open() (io.ReadCloser, error) {
	if f.Made == nil {
		return os.Open(f.Path)
	}
	var made bytes.Buffer
	err := f.Made.Write(&made)
	return io.NopCloser(&made), err
}

func (f File) copy(to io.Writer, buffer []byte, tell func(int)) error {
	file, err := f.open()
	if err != nil {
		return fmt.Errorf("packing: %w", err)
	}
	defer file.Close()
	sum := sha512.New()
	// One byte more than expected, to see that it ends.
	from := io.LimitReader(file, f.Size+1)
	left := f.Size
	for {
		n, err := from.Read(buffer)
		if left -= int64(n); left < 0 {
			return &content.ChangedError{Path: f.Path}
		}
		sum.Write(buffer[:n]) // a hash never fails
		if _, err := to.Write(buffer[:n]); err != nil {
			return err
		}
		if n > 0 {
			tell(n)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("packing: %w", err)
		}
	}
	if left != 0 || hex.EncodeToString(sum.Sum(nil)) != f.SHA512 {
		return &content.ChangedError{Path: f.Path}
	}
	return nil
}

// stream is an archive while it is packed.
type stream struct {
	*io.PipeReader
	packed chan struct{}
}

// Close stops packing, even before the end.
func (s *stream) Close() error {
	err := s.PipeReader.Close()
	<-s.packed
	return err
}

// Open begins to pack; Read returns the bytes of the archive. Read fails with a
// *[content.ChangedError] when a file is not what was hashed.
func (a *Archive) Open() io.ReadCloser { return a.open(func(File, int) {}) }

func (a *Archive) open(tell func(File, int)) io.ReadCloser {
	r, w := io.Pipe()
	s := &stream{r, make(chan struct{})}
	go func() {
		defer close(s.packed)
		buffered := bufio.NewWriterSize(w, bufferSize)
		err := a.write(buffered, tell)
		if err == nil {
			err = buffered.Flush()
		}
		w.CloseWithError(err) // nil is the end
	}()
	return s
}

// Measure packs the archive to nowhere, and returns the digest of its bytes: the
// platform wants to know their number before the first of them.
func (a *Archive) Measure(ctx context.Context, name string, tell func(content.Progress)) (content.Digest, error) {
	progress := content.Progress{Act: "packing", File: name, Total: a.Size()}
	packed := a.open(func(_ File, n int) {
		progress.Done += int64(n)
		if tell != nil {
			tell(progress)
		}
	})
	defer packed.Close()
	sum := sha512.New()
	size, err := io.CopyBuffer(sum, listening{packed, ctx}, make([]byte, bufferSize))
	if err != nil {
		return content.Digest{}, err
	}
	return content.Digest{SHA512: hex.EncodeToString(sum.Sum(nil)), Size: size}, nil
}

// listening stops reading when ctx ends.
type listening struct {
	io.Reader
	ctx context.Context //nolint:containedctx // it lives as long as one call
}

// Read passes on what was read.
func (l listening) Read(p []byte) (int, error) {
	if err := l.ctx.Err(); err != nil {
		return 0, err
	}
	return l.Reader.Read(p)
}
