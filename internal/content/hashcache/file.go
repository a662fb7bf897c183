package hashcache

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/content/stamp"
)

// fileEntry is what is remembered of one file.
type fileEntry struct {
	Path string `json:"path"`
	stamp.Stamp
	SHA512 string `json:"sha512"`
}

// archiveEntry is what is remembered of one archive.
type archiveEntry struct {
	Key    string `json:"key"`
	Size   int64  `json:"size"`
	SHA512 string `json:"sha512"`
}

// body is the file after its first line.
type body struct {
	Files    []fileEntry    `json:"files"`
	Archives []archiveEntry `json:"archives"`
}

// header begins the first line; the SHA-256 of everything after that line ends it, so
// that half a file is never trusted.
const header = "rescale-apply hashes 1 "

// load reads a cache; empty when anything is wrong with it.
func load(path string) entries {
	none := entries{files: make(map[string]fileEntry)}
	text, err := os.ReadFile(path)
	if err != nil {
		return none
	}
	if read, ok := decode(text); ok {
		return read
	}
	return none
}

func decode(text []byte) (entries, bool) {
	first, rest, _ := bytes.Cut(text, []byte("\n"))
	sum, ours := strings.CutPrefix(string(first), header)
	if !ours || sum != hexSum(rest) {
		return entries{}, false
	}
	var b body
	if json.Unmarshal(rest, &b) != nil {
		return entries{}, false
	}
	e := entries{files: make(map[string]fileEntry, len(b.Files)), archives: b.Archives}
	for _, f := range b.Files {
		if !isSHA512(f.SHA512) || f.Size < 0 {
			return entries{}, false
		}
		e.files[f.Path] = f
	}
	return e, !slices.ContainsFunc(e.archives, func(a archiveEntry) bool { return !isSHA512(a.SHA512) || a.Size < 0 })
}

func isSHA512(s string) bool {
	const digits = 128
	return len(s) == digits && strings.Trim(s, "0123456789abcdef") == ""
}

func encode(e entries) ([]byte, error) {
	b := body{Archives: e.archives}
	b.Files = slices.SortedFunc(maps.Values(e.files), func(x, y fileEntry) int { return cmp.Compare(x.Path, y.Path) })
	rest, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	return append([]byte(header+hexSum(rest)+"\n"), rest...), nil
}

func hexSum(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// write replaces the file atomically, without a flush: after a power failure the sum
// does not match, and the files are read again.
func write(path string, e entries) error {
	text, err := encode(e)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = cmp.Or(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error counts
	}
	return err
}
