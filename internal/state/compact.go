package state

import (
	"bytes"
	"errors"
	"io"
	"os"
	"reflect"
)

// A journal is compacted when it is opened, if it is larger than smallest and later records
// have completely replaced more than half of it.
const smallest = 256 << 10

// compactSuffix ends the name of the new file until it replaces the old one.
const compactSuffix = ".compact"

// replaced returns what a later record of the same kind replaces, and whether there is such
// a thing: statuses and downloads of a run. All records of steps that create, submit and
// judge stay: they account for what was spent.
func (r *Record) replaced() (by [3]string, is bool) {
	return [3]string{string(r.Kind), r.Job, r.ID}, r.Kind == KindStatus || r.Kind == KindDownloaded
}

// weigh counts the bytes of what r replaces.
func (p *past) weigh(r *Record, size int) {
	by, is := r.replaced()
	if !is {
		return
	}
	if p.latest == nil {
		p.latest = make(map[[3]string]int)
	}
	p.stale += int64(p.latest[by])
	p.latest[by] = size
}

func (p *past) bloated() bool { return p.good > smallest && p.stale > p.good/2 }

// compact rewrites the journal without the replaced records; the caller holds its lock. It
// returns what the file then holds: the same snapshot. After an error the old file is there
// and good: a full disk is reported when something has to be written.
func (d onDisk) compact(old past) past {
	path := d.path
	if err := writeCompact(path, old.Header); err != nil {
		_ = os.Remove(path + compactSuffix)
		return old
	}
	now, err := load(onDisk{path: path + compactSuffix}, Identity{})
	now.Torn = old.Torn
	if err != nil || !reflect.DeepEqual(now.Snapshot, old.Snapshot) {
		_ = os.Remove(path + compactSuffix)
		return old
	}
	if err := errors.Join(os.Rename(path+compactSuffix, path), syncFolder(path)); err != nil {
		_ = os.Remove(path + compactSuffix)
		return reloaded(path, old)
	}
	return now
}

// reloaded returns what is at path when a rename may or may not have happened.
func reloaded(path string, old past) past {
	if now, err := load(onDisk{path: path}, Identity{}); err == nil {
		now.Torn = old.Torn
		return now
	}
	return old
}

func writeCompact(path string, head Header) error {
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	text, err := compacted(from, head)
	if err != nil {
		return err
	}
	if err := os.Remove(path + compactSuffix); err != nil && !os.IsNotExist(err) {
		return err // what is left of a process that died
	}
	file, err := openFile(path+compactSuffix, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Append(text), file.Close())
}

// compacted returns the journal without the replaced records, each record with its own time.
func compacted(from io.Reader, head Header) ([]byte, error) {
	var records []Record
	if _, err := replay(from, func(r Record) { records = append(records, r) }); err != nil {
		return nil, err
	}
	last := make(map[[3]string]int)
	for i := range records {
		if by, is := records[i].replaced(); is {
			last[by] = i
		}
	}
	var text bytes.Buffer
	line, sum, err := seal(head, 0)
	text.Write(line)
	for i := range records {
		if by, is := records[i].replaced(); err != nil || is && last[by] != i {
			continue
		}
		line, sum, err = seal(records[i], sum)
		text.Write(line)
	}
	return text.Bytes(), err
}
