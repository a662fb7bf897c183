package rescale

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/rescale/pace"
)

// stalls is after how many timeouts of a try a transfer ends in which no byte moves.
// Transfers have no limit as a whole: a large file on a slow line may take hours.
const stalls = 2

// worthwhile is how much must arrive between two breaks to begin counting tries
// anew: a line that breaks every minute still brings a large file home, and one that
// brings a few bytes a time does not go on for ever.
const worthwhile = 1 << 20

// Span is a part of a file's content. The zero Span is all of it.
type Span struct {
	Start int64 // the first byte
	End   int64 // the byte after the last; 0 means the end of the file
}

// ErrNoSpans means that the platform sends the whole file when a part was asked for.
var ErrNoSpans = errors.New("the platform does not send parts of a file")

// Download opens the content of a file, or a span of it. Reaching it is repeated like
// any reading. A transfer that breaks is taken up again where it broke, with the same
// patience; when that ends, Read fails with an *OutageError. The caller closes it and
// compares size and checksum (rescale-api.md §3.4). For a span, errors.Is(err,
// ErrNoSpans) means that only the whole file can be had.
func (c *Client) Download(ctx context.Context, id string, span Span) (io.ReadCloser, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	r := request{method: http.MethodGet, path: "/api/v2/files/" + id + "/contents/"}
	d := &download{client: c, request: r, caller: ctx, span: span, at: span.Start}
	if err := c.repeat(ctx, d.open); err != nil {
		return nil, err
	}
	return d, nil
}

// download reads a span through as many bodies as it takes.
type download struct {
	client  *Client
	request request
	caller  context.Context //nolint:containedctx // the transfer outlives the call that opened it
	span    Span
	at      int64 // the next byte that Read gives

	body     io.ReadCloser
	ctx      context.Context //nolint:containedctx // of body, which is ended through it
	cancel   context.CancelCauseFunc
	drop     int64 // bytes that body gives and nobody wants
	patience patience
	arrived  int64 // since patience began
}

// open makes one try to reach the content from d.at on.
func (d *download) open() error {
	c := d.client
	if err := c.admit(d.caller, d.request); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(d.caller)
	stop := time.AfterFunc(c.timeout, func() { cancel(pace.LimitError{Text: fmt.Sprintf("no answer within %v", c.timeout)}) })
	defer stop.Stop()
	resp, err := d.send(ctx)
	if err != nil {
		cancel(nil)
		return err
	}
	if d.drop, err = d.before(resp); err != nil {
		cancel(nil)
		resp.Body.Close()
		return err
	}
	d.body, d.ctx, d.cancel = resp.Body, ctx, cancel
	return nil
}

func (d *download) send(ctx context.Context) (*http.Response, error) {
	req, err := d.client.newRequest(ctx, d.request)
	if err != nil {
		return nil, err
	}
	// A stored .gz must arrive as it is; net/http would unpack it when the
	// storage calls it an encoding.
	req.Header.Set("Accept-Encoding", "identity")
	req.Header.Set("Accept", "*/*")
	if d.span.End > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", d.at, d.span.End-1))
	} else if d.at > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", d.at))
	}
	return d.client.send(d.client.content, d.request, req)
}

// before is how many bytes of an answer come before d.at. A platform that knows no
// ranges answers with the whole file: that serves to go on with a whole one.
func (d *download) before(resp *http.Response) (int64, error) {
	if resp.StatusCode != http.StatusPartialContent {
		if d.span != (Span{}) {
			return 0, fmt.Errorf("%s %s: %w", d.request.method, d.request.path, ErrNoSpans)
		}
		return d.at, nil
	}
	var first, last int64
	text := resp.Header.Get("Content-Range")
	n, err := fmt.Sscanf(text, "bytes %d-%d/", &first, &last)
	if n != 2 || err != nil || first != d.at || last < first || d.span.End > 0 && last >= d.span.End {
		return 0, d.client.unexpected(d.request, resp.StatusCode, fmt.Sprintf("the range %q, which does not begin at byte %d as asked", text, d.at))
	}
	return 0, nil
}

// Read reads on, over breaks.
func (d *download) Read(p []byte) (int, error) {
	if left := d.span.End - d.at; d.span.End > 0 && left < int64(len(p)) {
		p = p[:max(0, left)]
		if len(p) == 0 {
			return 0, io.EOF
		}
	}
	for {
		n, err := d.read(p)
		if n > 0 || len(p) == 0 {
			d.at += int64(n)
			d.arrived += int64(n)
			return n, nil // an error comes again
		}
		if errors.Is(err, io.EOF) {
			if d.span.End == 0 && d.drop == 0 {
				return 0, io.EOF
			}
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			if err := d.goOn(d.client.networkError(d.ctx, d.request, err)); err != nil {
				return 0, err
			}
		}
	}
}

// read gives what the body has now, without what is to be dropped.
func (d *download) read(p []byte) (int, error) {
	stall := d.client.stallTimer(d.cancel)
	n, err := d.body.Read(p)
	stall.Stop()
	skip := int(min(d.drop, int64(n)))
	d.drop -= int64(skip)
	return copy(p, p[skip:n]), err
}

// goOn takes a broken transfer up again, or gives the error that ends it.
func (d *download) goOn(broke error) error {
	_ = d.Close() // it is broken already
	if d.arrived >= worthwhile {
		d.patience, d.arrived = patience{}, 0
	}
	for {
		if err := d.patience.wait(d.caller, d.client, broke); err != nil {
			return err
		}
		if broke = d.open(); broke == nil {
			return nil
		}
	}
}

// Close ends the transfer, also in the middle.
func (d *download) Close() error {
	d.cancel(nil)
	return d.body.Close()
}

// stallTimer ends a transfer in which no byte moves.
type stallTimer struct {
	*time.Timer
	limit time.Duration
}

func (c *Client) stallTimer(cancel context.CancelCauseFunc) *stallTimer {
	limit := stalls * c.timeout
	return &stallTimer{limit: limit, Timer: time.AfterFunc(limit, func() {
		cancel(pace.LimitError{Text: fmt.Sprintf("no data moved for %v", limit)})
	})}
}

// again begins anew, after a byte has moved.
func (s *stallTimer) again() { s.Reset(s.limit) }

// Library is the id of the folder at the top of the account's library. Only v3 knows
// folders and tags of files (rescale-api.md §3.5).
func (c *Client) Library(ctx context.Context) (string, error) {
	var w struct {
		MyLibrary text `json:"myLibrary"`
	}
	r := request{method: http.MethodGet, path: "/api/v3/users/me/folders/"}
	if _, err := c.get(ctx, r.path, nil, &w); err != nil {
		return "", err
	}
	if checkID(string(w.MyLibrary)) != nil {
		return "", c.unexpected(r, http.StatusOK, "folders without myLibrary")
	}
	return string(w.MyLibrary), nil
}

func folderPath(id string) string { return "/api/v3/folders/" + id + "/" }

type wireFolder struct {
	ID   text `json:"id"`
	Name text `json:"name"`
}

// Subfolder finds a folder by its name in another, and gives its id; empty when there is
// none.
func (c *Client) Subfolder(ctx context.Context, parent, name string) (id string, err error) {
	if err := checkID(parent); err != nil {
		return "", err
	}
	type entry struct {
		Type text             `json:"type"`
		Item hint[wireFolder] `json:"item"`
	}
	err = eachPage(ctx, c, listing{path: folderPath(parent) + "contents/", size: filePageSize}, func(p page[entry]) bool {
		for _, e := range p.Results {
			if e.Type == "folder" && string(e.Item.value.Name) == name {
				id = string(e.Item.value.ID)
			}
		}
		return id == ""
	})
	return id, err
}

// CreateFolder makes a folder in another, and gives its id. The platform refuses a name
// that is there, also one in the trash. It is not repeated.
func (c *Client) CreateFolder(ctx context.Context, parent, name string) (string, error) {
	if err := checkID(parent); err != nil {
		return "", err
	}
	var w wireFolder
	r := request{method: http.MethodPost, path: folderPath(parent), body: map[string]string{"name": name}, act: fmt.Sprintf("creating folder %q", name)}
	if err := c.change(ctx, r, &w); err != nil {
		return "", err
	}
	return string(w.ID), checkID(string(w.ID))
}

// MoveFile puts a stored file into a folder. It is not repeated, though doing it twice is
// harmless.
func (c *Client) MoveFile(ctx context.Context, id, folder string) error {
	if err := checkID(id); err != nil {
		return err
	}
	return c.change(ctx, request{
		method: http.MethodPatch, path: "/api/v3/files/" + id + "/", body: map[string]string{"currentFolderId": folder}, act: "moving file " + id,
	}, nil)
}

// TagFile labels a stored file. It is not repeated, though doing it twice is harmless.
func (c *Client) TagFile(ctx context.Context, id, tag string) error {
	if err := checkID(id); err != nil {
		return err
	}
	return c.change(ctx, request{
		method: http.MethodPost, path: "/api/v3/files/" + id + "/tags/", body: map[string]string{"name": tag}, act: "tagging file " + id,
	}, nil)
}
