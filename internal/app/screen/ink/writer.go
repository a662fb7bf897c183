// Package ink is the way to the terminal. Everything that is shown goes through one
// Writer, which lets nothing pass that has power over a terminal but what this program
// itself draws with. So no text of anybody else has to be trusted, or cleaned first.
package ink

import (
	"crypto/rand"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Ink is what tells our own colours from those that somebody writes into a text: a
// word that nobody else knows, between ESC and the sequence.
type Ink string

// NewInk gives an ink for one call of the program.
func NewInk() Ink { return Ink(rand.Text()) }

// Writer cleans what is written to it. Several goroutines may use it.
type Writer struct {
	ink Ink

	mu      sync.Mutex
	out     io.Writer
	part    string // the beginning of a character whose rest is still to come
	hide    func(text string) string
	breaker *breaker // nil where nobody obeys what is written
}

// NewWriter makes a Writer in front of out.
func NewWriter(out io.Writer, ink Ink) *Writer { return &Writer{out: out, ink: ink} }

// Hide lets hide change every text from now on that is not ours to draw with; nil lets
// all of them pass. A secret is found where one Write has all of it.
func (w *Writer) Hide(hide func(text string) string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hide = hide
}

// Write writes the text as it can be shown.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := w.part + string(p)
	whole := len(text) - unfinished(text)
	w.part = text[whole:]
	if _, err := io.WriteString(w.out, w.shown(text[:whole])); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close writes what is left of a text that ends in the middle of a character.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := w.shown(w.part)
	w.part = ""
	_, err := io.WriteString(w.out, rest)
	return err
}

// shown is the text with our own colours in it.
func (w *Writer) shown(text string) string {
	var out strings.Builder
	mark := "\x1b" + string(w.ink)
	for {
		before, after, ours := strings.Cut(text, mark)
		if before = w.veiled(before); w.breaker != nil {
			before = w.breaker.broken(before)
		}
		out.WriteString(before)
		if !ours {
			return out.String()
		}
		sequence, rest, ended := strings.Cut(after, "m")
		if ended {
			out.WriteString("\x1b" + sequence + "m")
		}
		text = rest
	}
}

// veiled is a text without power over the terminal, and without secrets.
func (w *Writer) veiled(text string) string {
	if text = diag.Plain(text); w.hide != nil {
		text = w.hide(text)
	}
	return text
}

// unfinished is the length of the beginning of a character at the end of text.
func unfinished(text string) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if tail := text[len(text)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRuneInString(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}
