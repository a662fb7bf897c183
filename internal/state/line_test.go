package state

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// TestWhatALineMustEndWith: the sum alone is not enough.
func TestWhatALineMustEndWith(t *testing.T) {
	t.Parallel()
	line, sum, err := seal(Header{Format: Format}, 7)
	if err != nil {
		t.Fatal(err)
	}
	line = bytes.TrimSuffix(line, []byte("\n"))
	for _, test := range []struct {
		name string
		line string
		want error
	}{
		{name: "whole", line: string(line)},
		{name: "another member", line: strings.Replace(string(line), `"crc"`, `"crd"`, 1), want: errNoSum},
		{name: "no end", line: string(line[:len(line)-1]) + "]", want: errNoSum},
		{name: "no sum", line: `{"format":1}`, want: errNoSum},
		{name: "nothing but a sum", line: `,"crc":"00000000"}`, want: errWrongSum},
		{name: "a sum that is none", line: string(line[:len(line)-3]) + `z"}`, want: errWrongSum},
		{name: "another line", line: strings.Replace(string(line), "1", "2", 1), want: errWrongSum},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := unseal([]byte(test.line), 7)
			if !errors.Is(err, test.want) || err == nil && got != sum || err != nil && got != 0 {
				t.Errorf("got %d, %v", got, err)
			}
		})
	}
}

// TestLineagesDiffer.
func TestLineagesDiffer(t *testing.T) {
	t.Parallel()
	a, b := randomHex(8), randomHex(8)
	if a == b || len(a) != 16 {
		t.Errorf("got %q and %q", a, b)
	}
}

// TestALineageIsNoPath of somebody's choice, and short.
func TestALineageIsNoPath(t *testing.T) {
	t.Parallel()
	for lineage, want := range map[string]bool{
		"": false, "9f0a": true, "9f0": false, "../x": false, strings.Repeat("a", 32): true, strings.Repeat("a", 34): false,
	} {
		if got := isHex(lineage); got != want {
			t.Errorf("%q: got %v", lineage, got)
		}
	}
}
