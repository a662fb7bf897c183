package partial

import (
	"bytes"
	"encoding/json"
	"os"
)

// heading is the first line of a note: it identifies the file of the bytes beside it.
// The other lines are spans that have arrived.
type heading struct {
	ID     string `json:"id"`
	Size   int64  `json:"size"`
	SHA512 string `json:"sha512"`
}

func (a Announced) heading() heading { return heading{a.ID, a.Size, a.SHA512} }

// readNote returns what has arrived of a file; nothing when the note is missing or of
// another file. An incomplete line does not count. After a power failure the note may
// claim bytes that are missing: verification of the whole file detects that.
func readNote(path string, of heading) spans {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	first, rest, _ := bytes.Cut(text, []byte("\n"))
	var found heading
	if json.Unmarshal(first, &found) != nil || found != of {
		return nil
	}
	var here spans
	for line := range bytes.Lines(rest) {
		var s Span
		if json.Unmarshal(line, &s) == nil && s.Start >= 0 && s.End <= of.Size {
			here = here.add(s)
		}
	}
	return here
}

// note is a note open for writing.
type note struct{ file *os.File }

// openNote begins a note, or continues one that has the heading already.
func openNote(path string, of heading, here spans) (note, error) {
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if len(here) == 0 {
		flags |= os.O_TRUNC
	}
	file, err := os.OpenFile(path, flags, 0o644)
	if err != nil {
		return note{}, err
	}
	n := note{file}
	if len(here) == 0 {
		err = n.line(of)
	} else {
		_, err = file.WriteString("\n") // after a line that was not written whole
	}
	if err != nil {
		_ = file.Close() // the first error counts
		return note{}, err
	}
	return n, nil
}

// arrived records a span. A note that cannot be written only makes the next try longer.
func (n note) arrived(s Span) {
	if s.Start < s.End {
		_ = n.line(s)
	}
}

func (n note) line(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = n.file.Write(append(text, '\n'))
	return err
}
