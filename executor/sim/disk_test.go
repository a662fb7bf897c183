package sim_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"slices"
	"syscall"

	"github.com/rescale-apply/rescale-apply/internal/state"
)

// disk is where a machine keeps its journal. It outlives the processes.
type disk struct {
	name string
	text []byte // nil when there is no file
	held bool
	// Old are states of former rounds, as caches keep them.
	old [][]byte
}

// begun reports whether the journal says that a submit was about to be sent.
func (d *disk) begun(id string) bool { return begun(d.text, id) }

// remembers reports whether the journal says so, or would if a cache brought an old one back.
func (d *disk) remembers(id string) bool {
	return d.begun(id) || slices.ContainsFunc(d.old, func(text []byte) bool { return begun(text, id) })
}

func begun(text []byte, id string) bool {
	for line := range bytes.Lines(text) {
		if member(line, "kind") == string(state.KindSubmitting) && member(line, "id") == id {
			return true
		}
	}
	return false
}

// kept is a disk as one process sees it, to which accidents happen.
type kept struct {
	*disk
	apply *apply
}

// String names the place.
func (k kept) String() string { return k.name }

// Lock is given up by the operating system when the process ends, however it ends.
func (k kept) Lock(string) (func() error, error) {
	if k.held {
		return nil, &state.LockedError{Path: k.name}
	}
	k.held = true
	return func() error { k.held = false; return nil }, nil
}

// Read opens what is there.
func (k kept) Read() (io.ReadCloser, error) {
	if k.text == nil {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(bytes.NewReader(k.text)), nil
}

// Append opens it for adding lines.
func (k kept) Append(good int64) (state.Appender, error) {
	k.text = append([]byte{}, k.text[:good]...)
	return writer(k), nil
}

// writer is the journal's way to the disk.
type writer kept

// Close ends it.
func (w writer) Close() error { return nil }

// Append writes a line, or less.
func (w writer) Append(line []byte) error {
	a := w.apply
	if a.dead {
		return errGone
	}
	name := "write " + member(line, "kind") + " " + member(line, "job")
	what := a.accident(name, writes)
	if what != none {
		a.hurt = true
		a.world.trace(a, name, what)
	}
	switch what {
	case none:
		w.keep(line)
		return nil
	case diesBefore:
	case full:
		return syscall.ENOSPC
	case broken: // the line is there all the same
		w.keep(line)
		return syscall.EIO
	case diesAfter:
		w.keep(line)
	case diesAmid, fullAmid:
		w.text = append(w.text, line[:len(line)/2]...)
	default:
		panic("no accident of a write: " + what)
	}
	if what == fullAmid {
		return syscall.ENOSPC
	}
	a.die()
	return errGone
}

// keep writes a whole line. Of a draft whose submit begins nobody knows, once it is gone,
// whether it was billed.
func (w writer) keep(line []byte) {
	w.text = append(w.text, line...)
	for record := range bytes.Lines(line) {
		if member(record, "kind") == string(state.KindSubmitting) {
			w.apply.world.begins(member(record, "id"))
		}
	}
}

// member is a text member of a line.
func member(line []byte, name string) string {
	_, after, _ := bytes.Cut(line, []byte(`"`+name+`":"`))
	value, _, _ := bytes.Cut(after, []byte(`"`))
	return string(value)
}

// errGone is for what a dead process tries.
var errGone = errors.New("the process is gone")
