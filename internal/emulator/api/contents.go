package api

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strconv"
	"strings"
)

// contents answers a file's bytes, or one range of them (rescale-api.md §3.4).
func contents(a *API, r *Request) (Answer, error) {
	file, err := a.file(r)
	if err != nil {
		return Answer{}, err
	}
	source, err := os.Open(a.Store.Content(file))
	if err != nil {
		return Answer{}, err
	}
	header := http.Header{
		"Content-Type":        {"application/octet-stream"},
		"Accept-Ranges":       {"bytes"},
		"Content-Disposition": {mime.FormatMediaType("attachment", map[string]string{"filename": file.Name})},
	}
	asked, status := parseRange(r.Header.Get("Range"), file.Size)
	switch status {
	case http.StatusRequestedRangeNotSatisfiable:
		refusal := Refuse(status, "The requested range is not satisfiable.")
		refusal.Header = http.Header{"Content-Range": {fmt.Sprintf("bytes */%d", file.Size)}}
		if err := source.Close(); err != nil {
			return Answer{}, err
		}
		return Answer{}, refusal
	case http.StatusPartialContent:
		header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", asked.start, asked.start+asked.length-1, file.Size))
	}
	if _, err := source.Seek(asked.start, io.SeekStart); err != nil {
		return Answer{}, errors.Join(err, source.Close())
	}
	return Answer{Status: status, Header: header, Body: Stream{Source: source, Length: asked.length}}, nil
}

type span struct{ start, length int64 }

// parseRange reads a Range header with one range. An end beyond the file is cut to it. Headers that cannot be read,
// or that ask for several ranges, are ignored, as RFC 9110 allows.
func parseRange(header string, size int64) (span, int) {
	whole := span{0, size}
	text, ok := strings.CutPrefix(header, "bytes=")
	if !ok || strings.Contains(text, ",") {
		return whole, http.StatusOK
	}
	first, last, ok := strings.Cut(strings.TrimSpace(text), "-")
	if !ok {
		return whole, http.StatusOK
	}
	if first == "" {
		return suffixRange(last, size)
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
		return span{}, http.StatusRequestedRangeNotSatisfiable
	}
	return span{start, end - start + 1}, http.StatusPartialContent
}

func suffixRange(last string, size int64) (span, int) {
	length, err := strconv.ParseInt(last, 10, 64)
	if err != nil || length < 0 {
		return span{0, size}, http.StatusOK
	}
	length = min(length, size)
	if length == 0 {
		return span{}, http.StatusRequestedRangeNotSatisfiable
	}
	return span{size - length, length}, http.StatusPartialContent
}
