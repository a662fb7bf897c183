package pack

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"io"
	"runtime"
	"sync"
)

const (
	// blockSize is the piece that one processor compresses; the bytes depend on it.
	blockSize = 512 << 10
	// mostBlocks bounds the memory. That many compress faster than one can hash.
	mostBlocks = 8
)

// gzipWriter compresses blocks in parallel into one gzip stream (RFC 1952). Each block
// ends at a byte and refers to no other, so the stream is the same for any number of
// processors. Packing happens twice, so speed matters more than the last percent;
// klauspost/compress is no faster here at levels that make encoded binary any smaller.
type gzipWriter struct {
	to      io.Writer
	begun   bool
	sum     uint32
	size    uint32 // modulo 2^32, as the format wants it
	block   []byte
	waiting []chan []byte // compressed blocks, in their order
	writers sync.Pool     // of *flate.Writer
}

func newGzipWriter(to io.Writer) *gzipWriter {
	return &gzipWriter{to: to, block: make([]byte, 0, blockSize)}
}

// Write takes the next bytes; those of earlier blocks go out.
func (w *gzipWriter) Write(p []byte) (n int, err error) {
	w.sum = crc32.Update(w.sum, crc32.IEEETable, p)
	w.size += uint32(len(p))
	for n < len(p) {
		part := p[n:min(len(p), n+blockSize-len(w.block))]
		w.block = append(w.block, part...)
		n += len(part)
		if len(w.block) == blockSize {
			if err := w.compress(); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// compress starts on a block, after the oldest has made room for it.
func (w *gzipWriter) compress() error {
	if len(w.waiting) == min(runtime.GOMAXPROCS(0), mostBlocks) {
		if err := w.next(); err != nil {
			return err
		}
	}
	done, block := make(chan []byte, 1), w.block
	go func() { done <- w.deflate(block) }()
	w.waiting = append(w.waiting, done)
	w.block = make([]byte, 0, blockSize)
	return nil
}

// next writes the oldest block.
func (w *gzipWriter) next() error {
	block := <-w.waiting[0]
	w.waiting = w.waiting[1:]
	if !w.begun {
		w.begun = true
		header := []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255} // deflate, no name, no time, fast, no system
		if _, err := w.to.Write(header); err != nil {
			return err
		}
	}
	_, err := w.to.Write(block)
	return err
}

func (w *gzipWriter) deflate(block []byte) []byte {
	var out bytes.Buffer
	flat, ok := w.writers.Get().(*flate.Writer)
	if !ok {
		flat, _ = flate.NewWriter(nil, flate.BestSpeed) // fails for unknown levels only
	}
	flat.Reset(&out)
	_, _ = flat.Write(block) // a buffer takes everything
	_ = flat.Flush()
	w.writers.Put(flat)
	return out.Bytes()
}

// Close writes the rest. It does not close what it writes to.
func (w *gzipWriter) Close() error {
	if err := w.compress(); err != nil {
		return err
	}
	for len(w.waiting) > 0 {
		if err := w.next(); err != nil {
			return err
		}
	}
	end := []byte{3, 0} // the last block, empty
	end = binary.LittleEndian.AppendUint32(end, w.sum)
	end = binary.LittleEndian.AppendUint32(end, w.size)
	_, err := w.to.Write(end)
	return err
}

// abandon waits until all compression has ended.
func (w *gzipWriter) abandon() {
	for _, done := range w.waiting {
		<-done
	}
}
