package ignore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"syscall"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/content/reach"
)

// Name is what ignore files are called.
const Name = ".rescaleignore"

// Tree answers for a folder and everything below it, from the ignore files in it. A
// deeper file has the last word. It is not safe for concurrent use.
type Tree struct {
	Reach reach.Reach // of the links that lead to ignore files

	top     string
	lists   map[string]List // by folder
	folders map[string]bool // folders that are left out
}

// NewTree returns the Tree of the folder top.
func NewTree(top string) *Tree {
	return &Tree{top: top, lists: make(map[string]List), folders: make(map[string]bool)}
}

// Ignored reports whether the path, which has slashes and starts from the top, is left
// out, alone or with a folder that it is in. The error is for an ignore file that
// exists and cannot be read.
func (t *Tree) Ignored(rel string, kind Kind) (bool, error) {
	if rel == "." {
		return false, nil
	}
	if known, ok := t.folders[rel]; ok && kind == Folder {
		return known, nil
	}
	ignored, err := t.Ignored(path.Dir(rel), Folder)
	if err == nil && !ignored {
		ignored, err = t.judge(rel, kind)
	}
	if err == nil && kind == Folder {
		t.folders[rel] = ignored
	}
	return ignored, err
}

// judge asks the lists from the path's own folder up.
func (t *Tree) judge(rel string, kind Kind) (bool, error) {
	below := path.Base(rel)
	for folder := path.Dir(rel); ; folder = path.Dir(folder) {
		list, err := t.list(folder)
		if err != nil {
			return false, err
		}
		if v := list.Match(below, kind); v != Silent || folder == "." {
			return v == Ignored, nil
		}
		below = path.Join(path.Base(folder), below)
	}
}

func (t *Tree) list(folder string) (List, error) {
	list, known := t.lists[folder]
	if known {
		return list, nil
	}
	text, err := t.read(filepath.Join(t.top, filepath.FromSlash(folder), Name))
	if err == nil {
		list = Parse(string(text))
		t.lists[folder] = list
	}
	return list, err
}

// Bounds of an ignore file. One of git has a hundred lines; a larger one was not
// written by hand, and all files are compared with all lines.
const (
	mostBytes = 256 << 10
	mostLines = 5000
	longest   = 1000 // bytes of a line
)

// read reads an ignore file; a missing one is empty. One that cannot be understood is
// an error: the files that it should leave out would be sent.
func (t *Tree) read(name string) ([]byte, error) {
	refuse := func(err error) ([]byte, error) {
		return nil, &fs.PathError{Op: "reading", Path: name, Err: err}
	}
	info, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	if err == nil && !info.Mode().IsRegular() {
		if err := t.Reach.Check(name); err != nil {
			return refuse(err)
		}
		if info, err = os.Stat(name); errors.Is(err, fs.ErrNotExist) {
			target, _ := os.Readlink(name)
			return refuse(fmt.Errorf("it is a link to %q, which does not exist", target))
		}
	}
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return refuse(reach.ErrNoFile)
	case info.Size() > mostBytes:
		return refuse(errTooLarge)
	}
	text, err := readBounded(name)
	if err != nil {
		return nil, err
	}
	if err := unfit(text); err != nil {
		return refuse(err)
	}
	return text, nil
}

// unfit returns why a text is no ignore file.
func unfit(text []byte) error {
	switch {
	case len(text) > mostBytes || bytes.Count(text, []byte("\n")) > mostLines:
		return errTooLarge
	case !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0:
		return errNotText
	case slices.ContainsFunc(bytes.Split(text, []byte("\n")), func(line []byte) bool { return len(line) > longest }):
		return errTooLong
	}
	return nil
}

// readBounded reads a file, at most one byte beyond the limit.
func readBounded(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, mostBytes+1))
}

// Why an ignore file is not read. The first is mostly about UTF-16, which some Windows
// editors write.
var (
	errNotText  = errors.New("it is not UTF-8 text; save it as UTF-8")
	errTooLarge = fmt.Errorf("it is larger than an ignore file may be, %d KB in %d lines; write patterns instead of names", mostBytes>>10, mostLines)
	errTooLong  = fmt.Errorf("one of its lines is longer than %d bytes", longest)
)
