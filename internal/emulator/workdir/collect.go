package workdir

import (
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Snapshot remembers the regular files of a work folder by their path.
type Snapshot map[string]state

func takeSnapshot(dir string) (Snapshot, error) {
	seen := Snapshot{}
	err := walk(dir, nil, func(rel string, info fs.FileInfo) error {
		if info.Mode().IsRegular() {
			seen[rel] = state{size: info.Size(), modTime: info.ModTime()}
		}
		return nil
	})
	return seen, err
}

// Result is a file that the command made or changed.
type Result struct {
	Rel     string // slash-separated
	Content string // path of the copy
	Size    int64
	SHA512  string // lower hex
}

// Collect copies every regular file that is new or changed since the snapshot into the files that temp creates,
// hashing on the way. Files and folders in skip are left alone. A link to a regular file inside the folder counts as a file with
// that content; links that lead out, and everything that is no file, are passed over. The results are sorted by path.
func Collect(dir string, before Snapshot, skip []string, temp func() (*os.File, error)) ([]Result, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening work folder: %w", err)
	}
	defer root.Close()
	changed, err := findChanged(dir, before, skip)
	if err != nil {
		return nil, err
	}
	var out []Result
	for _, rel := range changed {
		result, err := copyOut(root, rel, temp)
		if err != nil {
			return nil, fmt.Errorf("collecting %q: %w", rel, err)
		}
		if result != nil {
			out = append(out, *result)
		}
	}
	return out, nil
}

// CollectFile copies one file of a folder, as Collect does.
func CollectFile(dir, rel string, temp func() (*os.File, error)) (Result, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Result{}, err
	}
	defer root.Close()
	result, err := copyOut(root, rel, temp)
	if err != nil {
		return Result{}, fmt.Errorf("collecting %q: %w", rel, err)
	}
	if result == nil {
		return Result{}, fmt.Errorf("collecting %q: %w", rel, fs.ErrNotExist)
	}
	return *result, nil
}

func findChanged(dir string, before Snapshot, skip []string) ([]string, error) {
	var changed []string
	err := walk(dir, skip, func(rel string, info fs.FileInfo) error {
		was, known := before[rel]
		same := known && was.size == info.Size() && was.modTime.Equal(info.ModTime())
		wanted := info.Mode().IsRegular() || info.Mode()&fs.ModeSymlink != 0
		if wanted && !same {
			changed = append(changed, rel)
		}
		return nil
	})
	slices.Sort(changed)
	return changed, err
}

// copyOut returns nil for what turns out to be no file inside the folder.
func copyOut(root *os.Root, rel string, temp func() (*os.File, error)) (*Result, error) {
	info, err := root.Stat(rel)
	if err != nil || !info.Mode().IsRegular() {
		return nil, nil // a link that dangles or leaves the folder is no result, and no mistake
	}
	source, err := root.Open(rel)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	target, err := temp()
	if err != nil {
		return nil, err
	}
	sum := sha512.New()
	size, err := io.Copy(io.MultiWriter(target, sum), source)
	if err := errors.Join(err, target.Close()); err != nil {
		return nil, errors.Join(err, os.Remove(target.Name()))
	}
	return &Result{Rel: rel, Content: target.Name(), Size: size, SHA512: hex.EncodeToString(sum.Sum(nil))}, nil
}

// walk calls visit for everything in the folder but folders and what skip names, without following links.
func walk(dir string, skip []string, visit func(rel string, info fs.FileInfo) error) error {
	return filepath.WalkDir(dir, func(p string, entry fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(dir, p)
		if err := errors.Join(err, relErr); err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		switch left := slices.Contains(skip, rel); {
		case left && entry.IsDir():
			return fs.SkipDir
		case left || entry.IsDir():
			return nil
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return visit(rel, info)
	})
}
