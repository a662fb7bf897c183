package ignore

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"
	"unicode/utf8"
)

// Name is what ignore files are called.
const Name = ".rescaleignore"

// Tree answers for a folder and all below it, out of the ignore files that lie
// there. A deeper file has the last word. It is not for concurrent use.
type Tree struct {
	top     string
	lists   map[string]List // by folder
	folders map[string]bool // folders that are left out
}

// NewTree answers for the folder top.
func NewTree(top string) *Tree {
	return &Tree{top: top, lists: make(map[string]List), folders: make(map[string]bool)}
}

// Ignored tells whether the path, which has slashes and starts from the top, is
// left out, alone or with a folder that it is in. The error is for an ignore file
// that is there and can not be read.
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
	text, err := read(filepath.Join(t.top, filepath.FromSlash(folder), Name))
	if err == nil {
		list = Parse(string(text))
		t.lists[folder] = list
	}
	return list, err
}

// read reads an ignore file; none says nothing. One that is there and cannot be
// understood is an error: what it was meant to leave out would be sent.
func read(name string) ([]byte, error) {
	// Opening a pipe would wait for ever, and a device may have no end.
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "reading", Path: name, Err: errNoFile}
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		if target, linkErr := os.Readlink(name); linkErr == nil {
			return nil, &fs.PathError{Op: "reading", Path: name, Err: fmt.Errorf("it is a link to %q, which does not exist", target)}
		}
		return nil, nil
	}
	if err == nil && (!utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0) {
		err = &fs.PathError{Op: "reading", Path: name, Err: errNotText}
	}
	return text, err
}

// errNoFile is about folders, pipes and devices.
var errNoFile = errors.New("it is not a regular file")

// errNotText is about UTF-16 above all, which some editors of Windows write.
var errNotText = errors.New("it is not UTF-8 text; save it as UTF-8")
