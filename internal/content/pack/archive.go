// Package pack makes an archive of a file tree as a stream: the same tree gives the
// same bytes, wherever and whenever it is packed, and no archive is ever complete in
// memory or on disk. It knows no manifest and no HTTP.
//
// An archive has the regular files of a tree in the order of their names, all of
// one time and one owner, each either executable or not. Links are followed, and
// folders are there because files are in them: what git does not keep (empty
// folders, owners, times) must not make a tree look changed on another machine.
package pack

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/content"
)

// Format is an archive format. Its text ends the name of an archive.
type Format string

// The formats.
const (
	TarGzip Format = ".tar.gz"
	Tgz     Format = ".tgz" // TarGzip under its short name
	Tar     Format = ".tar"
	Zip     Format = ".zip"
)

// FormatOf returns the format that a name stands for.
func FormatOf(name string) (Format, bool) {
	for _, f := range []Format{TarGzip, Tgz, Tar, Zip} {
		if strings.HasSuffix(name, string(f)) {
			return f, true
		}
	}
	return "", false
}

// File is one file of an archive.
type File struct {
	Name       string // in the archive, with slashes
	Path       string // on this disk
	Size       int64  // bytes
	ModTime    time.Time
	Executable bool
	SHA512     string // lower hex; empty until it was hashed
	Made       Maker  // of content that is made of the file at Path; nil for the file as it is
}

// Maker makes the content of a file, the same each time.
type Maker interface {
	// Write writes it.
	Write(to io.Writer) error
	// Digest returns its SHA-512, in hex, and its size in bytes.
	Digest() (sum string, size int64)
}

// Archive is a tree that can be packed. The files need their digests for everything but
// names.
type Archive struct {
	Format Format
	Files  []File // by name
}

// New returns an archive of files, under their names below the pattern.
func New(format Format, files []content.File) (*Archive, error) {
	a := &Archive{Format: format, Files: make([]File, len(files))}
	for i, f := range files {
		executable, err := isExecutable(f)
		if err != nil {
			return nil, &content.UnreadableError{Path: f.Rel, Err: err}
		}
		a.Files[i] = File{Name: f.Below, Path: f.Path, Size: f.Size, ModTime: f.ModTime, Executable: executable}
	}
	slices.SortFunc(a.Files, func(x, y File) int { return cmp.Compare(x.Name, y.Name) })
	return a, nil
}

// Only returns the archive of some of the files, by their names; nil when there are none.
func (a *Archive) Only(keep func(name string) bool) *Archive {
	part := &Archive{Format: a.Format}
	for _, f := range a.Files {
		if keep(f.Name) {
			part.Files = append(part.Files, f)
		}
	}
	if len(part.Files) == 0 {
		return nil
	}
	return part
}

// isExecutable reads the mode. Windows has none; there the beginning of the file
// decides, so that a script packed there can be started too.
func isExecutable(f content.File) (bool, error) {
	if runtime.GOOS != "windows" {
		return f.Mode&0o111 != 0, nil
	}
	return isProgram(f.Path)
}

func isProgram(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, 4)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, err
	}
	return bytes.HasPrefix(head[:n], []byte("#!")) || string(head[:n]) == "\x7fELF", nil
}

// Tree returns the identity of what is in the archive, as SHA-256 in hex: names,
// contents, and which files are executable. It depends neither on the format nor on who
// packs it, and must never change for an unchanged tree.
func (a *Archive) Tree() string {
	sum := sha256.New()
	sum.Write([]byte("tree 1\n"))
	lines := json.NewEncoder(sum)
	lines.SetEscapeHTML(false)
	for _, f := range a.Files {
		mode := "644"
		if f.Executable {
			mode = "755"
		}
		if err := lines.Encode([]string{f.Name, mode, f.SHA512}); err != nil {
			panic("pack: strings always marshal: " + err.Error())
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// packer is the version of the bytes that packing makes of a tree. A change of the
// bytes must raise it.
const packer = "1"

// Key returns everything that the bytes of the archive depend on: the tree, the format,
// and who packs it. Compression belongs to the Go release.
func (a *Archive) Key() string {
	return fmt.Sprintf("%s %s %s%s", packer, runtime.Version(), a.Tree(), a.Format)
}

// Size returns how many bytes the files have together.
func (a *Archive) Size() int64 {
	var total int64
	for _, f := range a.Files {
		total += f.Size
	}
	return total
}

// Unchanged compares the size and time of every file on the disk with what they were. The error
// names the first that differs: *[content.ChangedError], or why it cannot be examined.
func (a *Archive) Unchanged() error {
	for _, f := range a.Files {
		if f.Made != nil {
			continue // it is in memory
		}
		if err := content.Unchanged(f.Path, f.Size, f.ModTime); err != nil {
			return err
		}
	}
	return nil
}
