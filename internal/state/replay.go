package state

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

var errNoJournal = errors.New("this is not a state file of rescale-apply")

// Replay reads a journal. It leaves out a torn last line; a torn header makes an empty
// journal, with a zero Header. Errors: *[DamagedError], *[NewerError], and those of r.
func Replay(r io.Reader) (Header, []Record, error) {
	var records []Record
	past, err := replay(r, func(rec Record) { records = append(records, rec) })
	if err != nil {
		return Header{}, nil, err
	}
	return past.Header, records, nil
}

// Read returns the snapshot of a journal without locking or changing it, even while another
// process is writing it. A missing file is an empty snapshot. Empty fields of id are not
// compared with the file. Errors: *[DamagedError], *[NewerError], *[ForeignError].
func Read(path string, id Identity) (Snapshot, error) { return ReadAt(onDisk{path: path}, id) }

// ReadAt is Read for a journal at any place.
func ReadAt(place Place, id Identity) (Snapshot, error) {
	past, err := load(place, id)
	return past.Snapshot, err
}

// past is a journal as it was found.
type past struct {
	Snapshot
	good int64  // length of the sound lines; what follows is the torn tail
	sum  uint32 // the running sum after them

	words  map[string]string // parts of runs, which those of a sweep share
	stale  int64             // length of those that later ones have replaced
	latest map[[3]string]int // length of the last line that can be replaced, by what it says
}

func load(place Place, id Identity) (past, error) {
	f, err := place.Read()
	if errors.Is(err, fs.ErrNotExist) {
		return past{Snapshot: emptySnapshot()}, nil
	}
	if err != nil {
		return past{}, fmt.Errorf("reading state file: %w", err)
	}
	defer f.Close()
	found, err := replay(f, func(Record) {})
	if err != nil {
		return past{}, withPath(err, place.String())
	}
	if err := found.checkIdentity(place.String(), id); err != nil {
		return past{}, err
	}
	return found, nil
}

func withPath(err error, path string) error {
	var damaged *DamagedError
	var newer *NewerError
	switch {
	case errors.As(err, &damaged):
		damaged.Path = path
	case errors.As(err, &newer):
		newer.Path = path
	default:
		return fmt.Errorf("reading state file: %w", err)
	}
	return err
}

func (p past) checkIdentity(path string, id Identity) error {
	if p.good == 0 {
		return nil
	}
	got := Identity{Tool: p.Header.Tool, Platform: p.Header.Platform, Account: p.Header.Account}
	samePlatform := id.Platform == "" || id.Platform == got.Platform
	sameAccount := id.Account == "" || strings.EqualFold(id.Account, got.Account)
	if samePlatform && sameAccount {
		return nil
	}
	return &ForeignError{Path: path, Want: id, Got: got}
}

func replay(r io.Reader, each func(Record)) (past, error) {
	p := past{Snapshot: emptySnapshot()}
	lines := bufio.NewReaderSize(r, 64<<10)
	if start, _ := lines.Peek(len(headerStart)); !mayBeHeader(start) {
		return p, &DamagedError{Line: 1, Err: errNoJournal}
	}
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return p, err
		}
		if len(line) == 0 {
			return p, nil
		}
		_, next := lines.Peek(1)
		if errors.Is(next, io.EOF) && isTorn(line) {
			err := p.skipTail(line) // before p is copied, which Go may do first in one statement
			return p, err
		}
		if err := p.add(n, bytes.TrimSuffix(line, []byte("\n")), each); err != nil {
			return p, err
		}
		p.good += int64(len(line))
	}
}

// isTorn reports whether the last line, newline included, is incomplete.
func isTorn(line []byte) bool {
	text, whole := bytes.CutSuffix(line, []byte("\n"))
	return !whole || !json.Valid(text)
}

// skipTail leaves out a torn line. A header that lacks only its newline is hardly torn:
// unless it has our checksum, it is the only line of somebody else's file.
func (p *past) skipTail(line []byte) error {
	if p.good == 0 && json.Valid(line) {
		if _, err := unseal(line, 0); err != nil {
			return &DamagedError{Line: 1, Err: errNoJournal}
		}
	}
	p.Torn = true
	return nil
}

// mayBeHeader accepts what a torn header can begin with: a part of the text, or the zero
// bytes that a power failure leaves.
func mayBeHeader(start []byte) bool {
	return bytes.HasPrefix([]byte(headerStart), bytes.TrimRight(start, "\x00"))
}

// add adds line n, which is complete, to the snapshot.
func (p *past) add(n int, text []byte, each func(Record)) error {
	if n == 1 {
		return p.addHeader(text)
	}
	var rec Record
	sum, err := decode(text, p.sum, &rec)
	if err != nil {
		return &DamagedError{Line: n, Err: err}
	}
	if !rec.Kind.known() {
		return &NewerError{Format: p.Header.Format, Kind: rec.Kind}
	}
	p.share(rec.Parts)
	commit, err := p.fold(&rec)
	if err != nil {
		return &DamagedError{Line: n, Err: &RecordError{Kind: rec.Kind, Job: rec.Job, Err: err}}
	}
	commit()
	p.sum = sum
	p.weigh(&rec, len(text)+1)
	each(rec)
	return nil
}

// share keeps one copy of a text that many runs have in common.
func (p *past) share(parts []Part) {
	if p.words == nil {
		p.words = make(map[string]string)
	}
	for i := range parts {
		for _, text := range []*string{&parts[i].Field, &parts[i].Value} {
			if known, is := p.words[*text]; is {
				*text = known
			} else {
				p.words[*text] = *text
			}
		}
	}
}

// addHeader checks the format first: another format may have another checksum.
func (p *past) addHeader(text []byte) error {
	var only struct{ Format int }
	if err := json.Unmarshal(text, &only); err != nil {
		return &DamagedError{Line: 1, Err: errNoJournal}
	}
	if only.Format > Format {
		return &NewerError{Format: only.Format}
	}
	sum, err := decode(text, 0, &p.Header)
	if err != nil {
		return &DamagedError{Line: 1, Err: err}
	}
	if only.Format != Format {
		return &DamagedError{Line: 1, Err: fmt.Errorf("there is no format %d", only.Format)}
	}
	p.sum = sum
	return nil
}

func decode(text []byte, before uint32, into any) (sum uint32, err error) {
	if sum, err = unseal(text, before); err != nil {
		if !json.Valid(text) {
			err = errors.New("not JSON")
		}
		return 0, err
	}
	err = json.Unmarshal(text, into)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return 0, errors.New("not JSON")
	}
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) {
		// The library's own message would name types of this program.
		err = fmt.Errorf("%s cannot be a %s", cmp.Or(mismatch.Field, "a record"), mismatch.Value)
	}
	return sum, err
}
