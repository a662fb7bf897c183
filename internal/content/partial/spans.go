package partial

import (
	"cmp"
	"slices"
)

// Span is the bytes from Start up to, but not including, End.
type Span struct {
	Start int64 `json:"start"`
	End   int64 `json:"end"`
}

// spans is a set of bytes: ordered spans that do not touch each other.
type spans []Span

// add returns s with the bytes of one more span.
func (s spans) add(a Span) spans {
	if a.Start >= a.End {
		return s
	}
	var sum spans
	for _, b := range s {
		if b.End < a.Start || a.End < b.Start {
			sum = append(sum, b)
			continue
		}
		a = Span{min(a.Start, b.Start), max(a.End, b.End)}
	}
	sum = append(sum, a)
	slices.SortFunc(sum, func(a, b Span) int { return cmp.Compare(a.Start, b.Start) })
	return sum
}

// gaps returns what s lacks of the bytes from 0 to size.
func (s spans) gaps(size int64) []Span {
	var gaps []Span
	var at int64
	for _, a := range s {
		if at < a.Start {
			gaps = append(gaps, Span{at, a.Start})
		}
		at = a.End
	}
	if at < size {
		gaps = append(gaps, Span{at, size})
	}
	return gaps
}

// until returns s without the bytes from size on.
func (s spans) until(size int64) spans {
	var cut spans
	for _, a := range s {
		cut = cut.add(Span{a.Start, min(a.End, size)})
	}
	return cut
}

// prefix returns how many bytes there are from 0 on without a gap.
func (s spans) prefix() int64 {
	if len(s) == 0 || s[0].Start > 0 {
		return 0
	}
	return s[0].End
}

func (s spans) total() int64 {
	var n int64
	for _, a := range s {
		n += a.End - a.Start
	}
	return n
}
