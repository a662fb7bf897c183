// Package span reads the Range header of a download (rescale-api.md §3.4).
package span

import (
	"net/http"
	"strconv"
	"strings"
)

// Span is a part of a file.
type Span struct{ Start, Length int64 }

// Parse reads a Range header with one range, and returns it with the status of the answer. An end beyond the file is
// cut to it. Headers that cannot be read, or that ask for several ranges, are ignored, as RFC 9110 allows.
func Parse(header string, size int64) (Span, int) {
	whole := Span{0, size}
	text, ok := strings.CutPrefix(header, "bytes=")
	if !ok || strings.Contains(text, ",") {
		return whole, http.StatusOK
	}
	first, last, ok := strings.Cut(strings.TrimSpace(text), "-")
	if !ok {
		return whole, http.StatusOK
	}
	if first == "" {
		return suffix(last, size)
	}
	start, err := strconv.ParseInt(first, 10, 64)
	if err != nil || start < 0 {
		return whole, http.StatusOK
	}
	end := size - 1
	if last != "" {
		asked, err := strconv.ParseInt(last, 10, 64)
		if err != nil || asked < start {
			return whole, http.StatusOK
		}
		end = min(end, asked)
	}
	if start >= size {
		return Span{}, http.StatusRequestedRangeNotSatisfiable
	}
	return Span{start, end - start + 1}, http.StatusPartialContent
}

func suffix(last string, size int64) (Span, int) {
	length, err := strconv.ParseInt(last, 10, 64)
	if err != nil || length < 0 {
		return Span{0, size}, http.StatusOK
	}
	length = min(length, size)
	if length == 0 {
		return Span{}, http.StatusRequestedRangeNotSatisfiable
	}
	return Span{size - length, length}, http.StatusPartialContent
}
