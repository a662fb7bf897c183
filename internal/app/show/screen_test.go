package show_test

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// screen keeps what a terminal would show that breaks lines anew when its width changes,
// as most do. It knows the sequences that Live uses.
type screen struct {
	mu      sync.Mutex
	width   int        // 0 is endless
	lines   [][]string // cells of each line that ended in a newline, and of the last
	row     int        // of the cursor, in lines
	column  int
	writes  int
	control []string // the sequences that it does not know
}

// shown is what is on it now.
func (s *screen) shown() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var shown []string
	for _, line := range s.lines {
		shown = append(shown, strings.Join(line, ""))
	}
	for len(shown) > 0 && shown[len(shown)-1] == "" {
		shown = shown[:len(shown)-1]
	}
	return append(shown, s.control...)
}

// written is how often something was written since it was asked last.
func (s *screen) written() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.writes
	s.writes = 0
	return n
}

// resize changes the width.
func (s *screen) resize(width int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.width = width
}

// Write shows p.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	rest := string(p)
	for rest != "" {
		if sequence, ok := strings.CutPrefix(rest, "\x1b["); ok {
			end := strings.IndexAny(sequence, "ABCDHJKm")
			s.obey(sequence[:end], sequence[end])
			rest = sequence[end+1:]
			continue
		}
		_, size := utf8.DecodeRuneInString(rest)
		s.put(rest[:size])
		rest = rest[size:]
	}
	return len(p), nil
}

func (s *screen) put(character string) {
	for len(s.lines) <= s.row {
		s.lines = append(s.lines, nil)
	}
	switch character {
	case "\n":
		s.row, s.column = s.row+1, 0
	case "\r":
		s.column = 0
	default:
		line := s.lines[s.row]
		for len(line) <= s.column {
			line = append(line, " ")
		}
		line[s.column] = character
		s.lines[s.row] = line
		s.column++
	}
}

func (s *screen) obey(number string, command byte) {
	switch command {
	case 'A':
		n, _ := strconv.Atoi(number)
		for ; n > 0 && s.row > 0; n -= s.height(s.row) {
			s.row--
		}
		s.column = 0
	case 'J':
		s.lines = s.lines[:min(len(s.lines), s.row+1)]
		s.erase()
	case 'K':
		s.erase()
	case 'm':
	default:
		s.control = append(s.control, number+string(command))
	}
}

func (s *screen) erase() {
	if s.row < len(s.lines) {
		s.lines[s.row] = slices.Clone(s.lines[s.row][:min(s.column, len(s.lines[s.row]))])
	}
}

// height is how many lines of the screen one line takes.
func (s *screen) height(row int) int {
	if s.width == 0 || row >= len(s.lines) {
		return 1
	}
	return max(1, (len(s.lines[row])+s.width-1)/s.width)
}
