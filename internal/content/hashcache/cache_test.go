package hashcache_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/hashcache"
)

func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// old is a time that is settled.
func old() time.Time { return time.Now().Add(-time.Hour) }

// put writes a file with a time of its own.
func put(t *testing.T, path, text string, at time.Time) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

// hash returns the digest of a file and whether it was read.
func hash(t *testing.T, c *hashcache.Cache, path string) (sum string, read bool) {
	t.Helper()
	h := content.Hasher{Memory: c, Tell: func(content.Progress) { read = true }}
	digests, err := h.All(t.Context(), []string{path})
	if err != nil {
		t.Fatal(err)
	}
	return digests[0].SHA512, read
}

func sumOf(text string) string { return fmt.Sprintf("%x", sha512.Sum512([]byte(text))) }

func save(t *testing.T, c *hashcache.Cache) {
	t.Helper()
	if err := c.Save(); err != nil {
		t.Fatal(err)
	}
}

// TestUnchangedFileIsNotRead also changes everything that a stamp is made of, one
// at a time: the digest is always that of the content.
func TestUnchangedFileIsNotRead(t *testing.T) {
	t.Parallel()
	at := old()
	for name, tc := range map[string]struct {
		change func(t *testing.T, path string)
		text   string // afterwards
		read   bool
	}{
		"nothing": {func(*testing.T, string) {}, "deck", false},
		"size":    {func(t *testing.T, path string) { t.Helper(); put(t, path, "decks", at) }, "decks", true},
		"time":    {func(t *testing.T, path string) { t.Helper(); put(t, path, "DECK", at.Add(1)) }, "DECK", true},
		"content alone, time set back": {
			func(t *testing.T, path string) { t.Helper(); put(t, path, "DECK", at) }, "DECK", true,
		},
		"another file of the same size and time": {func(t *testing.T, path string) {
			t.Helper()
			put(t, path+"2", "DECK", at)
			if err := os.Rename(path+"2", path); err != nil {
				t.Fatal(err)
			}
		}, "DECK", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, cache := filepath.Join(t.TempDir(), "deck"), filepath.Join(t.TempDir(), "x", "hashes")
			put(t, path, "deck", at)
			first := hashcache.Open(cache)
			if sum, read := hash(t, first, path); !read || sum != sumOf("deck") {
				t.Fatalf("read %v, sum %s", read, sum)
			}
			save(t, first)
			tc.change(t, path)
			sum, read := hash(t, hashcache.Open(cache), path)
			same(t, []any{sumOf(tc.text), tc.read}, []any{sum, read})
		})
	}
}

// A file that was written to a moment ago may be written to again within the same
// tick of its clock; so is one with a time that is still to come.
func TestRecentFileIsNotRemembered(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]time.Time{"now": time.Now(), "to come": time.Now().Add(time.Hour)} {
		dir := t.TempDir()
		path, cache := filepath.Join(dir, "deck"), filepath.Join(dir, "hashes")
		put(t, path, "deck", at)
		c := hashcache.Open(cache)
		hash(t, c, path)
		if _, read := hash(t, c, path); !read {
			t.Errorf("%s: remembered within the command", name)
		}
		save(t, c)
		if _, err := os.Stat(cache); err == nil {
			t.Errorf("%s: a cache was written for nothing", name)
		}
	}
}

// saved is a cache with one file and one archive.
func saved(t *testing.T) (cache, path string) {
	t.Helper()
	dir := t.TempDir()
	cache, path = filepath.Join(dir, "hashes"), filepath.Join(dir, "deck")
	put(t, path, "deck", old())
	c := hashcache.Open(cache)
	hash(t, c, path)
	c.RememberArchive("key", content.Digest{SHA512: sumOf("archive"), Size: 7})
	save(t, c)
	return cache, path
}

func TestArchives(t *testing.T) {
	t.Parallel()
	cache, _ := saved(t)
	c := hashcache.Open(cache)
	got, ok := c.Archive("key")
	same(t, []any{content.Digest{SHA512: sumOf("archive"), Size: 7}, true}, []any{got, ok})
	_, ok = c.Archive("other")
	same(t, false, ok)
}

// TestDamagedCache cuts and turns a cache at every byte: it is whole, or as good
// as none.
func TestDamagedCache(t *testing.T) {
	t.Parallel()
	cache, path := saved(t)
	text, err := os.ReadFile(cache)
	if err != nil {
		t.Fatal(err)
	}
	try := func(what string, damaged []byte) {
		if err := os.WriteFile(cache, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		c := hashcache.Open(cache)
		sum, read := hash(t, c, path)
		if _, ok := c.Archive("key"); sum != sumOf("deck") || !read || ok {
			t.Errorf("%s: sum %s, read %v, archive %v", what, sum, read, ok)
		}
	}
	for i := range text {
		try(fmt.Sprintf("cut after %d", i), text[:i])
		turned := bytes.Clone(text)
		turned[i] ^= 1
		try(fmt.Sprintf("turned at %d", i), turned)
	}
	// The next command makes a whole one of it.
	c := hashcache.Open(cache)
	hash(t, c, path)
	save(t, c)
	if _, read := hash(t, hashcache.Open(cache), path); read {
		t.Error("a damaged cache was not replaced")
	}
}

func TestSaveKeepsWhatOthersWrote(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cache := filepath.Join(dir, "hashes")
	var all sync.WaitGroup
	for _, name := range []string{"a", "b"} {
		put(t, filepath.Join(dir, name), name, old())
	}
	first, second := hashcache.Open(cache), hashcache.Open(cache)
	hash(t, first, filepath.Join(dir, "a"))
	hash(t, second, filepath.Join(dir, "b"))
	save(t, first)
	save(t, second)
	for _, name := range []string{"a", "b"} {
		if _, read := hash(t, hashcache.Open(cache), filepath.Join(dir, name)); read {
			t.Errorf("%s was forgotten", name)
		}
	}
	// Many at once leave a whole one, whoever was the last.
	for range 8 {
		all.Go(func() {
			c := hashcache.Open(cache)
			c.RememberArchive("key", content.Digest{SHA512: sumOf("archive"), Size: 7})
			if err := c.Save(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if _, ok := hashcache.Open(cache).Archive("key"); !ok {
		t.Error("nothing whole was left")
	}
	left, err := filepath.Glob(filepath.Join(dir, "hashes.*"))
	same(t, []any{0, nil}, []any{len(left), err})
}

// Several manifests in several folders are one command: each folder gets all of it.
func TestSeveralCaches(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, a, b := filepath.Join(dir, "deck"), filepath.Join(dir, "a", "hashes"), filepath.Join(dir, "b", "hashes")
	put(t, path, "deck", old())
	c := hashcache.Open(a, b)
	hash(t, c, path)
	save(t, c)
	for _, cache := range []string{a, b} {
		if _, read := hash(t, hashcache.Open(cache), path); read {
			t.Errorf("%s does not know it", cache)
		}
	}
}

func TestFilesThatAreGoneAreForgotten(t *testing.T) {
	t.Parallel()
	cache, path := saved(t)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	c := hashcache.Open(cache)
	c.RememberArchive("other", content.Digest{SHA512: sumOf("x"), Size: 1})
	save(t, c)
	text, err := os.ReadFile(cache)
	if err != nil || strings.Contains(string(text), "deck") || !strings.Contains(string(text), "other") {
		t.Errorf("%v %s", err, text)
	}
}

func TestUnwritableCache(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "deck")
	put(t, path, "deck", old())
	c := hashcache.Open(filepath.Join(path, "hashes")) // below a file
	if sum, _ := hash(t, c, path); sum != sumOf("deck") {
		t.Error(sum)
	}
	if c.Save() == nil {
		t.Error("saved below a file")
	}
}

// FuzzOpen opens a cache with any body that has the right sum: whatever it is, no
// digest comes out that is not one.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(`{"files":[{"path":"/a","size":1,"mtime":2,"sha512":"` + sumOf("a") + `"}],"archives":[{"key":"k","size":1,"sha512":"` + sumOf("b") + `"}]}`))
	f.Add([]byte(`{"files":[{"path":"/a","size":-1,"sha512":"xyz"}]}`))
	f.Add([]byte(`null`))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, body []byte) {
		path := filepath.Join(dir, "hashes")
		text := append(fmt.Appendf(nil, "rescale-apply hashes 1 %x\n", sha256.Sum256(body)), body...)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if d, ok := hashcache.Open(path).Archive("k"); ok && (len(d.SHA512) != 128 || d.Size < 0) {
			t.Errorf("%+v", d)
		}
		c := hashcache.Open(path)
		c.RememberArchive("mine", content.Digest{SHA512: sumOf("c"), Size: 3})
		save(t, c)
		if d, ok := hashcache.Open(path).Archive("mine"); !ok || d.Size != 3 {
			t.Errorf("%v %+v", ok, d)
		}
	})
}
