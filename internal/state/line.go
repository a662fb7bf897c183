package state

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"time"
)

// Format is the newest format that this package reads, and the one it writes.
const Format = 1

// headerStart begins every header of every format. Open changes no file that begins
// differently: it belongs to somebody else.
const headerStart = `{"format":`

// Identity says whose journal it is. A run on one platform or account means nothing to
// another.
type Identity struct {
	Tool     string // name and version of the program, written in the header and the lock note
	Platform string // base URL
	Account  string // e-mail address
}

// Header is the first line of a journal.
type Header struct {
	Format   int       `json:"format"`
	Tool     string    `json:"tool"` // that made the file
	Platform string    `json:"platform"`
	Account  string    `json:"account"`
	Lineage  string    `json:"lineage"` // random: tells this file from one that was made anew
	Created  time.Time `json:"created"`
}

// sealSize is the length of `,"crc":"01234567"}`, by which every line ends.
const sealSize = len(`,"crc":"01234567"}`)

// seal returns v as a line of the journal, newline included, and the running sum after
// it.
func seal(v any, before uint32) (line []byte, sum uint32, err error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false) // people read and grep this
	if err := enc.Encode(v); err != nil {
		return nil, 0, err
	}
	body := bytes.TrimSuffix(text.Bytes(), []byte("\n"))
	sum = crc32.Update(before, crc32.IEEETable, body)
	return fmt.Appendf(body[:len(body)-1], ",\"crc\":\"%08x\"}\n", sum), sum, nil
}

var (
	errNoSum    = errors.New("the checksum is missing")
	errWrongSum = errors.New("the checksum is wrong: this line or one before it was changed, lost or doubled")
)

// unseal checks a line without its newline and returns the running sum after it.
func unseal(line []byte, before uint32) (sum uint32, err error) {
	body := len(line) - sealSize
	if body < 0 {
		return 0, errNoSum
	}
	sum = crc32.Update(before, crc32.IEEETable, line[:body])
	sum = crc32.Update(sum, crc32.IEEETable, []byte{'}'})
	if !bytes.HasPrefix(line[body:], []byte(`,"crc":"`)) || !bytes.HasSuffix(line, []byte(`"}`)) {
		return 0, errNoSum
	}
	var found [4]byte
	if _, err := hex.Decode(found[:], line[len(line)-sealSize+len(`,"crc":"`):len(line)-len(`"}`)]); err != nil || binary.BigEndian.Uint32(found[:]) != sum {
		return 0, errWrongSum
	}
	return sum, nil
}
