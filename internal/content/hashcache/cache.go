// Package hashcache keeps digests of files between two commands, beside the state, so
// that unchanged files are not read again. It only saves time: a cache that is damaged,
// of another version or not writable counts as none, and a command decides the same
// without it. It knows how to compare a file with what it was, not what the digests are
// for.
package hashcache

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"sync"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/stamp"
)

// Cache is a [content.Memory] that outlives the command. It is safe for
// concurrent use.
type Cache struct {
	paths []string

	mu    sync.Mutex
	known entries
	fresh entries // what this command learned
}

// entries are what is remembered.
type entries struct {
	files    map[string]fileEntry // by absolute path
	archives []archiveEntry       // newest first
}

// Open reads and merges the caches at the paths. It skips missing and incomplete ones.
func Open(paths ...string) *Cache {
	c := &Cache{paths: paths, known: entries{files: make(map[string]fileEntry)}, fresh: entries{files: make(map[string]fileEntry)}}
	for _, path := range paths {
		c.known.add(load(path))
	}
	return c
}

// Recall is part of [content.Memory].
func (c *Cache) Recall(path string, now stamp.Stamp) (content.Digest, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.known.files[path]
	if !ok || e.Stamp != now {
		return content.Digest{}, false
	}
	return content.Digest{SHA512: e.SHA512, Size: now.Size}, true
}

// Remember is part of [content.Memory].
func (c *Cache) Remember(path string, then stamp.Stamp, d content.Digest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := fileEntry{Path: path, Stamp: then, SHA512: d.SHA512}
	c.known.files[path], c.fresh.files[path] = e, e
}

// Archive returns the digest of the archive that was made under this key.
func (c *Cache) Archive(key string) (content.Digest, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.known.archives, func(e archiveEntry) bool { return e.Key == key })
	if i < 0 {
		return content.Digest{}, false
	}
	return content.Digest{SHA512: c.known.archives[i].SHA512, Size: c.known.archives[i].Size}, true
}

// RememberArchive stores the digest of an archive. The key must contain everything that
// the bytes depend on.
func (c *Cache) RememberArchive(key string, d content.Digest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one := entries{archives: []archiveEntry{{Key: key, SHA512: d.SHA512, Size: d.Size}}}
	c.known.add(one)
	c.fresh.add(one)
}

// Save writes what this command learned to every cache, together with what others wrote
// meanwhile. Of two concurrent writes one may be lost, which costs another read. Save
// writes nothing when nothing was learned.
func (c *Cache) Save() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.fresh.files) == 0 && len(c.fresh.archives) == 0 {
		return nil
	}
	var err error
	for _, path := range c.paths {
		whole := load(path)
		whole.forget()
		whole.add(c.fresh)
		err = errors.Join(err, write(path, whole))
	}
	return err
}

// forget drops files that are gone.
func (e *entries) forget() {
	maps.DeleteFunc(e.files, func(path string, _ fileEntry) bool {
		_, err := os.Lstat(path)
		return errors.Is(err, fs.ErrNotExist)
	})
}

// longest is how many archives are remembered.
const longest = 1000

// add puts newer entries before these.
func (e *entries) add(newer entries) {
	if e.files == nil {
		e.files = make(map[string]fileEntry, len(newer.files))
	}
	maps.Copy(e.files, newer.files)
	e.archives = slices.DeleteFunc(e.archives, func(a archiveEntry) bool {
		return slices.ContainsFunc(newer.archives, func(n archiveEntry) bool { return n.Key == a.Key })
	})
	e.archives = append(slices.Clone(newer.archives), e.archives...)
	e.archives = e.archives[:min(len(e.archives), longest)]
}
