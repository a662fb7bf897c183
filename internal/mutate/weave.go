package mutate

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// wrap puts text around a part of a file.
type wrap struct {
	start, end    int
	before, after string
}

// woven is a file with all of its wraps, outer ones before inner ones.
func woven(text []byte, wraps []wrap) []byte {
	before, after := make(map[int]string), make(map[int]string)
	for _, w := range wraps {
		before[w.start] += w.before
		after[w.end] = w.after + after[w.end]
	}
	var out bytes.Buffer
	for i := range len(text) + 1 {
		out.WriteString(after[i] + before[i])
		if i < len(text) {
			out.WriteByte(text[i])
		}
	}
	return out.Bytes()
}

// The variables that tell a test binary which mutant it is, and where to report the points that
// it reaches.
const (
	NumberVariable = "MUTANT"
	ReachVariable  = "MUTANT_REACH"
)

// switchboard is what the woven files call. A point counts as reached when its code runs, in
// any mutant.
const switchboard = `package %s

import (
	"fmt"
	"os"
	"strconv"
	"sync"
)

var (
	mutantNumber, _ = strconv.Atoi(os.Getenv("` + NumberVariable + `"))
	mutantReach     = func() *os.File {
		if os.Getenv("` + ReachVariable + `") == "" {
			return nil
		}
		f, err := os.OpenFile(os.Getenv("` + ReachVariable + `"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			panic(err)
		}
		return f
	}()
	mutantSeen sync.Map
)

func mutantOn(n int) bool {
	if mutantReach != nil {
		if _, seen := mutantSeen.LoadOrStore(n, true); !seen {
			fmt.Fprintln(mutantReach, n)
		}
	}
	return n == mutantNumber
}

func mutantPick[T any](n int, old, broken T) T {
	if mutantOn(n) {
		return broken
	}
	return old
}
`

// Woven is a package with all of its mutants in it, so that they are compiled once. The
// environment tells a test binary at its start which mutant it is.
type Woven struct {
	Points []Point // mutant n is Points[n-1]
	source *source
	wraps  map[*file][]wrap
	blocks map[*file][]block
}

// block is a branch, and the mutant that never takes it.
type block struct{ start, end, never int }

// Overlay writes into dir the woven files and the file that makes "go test -overlay" use them
// instead of the real ones.
func (w *Woven) Overlay(dir string) (overlay string, err error) {
	replace := make(map[string]string)
	put := func(path string, text []byte) error {
		replace[path] = filepath.Join(dir, filepath.Base(path))
		return os.WriteFile(replace[path], text, 0o600)
	}
	for _, f := range w.source.files {
		if err := put(f.path, woven(f.text, w.wraps[f])); err != nil {
			return "", err
		}
	}
	if err := put(filepath.Join(w.source.dir, "mutant_switchboard.go"), fmt.Appendf(nil, switchboard, w.source.name)); err != nil {
		return "", err
	}
	return overlayOf(dir, replace)
}

// Point is where a mutant differs from the program.
type Point struct {
	File     string // from the root of the module
	Func     string
	Old, New string // source text, on one line and not longer than people read
	Line     int
	// Branch is the mutant that never takes the innermost branch around this one; 0 when there
	// is none.
	Branch int
	nth    int // of those that read the same, from 1
}

// String identifies a mutant, as long as the function does not change.
func (p Point) String() string {
	text := fmt.Sprintf("%s %s: `%s` -> `%s`", p.File, p.Func, p.Old, p.New)
	if p.nth > 1 {
		text += fmt.Sprintf(" #%d", p.nth)
	}
	return text
}

// short returns text on one line.
func short(text string) string {
	const most = 100
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) > most {
		line = slices.Concat(line[:most], []rune("…"))
	}
	return string(line)
}
