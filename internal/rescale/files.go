package rescale

import (
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/rescale/pace"
)

// FileType says what a stored file is for (rescale-api.md §3.2).
type FileType int

// The file types that all clients of the platform agree on.
const (
	InputFile    FileType = 1
	TemplateFile FileType = 2
	ParamFile    FileType = 3
	ScriptFile   FileType = 4
	OutputFile   FileType = 5
)

// File is what the platform knows about a stored file. Its encryption key is
// never read (rescale-api.md §3.2).
type File struct {
	ID           string
	Name         string
	Type         FileType
	Owner        string    // e-mail address
	Uploaded     time.Time // zero until the platform stamps it
	RelativePath string    // of an output: inside the run's directory. Not trustworthy as a local path
	Path         string    // storage key; names the run of an output
	Size         int64     // bytes of content
	SHA512       string    // of the content, lower hex; "" when the platform does not say
	MD5          string    // old records only
	Complete     bool      // false: the upload is in progress or failed
	Deleted      bool
}

type wireFile struct {
	ID            string   `json:"id"`
	Name          string   `json:"name"`
	TypeID        FileType `json:"typeId"`
	Owner         text     `json:"owner"`
	DateUploaded  date     `json:"dateUploaded"`
	RelativePath  text     `json:"relativePath"`
	Path          text     `json:"path"`
	DecryptedSize int64    `json:"decryptedSize"`
	IsUploaded    *bool    `json:"isUploaded"` // absent in short forms: then it is there
	IsDeleted     bool     `json:"isDeleted"`
	MD5           text     `json:"md5"`
	FileChecksums []struct {
		HashFunction string `json:"hashFunction"`
		FileHash     string `json:"fileHash"`
	} `json:"fileChecksums"`
}

func (w wireFile) file() File {
	f := File{
		ID: w.ID, Name: w.Name, Type: w.TypeID, Owner: string(w.Owner), Uploaded: w.DateUploaded.Time,
		RelativePath: string(w.RelativePath), Path: string(w.Path), Size: w.DecryptedSize,
		MD5: string(w.MD5), Complete: w.IsUploaded == nil || *w.IsUploaded, Deleted: w.IsDeleted,
	}
	for _, sum := range w.FileChecksums {
		if strings.ToLower(strings.ReplaceAll(sum.HashFunction, "-", "")) == "sha512" {
			f.SHA512 = strings.ToLower(sum.FileHash)
		}
	}
	return f
}

// File reads what is known about one file; 404 is an *Error.
func (c *Client) File(ctx context.Context, id string) (File, error) {
	if err := checkID(id); err != nil {
		return File{}, err
	}
	var w wireFile
	r := request{method: http.MethodGet, path: "/api/v2/files/" + id + "/"}
	if _, err := c.get(ctx, r.path, nil, &w); err != nil {
		return File{}, err
	}
	if w.ID != id {
		return File{}, c.unexpected(r, http.StatusOK, fmt.Sprintf("the record of file %q instead of %q", w.ID, id))
	}
	return w.file(), nil
}

// DeleteFile deletes a stored file. One that does not exist is deleted already. It is not
// repeated, though doing it twice is harmless (rescale-api.md §3.4).
func (c *Client) DeleteFile(ctx context.Context, id string) error {
	if err := checkID(id); err != nil {
		return err
	}
	err := c.change(ctx, request{method: http.MethodDelete, path: "/api/v2/files/" + id + "/", act: "deleting file " + id}, nil)
	if isNotFound(err) {
		return nil
	}
	return err
}

// Files gives the files that the account sees and whose names match search to yield,
// newest first, until it returns false. The platform splits search at blanks and
// matches parts of names, so that callers must compare names again
// (rescale-api.md §3.3). An empty search means all files.
func (c *Client) Files(ctx context.Context, search string, yield func(File) bool) error {
	seen := make(map[string]bool)
	return eachPage(ctx, c, fileListing("/api/v2/files/", search), func(p page[wireFile]) bool {
		for _, w := range p.Results {
			// New files came in between two pages and shifted the rest.
			if repeated := seen[w.ID]; !repeated && !yield(w.file()) {
				return false
			}
			seen[w.ID] = true
		}
		return true
	})
}

// JobFiles lists the output files of a job whose names match search, with the same
// warning as Files (rescale-api.md §9).
func (c *Client) JobFiles(ctx context.Context, id, search string) ([]File, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	found, err := all[wireFile](ctx, c, fileListing(jobPath(id)+"files/", search))
	return distinct(convert(found, wireFile.file), func(f File) string { return f.ID }), err
}

func fileListing(path, search string) listing {
	query := url.Values{}
	if search != "" {
		query.Set("search", search)
	}
	return listing{path: path, query: query, size: filePageSize}
}

// distinct drops entries that a listing repeats, because new ones came in between
// two pages and shifted the rest.
func distinct[T any](items []T, id func(T) string) []T {
	seen := make(map[string]bool, len(items))
	var out []T
	for _, item := range items {
		if key := id(item); key == "" || !seen[key] {
			seen[key] = true
			out = append(out, item)
		}
	}
	return out
}

// Lines reads a small text file as lines that keep their line breaks
// (rescale-api.md §3.4). For anything large or binary use Download.
func (c *Client) Lines(ctx context.Context, id string) ([]string, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	var w struct {
		Lines []string `json:"lines"`
	}
	_, err := c.get(ctx, "/api/v2/files/"+id+"/lines/", nil, &w)
	return w.Lines, err
}

// Upload is a file to store.
type Upload struct {
	Name     string                        // to store it under; not unique on the platform
	Type     FileType                      // 0 means InputFile
	Size     int64                         // exact, in bytes
	Open     func() (io.ReadCloser, error) // called once for each try
	Progress func(sent int64)              // optional; bytes of this try so far, starting over with each. Must be quick; calls never overlap
}

// Upload stores a file and gives its record. It needs constant memory, and sends
// the length first, because the platform refuses chunked bodies. A lost answer
// makes it upload again; the orphan is harmless (rescale-api.md §3.1). So does one that
// does not come to its end, though the connection stays open. Content
// that is not Size bytes long is a *ChangedError, a refusal of its size a
// *TooLargeError.
func (c *Client) Upload(ctx context.Context, u Upload) (File, error) {
	if u.Name == "" || u.Size < 0 || u.Open == nil {
		return File{}, fmt.Errorf("uploading %q: it needs a name, a size and content", u.Name)
	}
	var w wireFile
	err := c.repeat(ctx, func() error {
		// Several may be on their way, and all have one address.
		if err := c.uploadOnce(ctx, u, &w); err != nil {
			return fmt.Errorf("uploading %q: %w", u.Name, err)
		}
		return nil
	})
	if err != nil {
		return File{}, u.explain(err)
	}
	return w.file(), c.retype(ctx, w.ID, w.TypeID, u.Type)
}

// retype gives a file that was uploaded the type that its upload asked for, if the
// platform did not take that out of the form.
func (c *Client) retype(ctx context.Context, id string, is, wanted FileType) error {
	if wanted == 0 || is == wanted {
		return nil
	}
	return c.change(ctx, request{
		method: http.MethodPatch, path: "/api/v2/files/" + id + "/", body: map[string]FileType{"typeId": wanted},
		act: "changing the type of file " + id,
	}, nil)
}

func (c *Client) uploadOnce(ctx context.Context, u Upload, w *wireFile) error {
	r := request{method: http.MethodPost, path: "/api/v2/files/contents/"}
	if err := c.admit(ctx, r); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	body, err := newUploadBody(u, c.stallTimer(cancel))
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }() // reading is over, nothing can be lost
	answered, stop := limitAnswer(ctx, c.timeout+storing(u.Size), cancel)
	defer stop()
	req, err := c.newRequest(answered, r)
	if err != nil {
		return err
	}
	req.Body, req.ContentLength = body, body.length
	req.Header.Set("Content-Type", body.contentType)
	resp, err := c.send(c.api, r, req)
	if cause := body.problem(); cause != nil {
		if resp != nil {
			resp.Body.Close()
		}
		return cause
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := c.decode(r, resp, w); err != nil {
		return err
	}
	if w.ID == "" {
		return c.unexpected(r, resp.StatusCode, "a stored file without id")
	}
	return nil
}

// storing is how long the platform may take to store a file that it has received.
func storing(size int64) time.Duration {
	const least = 4 << 20 // bytes a second
	return time.Duration(size/least) * time.Second
}

// limitAnswer ends an exchange in which all was sent, the connection stays open, and no
// whole answer comes. Stop must be called after it.
func limitAnswer(ctx context.Context, limit time.Duration, cancel context.CancelCauseFunc) (limited context.Context, stop func()) {
	timer := time.AfterFunc(limit, func() {
		cancel(pace.LimitError{Text: fmt.Sprintf("no whole answer within %v after the last byte", limit)})
	})
	timer.Stop()
	var once sync.Once
	trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) {
		once.Do(func() { timer.Reset(limit) })
	}}
	return httptrace.WithClientTrace(ctx, trace), func() {
		once.Do(func() {}) // net/http may still be about to tell
		timer.Stop()
	}
}

// uploadBody is a multipart form with one file, whose length is known beforehand.
type uploadBody struct {
	contentType string
	length      int64
	upload      Upload
	stall       *stallTimer

	mu      sync.Mutex // net/http may still read while the caller gives up
	parts   io.Reader
	content io.ReadCloser
	sent    int64
	failed  error // of the content, not of the network
	closed  bool
}

func newUploadBody(u Upload, stall *stallTimer) (*uploadBody, error) {
	var frame strings.Builder
	form := multipart.NewWriter(&frame)
	if err := u.begin(form); err != nil {
		return nil, err
	}
	head := frame.String()
	if err := form.Close(); err != nil {
		return nil, err
	}
	content, err := u.Open()
	if err != nil {
		return nil, err
	}
	b := &uploadBody{
		contentType: form.FormDataContentType(),
		length:      int64(frame.Len()) + u.Size,
		upload:      u, content: content, stall: stall,
	}
	b.parts = io.MultiReader(strings.NewReader(head), exactly{b}, strings.NewReader(frame.String()[len(head):]))
	return b, nil
}

// begin writes the form up to the content. A type is written in both ways that are
// known of the platform's own scripts (rescale-api.md §3.1).
func (u Upload) begin(form *multipart.Writer) error {
	if u.Type == 0 {
		_, err := form.CreateFormFile("file", u.Name)
		return err
	}
	number := strconv.Itoa(int(u.Type))
	if err := form.WriteField("typeId", number); err != nil {
		return err
	}
	_, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {multipart.FileContentDisposition("file", u.Name)},
		"Content-Type":        {"application/octet-stream"},
		"type_id":             {number},
	})
	return err
}

// Read gives the next bytes of the form. That it is called again shows that the
// last ones went out.
func (b *uploadBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	b.stall.Stop()
	n, err := b.parts.Read(p)
	if err == nil {
		b.stall.again()
	}
	return n, err
}

// exactly reads the content and fails rather than send less or more than promised.
type exactly struct{ *uploadBody }

// Read is called by uploadBody.Read, which holds the lock.
func (e exactly) Read(p []byte) (int, error) {
	left := e.upload.Size - e.sent
	if left < int64(len(p)) {
		p = p[:left+1] // one more, to see that it ends
	}
	n, err := e.content.Read(p)
	e.sent += int64(n)
	switch {
	case e.sent > e.upload.Size, err == io.EOF && e.sent < e.upload.Size:
		e.failed = &ChangedError{Name: e.upload.Name, Size: e.upload.Size, Got: e.sent}
		return 0, e.failed
	case err != nil && err != io.EOF:
		e.failed = err
		return 0, e.failed
	}
	if n > 0 && e.upload.Progress != nil {
		e.upload.Progress(e.sent)
	}
	return n, err
}

// Close stops the upload; it may be called twice, by net/http and by us.
func (b *uploadBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stall.Stop()
	if b.closed {
		return nil
	}
	b.closed = true
	return b.content.Close()
}

// problem is why the content could not be read, if that is what went wrong.
func (b *uploadBody) problem() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed
}
