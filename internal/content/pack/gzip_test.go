package pack

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
)

// TestGzipWriter has bodies around the edges of a block, written in pieces of any
// size: the pieces must not show.
func TestGzipWriter(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for _, size := range []int{0, 1, blockSize - 1, blockSize, blockSize + 1, (mostBlocks+3)*blockSize + 5} {
		body := make([]byte, size)
		for i := range body {
			body[i] = byte(random.IntN(40))
		}
		var whole, pieces bytes.Buffer
		w := newGzipWriter(&whole)
		if _, err := w.Write(body); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		w = newGzipWriter(&pieces)
		for rest := body; len(rest) > 0; {
			n := min(len(rest), 1+random.IntN(blockSize))
			if got, err := w.Write(rest[:n]); got != n || err != nil {
				t.Fatalf("%d of %d, %v", got, n, err)
			}
			rest = rest[n:]
		}
		if err := w.Close(); err != nil || !bytes.Equal(whole.Bytes(), pieces.Bytes()) {
			t.Errorf("%d bytes in pieces are others, %v", size, err)
		}
		r, err := gzip.NewReader(&whole)
		if err != nil {
			t.Fatal(err)
		}
		r.Multistream(false) // one stream, for every reader there is
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, body) || whole.Len() != 0 {
			t.Errorf("%d bytes came back as %d, %d are left, %v", size, len(got), whole.Len(), err)
		}
	}
}

// full takes some bytes and fails then.
type full struct{ room int }

var errFull = errors.New("no room")

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestGzipWriterFails(t *testing.T) {
	t.Parallel()
	for _, room := range []int{0, 10, 11, 2000} {
		w := newGzipWriter(&full{room})
		_, err := w.Write(make([]byte, 3*mostBlocks*blockSize))
		if err == nil {
			err = w.Close()
		}
		w.abandon()
		if !errors.Is(err, errFull) {
			t.Errorf("room for %d: %v", room, err)
		}
	}
}
