package rescale

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxPages bounds a listing, so that a platform which never ends one cannot hold
// us for ever. It is what the official client uses (rescale-api.md §2.2).
const maxPages = 1000

// Page sizes that are asked for. Files allow 1000; job pages of that size are
// slow enough to time out. The platform cuts what it finds too large.
const (
	filePageSize    = 1000
	jobPageSize     = 250
	catalogPageSize = 200
)

// page is one page of a listing. A bare array is a listing with one page.
type page[T any] struct {
	Count   int
	Next    string
	Results []T
	header  http.Header
}

// UnmarshalJSON reads the envelope or the array. An object without results is
// refused: read as an empty list, it would mean "there is no such job".
func (p *page[T]) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("[")) {
		if err := json.Unmarshal(data, &p.Results); err != nil {
			return err
		}
		p.Count = len(p.Results)
		return nil
	}
	var envelope struct {
		Count   int     `json:"count"`
		Next    *string `json:"next"`
		Results *[]T    `json:"results"`
	}
	if err := json.Unmarshal(data, &envelope); err != nil {
		return err
	}
	if envelope.Results == nil {
		return errors.New("a listing without results")
	}
	p.Count, p.Results, p.Next = envelope.Count, *envelope.Results, ""
	if envelope.Next != nil {
		p.Next = *envelope.Next
	}
	return nil
}

// listing says what to list.
type listing struct {
	path  string
	query url.Values
	size  int // wanted page size
}

// eachPage reads a listing page by page and gives each to visit, until visit
// returns false or the listing ends. It ends at a page that names no next one and
// at an empty page, because count may promise more than there is. Everything else
// that stops it is an error: a cut listing must not look like a whole one.
func eachPage[T any](ctx context.Context, c *Client, l listing, visit func(page[T]) bool) error {
	query := cloneQuery(l.query)
	query.Set("page_size", strconv.Itoa(l.size))
	seen, items := map[string]bool{}, 0
	for n := 1; ; n++ {
		seen[pageKey(query)] = true
		var p page[T]
		header, err := c.get(ctx, l.path, query, &p)
		if err != nil {
			return err
		}
		p.header = header
		items += len(p.Results)
		if !visit(p) || p.Next == "" || len(p.Results) == 0 {
			return nil
		}
		if query, err = nextPage(l.path, p.Next); err != nil {
			return &IncompleteError{Path: l.path, Pages: n, Why: err.Error()}
		}
		query.Set("page_size", strconv.Itoa(l.size))
		switch again := seen[pageKey(query)]; {
		case again && items >= p.Count:
			return nil
		case again:
			return &IncompleteError{Path: l.path, Pages: n, Why: fmt.Sprintf("the next page is one that was read, after %d of %d entries", items, p.Count)}
		case n == maxPages:
			return &IncompleteError{Path: l.path, Pages: n, Why: "it goes on"}
		}
	}
}

// all reads a whole listing.
func all[T any](ctx context.Context, c *Client, l listing) ([]T, error) {
	var items []T
	err := eachPage(ctx, c, l, func(p page[T]) bool {
		items = append(items, p.Results...)
		return true
	})
	if err != nil {
		return nil, err
	}
	return items, nil
}

// nextPage is the query of the page of a listing that a link of the platform leads to.
// The link's own host, and what a gateway puts before the path, are ignored: they may be
// spelled differently, and a foreign host must not get the key (rescale-api.md §2.2).
func nextPage(listing, link string) (url.Values, error) {
	from := &url.URL{Scheme: "https", Host: "platform", Path: listing}
	to, err := from.Parse(link)
	if err != nil {
		return nil, errors.New("its next link is no URL")
	}
	// A sample of the documentation has no slash before the query.
	if !strings.HasSuffix(strings.TrimSuffix(to.EscapedPath(), "/")+"/", listing) {
		return nil, errors.New("its next link leads to something else")
	}
	query, err := url.ParseQuery(to.RawQuery)
	if err != nil {
		return nil, errors.New("its next link has a broken query")
	}
	return query, nil
}

// pageKey tells pages apart. The first page is also the one without a number.
func pageKey(query url.Values) string {
	key := cloneQuery(query)
	if key.Get("page") == "1" {
		key.Del("page")
	}
	return key.Encode()
}

func cloneQuery(q url.Values) url.Values {
	clone := url.Values{}
	for k, v := range q {
		clone[k] = append([]string(nil), v...)
	}
	return clone
}

// The kinds below read what the platform spells in more than one way
// (rescale-api.md, "Decoding hints for Go").

// number is a JSON number, a decimal string, or null for zero.
type number float64

// UnmarshalJSON reads any of the spellings.
func (n *number) UnmarshalJSON(data []byte) error {
	text := strings.TrimSpace(strings.Trim(string(data), `"`))
	if text == "null" || text == "" {
		*n = 0
		return nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Errorf("%.40q is not a number", text)
	}
	*n = number(f)
	return nil
}

// whole is n without its fraction, within what an int holds on every machine.
func (n number) whole() int {
	return int(min(max(float64(n), math.MinInt32), math.MaxInt32))
}

func wholes(numbers []number) []int {
	var out []int
	for _, n := range numbers {
		out = append(out, n.whole())
	}
	return out
}

// reference is a code or id: a string, an object that has one, or null for none.
type reference string

// UnmarshalJSON reads any of the spellings.
func (r *reference) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("{")) {
		var object struct{ Code, ID *string }
		if err := json.Unmarshal(data, &object); err != nil {
			return err
		}
		switch {
		case object.Code != nil:
			*r = reference(*object.Code)
		case object.ID != nil:
			*r = reference(*object.ID)
		default:
			return errors.New("an object without code or id")
		}
		return nil
	}
	var t text
	err := json.Unmarshal(data, &t)
	*r = reference(t)
	return err
}

// text is a string, null for none, or whatever else stands there, as JSON text.
type text string

// UnmarshalJSON never fails on valid JSON.
func (t *text) UnmarshalJSON(data []byte) error {
	switch {
	case bytes.HasPrefix(data, []byte(`"`)):
		return json.Unmarshal(data, (*string)(t))
	case string(data) == "null":
		*t = ""
	default:
		*t = text(data)
	}
	return nil
}

// date is a time with or without fraction and in any zone, or null.
type date struct{ time.Time }

// UnmarshalJSON reads it into UTC. A date that cannot be read is an error: the
// oldest of two jobs is decided by it.
func (d *date) UnmarshalJSON(data []byte) error {
	if s := string(data); s == "null" || s == `""` {
		d.Time = time.Time{}
		return nil
	}
	if err := d.Time.UnmarshalJSON(data); err != nil {
		return fmt.Errorf("%.40s is not a date", data)
	}
	d.Time = d.Time.UTC()
	return nil
}

// hint is a member of an answer that only helps to explain. One that cannot be read is
// as good as absent: it must not keep anybody from recognizing a job.
type hint[T any] struct {
	value T
	known bool // also with null
}

// UnmarshalJSON never fails on valid JSON.
func (h *hint[T]) UnmarshalJSON(data []byte) error {
	*h = hint[T]{}
	var value T
	if json.Unmarshal(data, &value) == nil {
		h.value, h.known = value, true
	}
	return nil
}

// maxID is how long an id may be: ten times what the platform's are. A longer one
// is no id, and servers answer too long a path in their own ways.
const maxID = 64

// checkID refuses what would make another path than the one that is meant. An
// empty id turns DELETE of one job into a request about all jobs.
func checkID(id string) error {
	if id == "" || len(id) > maxID {
		return &BadIDError{ID: id}
	}
	for _, r := range id {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
		if !letter {
			return &BadIDError{ID: id}
		}
	}
	return nil
}
