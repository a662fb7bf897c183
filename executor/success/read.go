package success

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// piece is how much of a log is in memory at a time, besides the longest text.
const piece = 64 << 10

// against reads a log, as far as necessary, and returns what it lacks and what it
// should lack.
func (l Log) against(file rescale.File, r io.Reader) (words []string, err error) {
	s := newSearch(slices.Concat(l.Contains, l.Lacks))
	if err := s.through(r, file.Size); err != nil {
		return nil, err
	}
	for i, text := range l.Contains {
		if !s.found[i] {
			words = append(words, fmt.Sprintf("lacks %q", diag.Short(text)))
		}
	}
	for i, text := range l.Lacks {
		if s.found[len(l.Contains)+i] {
			words = append(words, fmt.Sprintf("contains %q", diag.Short(text)))
		}
	}
	return words, nil
}

// search looks for several texts in a stream.
type search struct {
	texts [][]byte
	found []bool
	left  int // texts that were not found yet
	keep  int // how much of a piece may be the beginning of a text
}

func newSearch(texts []string) *search {
	s := &search{found: make([]bool, len(texts)), left: len(texts)}
	for _, t := range texts {
		s.texts = append(s.texts, []byte(t))
		s.keep = max(s.keep, len(t)-1)
	}
	return s
}

// through reads to the end, or until every text is found. A stream that ends early
// proves nothing.
func (s *search) through(r io.Reader, size int64) error {
	buffer := make([]byte, s.keep+piece)
	var held int
	var total int64
	for s.left > 0 {
		n, err := r.Read(buffer[held:])
		total += int64(n)
		s.look(buffer[:held+n])
		tail := max(0, held+n-s.keep)
		held = copy(buffer, buffer[tail:held+n])
		switch {
		case errors.Is(err, io.EOF) && total == size:
			return nil
		case errors.Is(err, io.EOF):
			return &lengthError{total, size}
		case err != nil:
			return err
		}
	}
	return nil
}

func (s *search) look(window []byte) {
	for i, text := range s.texts {
		if !s.found[i] && bytes.Contains(window, text) {
			s.found[i] = true
			s.left--
		}
	}
}

// lengthError reports that a file arrived with another length than the platform lists.
type lengthError struct{ got, want int64 }

// Error returns both lengths.
func (e *lengthError) Error() string {
	return fmt.Sprintf("the platform sent %d of %d bytes", e.got, e.want)
}

// maxExitCode is the longest file that can be an exit code: a number and some blanks.
const maxExitCode = 100

// exitCode reads the file of an exit code, and returns what is wrong with it.
func exitCode(file rescale.File, r io.Reader) ([]string, error) {
	if file.Size > maxExitCode {
		return []string{fmt.Sprintf("%s has %d bytes, too many for an exit code", file.RelativePath, file.Size)}, nil
	}
	text, err := io.ReadAll(io.LimitReader(r, maxExitCode+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) != file.Size {
		return nil, &lengthError{int64(len(text)), file.Size}
	}
	word := strings.TrimSpace(string(text))
	code, err := strconv.Atoi(word)
	switch {
	case word == "":
		return []string{file.RelativePath + " is empty, and should hold an exit code"}, nil
	case err != nil:
		return []string{fmt.Sprintf("%s holds %q, and not an exit code", file.RelativePath, diag.Short(word))}, nil //nolint:nilerr // it is what the run did wrong
	case code != 0:
		return []string{fmt.Sprintf("exit code %d in %s", code, file.RelativePath)}, nil
	}
	return nil, nil
}
