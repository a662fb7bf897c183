package success_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// tape is a log of any length: filler, with one text somewhere in it.
type tape struct {
	size, at int64
	text     string
	pos      int64
	most     int // the longest piece that was asked for
}

func (p *tape) Read(b []byte) (int, error) {
	p.most = max(p.most, len(b))
	n := int(min(int64(len(b)), p.size-p.pos))
	if n == 0 {
		return 0, io.EOF
	}
	for i := range n {
		b[i] = '.'
	}
	for i := range len(p.text) {
		if at := p.at + int64(i) - p.pos; at >= 0 && at < int64(n) {
			b[at] = p.text[i]
		}
	}
	p.pos += int64(n)
	return n, nil
}

func (p *tape) JobFiles(ctx context.Context, _, _ string) ([]rescale.File, error) {
	return []rescale.File{{ID: "f", RelativePath: log, Size: p.size, Complete: true}}, ctx.Err()
}

func (p *tape) Download(ctx context.Context, _ string, _ rescale.Span) (io.ReadCloser, error) {
	return io.NopCloser(p), ctx.Err()
}

// A log that is larger than any memory is judged as a small one: its size is only
// bounded by patience. Texts that lie over a border between two reads are found.
func TestLargeLog(t *testing.T) {
	t.Parallel()
	const piece = 64 << 10
	text := "Finalising parallel run"
	found := success.Checks{Logs: []success.Log{{File: log, Contains: []string{text, "x" + strings.Repeat("y", 999)}}}}
	want := []string{`log process_output.log lacks "x` + strings.Repeat("y", 59) + `…"`}
	for at := piece - int64(len(text)) - 2; at <= piece+1024+2; at++ {
		p := &tape{size: 4 * piece, at: at, text: text}
		got, err := success.Examiner{Platform: p}.Examine(t.Context(), "J", found)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Fatalf("text at byte %d: %v (-want +got)\n%s", at, err, diff)
		}
	}

	const large = 1 << 30
	p := &tape{size: large, at: large - int64(len(text)), text: text}
	lacks := success.Checks{Logs: []success.Log{{File: log, Lacks: []string{text}}}}
	got, err := success.Examiner{Platform: p}.Examine(t.Context(), "J", lacks)
	if diff := cmp.Diff([]string{`log process_output.log contains "Finalising parallel run"`}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if p.most > 2*piece {
		t.Errorf("%d bytes were held at a time", p.most)
	}
}

// A log is read no further than it takes.
func TestLogIsReadAsFarAsItTakes(t *testing.T) {
	t.Parallel()
	p := &tape{size: 1 << 40, at: 10, text: "End"}
	checks := success.Checks{Logs: []success.Log{{File: log, Contains: []string{"End"}}}}
	if got, err := (success.Examiner{Platform: p}).Examine(t.Context(), "J", checks); err != nil || len(got) > 0 {
		t.Fatal(got, err)
	}
	if p.pos > 1<<20 {
		t.Errorf("%d bytes were read", p.pos)
	}
}

// FuzzSearch compares with the plain way, in which the whole log is in memory.
func FuzzSearch(f *testing.F) {
	f.Add([]byte("step 1\nEnd\n"), "End", "FATAL", uint8(3))
	f.Add([]byte("aaaaaab"), "aab", "ab", uint8(1))
	f.Fuzz(func(t *testing.T, text []byte, contains, lacks string, step uint8) {
		if contains == "" || lacks == "" {
			return
		}
		r := &steps{text: text, step: int(step%7) + 1}
		checks := success.Checks{Logs: []success.Log{{File: log, Contains: []string{contains}, Lacks: []string{lacks}}}}
		failed, err := success.Examiner{Platform: r}.Examine(t.Context(), "J", checks)
		if err != nil {
			t.Fatal(err)
		}
		passes := bytes.Contains(text, []byte(contains)) && !bytes.Contains(text, []byte(lacks))
		if passes != (len(failed) == 0) {
			t.Errorf("%q in steps of %d: contains %q, lacks %q: %q", text, r.step, contains, lacks, failed)
		}
	})
}

// steps gives a text a few bytes at a time.
type steps struct {
	text []byte
	step int
	pos  int
}

func (s *steps) Read(b []byte) (int, error) {
	n := copy(b, s.text[s.pos:min(len(s.text), s.pos+s.step)])
	s.pos += n
	if s.pos == len(s.text) {
		return n, io.EOF
	}
	return n, nil
}

func (s *steps) JobFiles(ctx context.Context, _, _ string) ([]rescale.File, error) {
	return []rescale.File{{ID: "f", RelativePath: log, Size: int64(len(s.text)), Complete: true}}, ctx.Err()
}

func (s *steps) Download(ctx context.Context, _ string, _ rescale.Span) (io.ReadCloser, error) {
	return io.NopCloser(s), ctx.Err()
}
