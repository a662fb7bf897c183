package rescale

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func uploadOf(name, content string) Upload {
	return Upload{Name: name, Size: int64(len(content)), Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(content)), nil
	}}
}

// formFile reads the one file of an upload as the platform would.
func formFile(t *testing.T, contentType string, body string) (name, content string) {
	t.Helper()
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	form, err := multipart.NewReader(strings.NewReader(body), params["boundary"]).ReadForm(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	files := form.File["file"]
	if len(files) != 1 || len(form.File) != 1 || len(form.Value) != 0 {
		t.Fatalf("got %+v, want one part", form)
	}
	f, err := files[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return files[0].Filename, string(text)
}

func TestUpload(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"input.zip", `quo"te.zip`, `back\slash.zip`, "Flügel 翼.k"} {
		for _, content := range []string{"", "x", strings.Repeat("0123456789", 20_000)} {
			var contentType string
			p := newPlatform(t, func(w http.ResponseWriter, r *http.Request) {
				contentType = r.Header.Get("Content-Type")
				reply(201, fixture(t, "sample-file"))(w, r)
			})
			u := uploadOf(name, content)
			var progress []int64
			u.Progress = func(sent int64) { progress = append(progress, sent) }
			f, err := p.client(t).Upload(t.Context(), u)
			if err != nil || f.ID != "kTqWzb" {
				t.Fatalf("got %+v, %v", f, err)
			}
			got := p.arrivals()[0]
			if got.Chunked || got.Length != int64(len(got.Body)) {
				t.Errorf("chunked %v, length %d, got %d bytes", got.Chunked, got.Length, len(got.Body))
			}
			if n, c := formFile(t, contentType, got.Body); n != name || c != content {
				t.Errorf("got file %q with %d bytes, want %q with %d", n, len(c), name, len(content))
			}
			if content != "" && (len(progress) == 0 || progress[len(progress)-1] != int64(len(content))) {
				t.Errorf("got progress %v", progress)
			}
		}
	}
}

func TestUploadIsRepeatedFromItsBeginning(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]http.HandlerFunc{
		"reset": hangUp, "429": reply(429, ""), "502": reply(502, "<html>"), "cut": breakOff(201, `{"id`), "half JSON": reply(201, `{"id`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, answers(fault, fault, reply(201, `{"id":"kTqWzb"}`)))
			opened, u := 0, uploadOf("a", "content")
			open := u.Open
			u.Open = func() (io.ReadCloser, error) { opened++; return open() }
			if _, err := p.client(t).Upload(t.Context(), u); err != nil {
				t.Fatal(err)
			}
			seen := p.arrivals()
			if len(seen) != 3 || opened != 3 {
				t.Fatalf("%d requests, %d times opened, want 3 and 3", len(seen), opened)
			}
			for _, a := range seen {
				if !strings.Contains(a.Body, "\r\n\r\ncontent\r\n") {
					t.Errorf("got %q", a.Body)
				}
			}
		})
	}
}

func TestUploadOfAChangedFile(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		size int64
		want *ChangedError
		text string
	}{
		"shorter":   {9, &ChangedError{Name: "a", Size: 9, Got: 7}, `uploading "a": the file ended after 7 of 9 bytes`},
		"longer":    {3, &ChangedError{Name: "a", Size: 3, Got: 4}, `uploading "a": the file grew beyond 3 bytes while it was read`},
		"not empty": {0, &ChangedError{Name: "a", Size: 0, Got: 1}, `uploading "a": the file grew beyond 0 bytes while it was read`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stored atomic.Int32
			p := newPlatform(t, func(w http.ResponseWriter, r *http.Request) {
				stored.Add(1)
				reply(201, `{"id":"kTqWzb"}`)(w, r)
			})
			u := uploadOf("a", "content")
			u.Size = tc.size
			_, err := p.client(t).Upload(t.Context(), u)
			var changed *ChangedError
			if !errors.As(err, &changed) {
				t.Fatalf("got %v", err)
			}
			if diff := cmp.Diff(tc.want, changed); diff != "" || err.Error() != tc.text || changed.Hint() == "" {
				t.Errorf("got %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestUploadReportsTheLocalCause(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, reply(201, `{"id":"kTqWzb"}`))
	c := p.client(t)
	u := Upload{Name: "a", Size: 1, Open: func() (io.ReadCloser, error) { return nil, os.ErrPermission }}
	if _, err := c.Upload(t.Context(), u); !errors.Is(err, os.ErrPermission) {
		t.Errorf("open: got %v", err)
	}
	u.Open = func() (io.ReadCloser, error) { return io.NopCloser(io.MultiReader(failingReader{})), nil }
	if _, err := c.Upload(t.Context(), u); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read: got %v", err)
	}
	for _, u := range []Upload{{}, {Name: "a", Size: -1, Open: u.Open}, {Name: "a"}} {
		if _, err := c.Upload(t.Context(), u); err == nil {
			t.Errorf("%+v is accepted", u)
		}
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

func TestUploadTooLarge(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status int
		size   int64
		want   bool
	}{
		"413, whatever the size":      {413, 7, true},
		"400 above 5 GB":              {400, 5_100_000_000, true},
		"400 for another reason":      {400, 7, false},
		"403 says nothing about size": {403, 5_100_000_000, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tries := 0
			c := newClient(t, Config{Retry: fastRetry(), Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				tries++
				r.Body.Close()
				return respond(r, tc.status, `{"detail":"no"}`), nil
			})})
			u := uploadOf("a", "content")
			u.Size = tc.size
			_, err := c.Upload(t.Context(), u)
			var tooLarge *TooLargeError
			if errors.As(err, &tooLarge) != tc.want || err == nil || tries != 1 {
				t.Errorf("got %v after %d tries", err, tries)
			}
			if tc.want && (tooLarge.Size != tc.size || !strings.Contains(tooLarge.Hint(), "give its id")) {
				t.Errorf("got %+v, hint %q", tooLarge, tooLarge.Hint())
			}
		})
	}
}

// endless is as long as it is asked to be, without holding anything.
type endless struct{ left int64 }

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), e.left)
	e.left -= n
	return int(n), nil
}

func TestUploadNeedsConstantMemory(t *testing.T) { // not parallel: it measures the heap
	const size = 256 << 20
	var got int64
	c := newClient(t, Config{BaseURL: "http://127.0.0.1", Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		got, _ = io.Copy(io.Discard, r.Body)
		r.Body.Close()
		return respond(r, 201, `{"id":"kTqWzb"}`), nil
	})})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := c.Upload(t.Context(), Upload{Name: "a", Size: size, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(&endless{size}), nil
	}})
	runtime.ReadMemStats(&after)
	if err != nil || got <= size {
		t.Fatalf("sent %d bytes, %v", got, err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20 {
		t.Errorf("allocated %d MiB for %d", used>>20, size>>20)
	}
}

func TestFileRecords(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]File{
		"sample-file": {
			ID: "kTqWzb", Name: "case01.zip", Type: InputFile, Owner: "ada@example.com",
			Uploaded:     time.Date(2026, 3, 2, 8, 14, 55, 120934000, time.UTC),
			RelativePath: "case01.zip", Path: "user/user_AbCdEf/case01-5f0c1d9e-7a44-4d0b-9a53-0d3b3c1f2a10.zip",
			Size: 48213, SHA512: "cf83e1357eefb8bd", Complete: true,
		},
		"file-upload": {
			ID: "yMqdxd", Name: "input.zip", Type: InputFile, Owner: "demo@example.com",
			Uploaded:     time.Date(2016, 11, 11, 18, 50, 54, 78468000, time.UTC),
			RelativePath: "input.zip", Path: "user/user_WrNSdb/input-a2f3d113-6591-461e-a912-57b06166df21.zip",
			Size: 10391660, MD5: "159bb1cdd01987f9122f5ec673958eaf", Complete: true,
		},
	} {
		p := newPlatform(t, reply(200, fixture(t, name)))
		got, err := p.client(t).File(t.Context(), want.ID)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
		if _, err := p.client(t).File(t.Context(), "other"); err == nil {
			t.Errorf("%s: the record of another file is accepted", name)
		}
	}
}

func TestJobFiles(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, reply(200, fixture(t, "sample-job-files")))
	got, err := p.client(t).JobFiles(t.Context(), "QwErTy", "process output")
	if err != nil || len(got) != 1 || got[0].SHA512 != "9b71d224bd62f378" || got[0].Type != OutputFile {
		t.Errorf("got %+v, %v", got, err)
	}
	want := arrival{Method: "GET", Path: "/api/v2/jobs/QwErTy/files/", Query: "page_size=1000&search=process+output", Auth: "Token " + testKey}
	if diff := cmp.Diff(want, p.arrivals()[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFilesAreListedOnce(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, answers(
		reply(200, `{"count":3,"next":"/api/v2/files/?page=2","results":[{"id":"a","fileChecksums":[{"hashFunction":"SHA-512","fileHash":"AB"}]},{"id":"b","isUploaded":false,"dateUploaded":null}]}`),
		reply(200, `{"count":3,"next":null,"results":[{"id":"b"},{"id":"c","isDeleted":true}]}`),
	))
	var got []File
	err := p.client(t).Files(t.Context(), "", func(f File) bool { got = append(got, f); return true })
	want := []File{{ID: "a", SHA512: "ab", Complete: true}, {ID: "b"}, {ID: "c", Complete: true, Deleted: true}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestFilesAreReadNoFurtherThanWanted asks for no page that nobody looks at.
func TestFilesAreReadNoFurtherThanWanted(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, reply(200, `{"count":9,"next":"/api/v2/files/?page=2","results":[{"id":"a"},{"id":"b"},{"id":"c"}]}`))
	n := 0
	err := p.client(t).Files(t.Context(), "deck one.k", func(File) bool { n++; return n < 2 })
	if seen := p.arrivals(); err != nil || n != 2 || len(seen) != 1 || seen[0].Query != "page_size=1000&search=deck+one.k" {
		t.Errorf("%v after %d files, %+v", err, n, seen)
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, reply(200, `{"lines": ["step 1\n", "done\n"]}`))
	got, err := p.client(t).Lines(t.Context(), "oUtPuT")
	if diff := cmp.Diff([]string{"step 1\n", "done\n"}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// widest notes the largest piece that anybody asked for.
type widest struct {
	io.Reader
	most *int
}

func (w widest) Read(p []byte) (int, error) {
	*w.most = max(*w.most, len(p))
	return w.Reader.Read(p)
}

// TestUploadIsReadInLargePieces: small ones cost a quarter of the time.
func TestUploadIsReadInLargePieces(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, reply(201, `{"id":"kTqWzb"}`))
	most := 0
	const size = 2 * sendBuffer
	u := Upload{Name: "a", Size: size, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(widest{&endless{size}, &most}), nil
	}}
	if _, err := p.client(t).Upload(t.Context(), u); err != nil || most < sendBuffer {
		t.Errorf("%v, pieces of %d bytes", err, most)
	}
}

// A platform that refuses early must be heard, though it stops reading.
func TestUploadRefusedBeforeItsEnd(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		reply(401, `{"detail":"Invalid token."}`)(w, r)
	}))
	t.Cleanup(s.Close)
	const size = 8 << 20
	c := newClient(t, Config{BaseURL: s.URL, Retry: fastRetry()})
	_, err := c.Upload(t.Context(), Upload{Name: "a", Size: size, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(&endless{size}), nil
	}})
	if !IsAuth(err) {
		t.Errorf("got %v after %d requests", err, requests.Load())
	}
}

// stuck is a body that never goes on, until its request ends.
type stuck struct{ done <-chan struct{} }

func (s stuck) Read([]byte) (int, error) {
	<-s.done
	return 0, context.Canceled
}

func (stuck) Close() error { return nil }

func TestTransfersThatStall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Config{Retry: Retry{Attempts: 1}, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Body != nil {
				_, _ = r.Body.Read(make([]byte, 4))
				<-r.Context().Done()
				r.Body.Close()
				return nil, r.Context().Err()
			}
			resp := respond(r, 200, "")
			resp.Body = stuck{r.Context().Done()}
			return resp, nil
		})})
		began := time.Now()
		_, err := c.Upload(t.Context(), uploadOf("a", "content"))
		if err == nil || !strings.Contains(err.Error(), "no data moved for 2m0s") || time.Since(began) != 2*time.Minute {
			t.Errorf("upload: got %v after %v", err, time.Since(began))
		}
		body, err := c.Download(t.Context(), "oUtPuT", Span{})
		if err != nil {
			t.Fatal(err)
		}
		defer body.Close()
		_, err = body.Read(make([]byte, 4))
		if err == nil || !strings.Contains(err.Error(), "no data moved for 2m0s") || errors.Is(err, context.Canceled) {
			t.Errorf("download: got %v", err)
		}
	})
}

// TestAnAnswerToAnUploadThatStops: all of the file has left, and the connection stays open.
func TestAnAnswerToAnUploadThatStops(t *testing.T) {
	t.Parallel()
	stopAfter := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			reply(status, body)(w, r)
			_ = http.NewResponseController(w).Flush()
			stayAway(w, r)
		}
	}
	const limit = "no whole answer within 200ms after the last byte"
	for name, tc := range map[string]struct {
		fault http.HandlerFunc
		want  string
	}{
		"before it begins": {fault: stayAway, want: limit},
		"in a record":      {fault: stopAfter(201, `{"id": "Qw`), want: limit},
		"in a refusal":     {fault: stopAfter(503, "<html>"), want: "503 Service Unavailable: an HTML page"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			told := make(chan error, 9)
			p := newPlatform(t, answers(tc.fault, reply(201, `{"id":"kTqWzb"}`)))
			c := newClient(t, Config{BaseURL: p.URL, Retry: fastRetry(), Timeout: 200 * time.Millisecond, OnRetry: func(err error, _ time.Duration) {
				told <- err
			}})
			if got, err := c.Upload(t.Context(), uploadOf("a", "content")); err != nil || got.ID != "kTqWzb" {
				t.Errorf("got %+v, %v", got, err)
			}
			want := `uploading "a": POST /api/v2/files/contents/: ` + tc.want
			if err := <-told; err.Error() != want {
				t.Errorf("told %q, want %q", err, want)
			}
		})
	}
}

// Which of two ways to name a type the platform takes is not known, so that both are
// tried, and a third when neither was.
func TestUploadOfAScript(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answers []http.HandlerFunc
		want    string
	}{
		"taken":   {[]http.HandlerFunc{reply(201, `{"id":"sCrIp","typeId":4}`)}, "POST"},
		"ignored": {[]http.HandlerFunc{reply(201, `{"id":"sCrIp","typeId":1}`), reply(200, `{}`)}, `POST PATCH {"typeId":4}`},
	} {
		p := newPlatform(t, answers(tc.answers...))
		u := uploadOf("pre.sh", "echo\n")
		u.Type = ScriptFile
		if _, err := p.client(t).Upload(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		sent := p.arrivals()
		if !strings.Contains(sent[0].Body, "name=\"typeId\"\r\n\r\n4\r\n") || !strings.Contains(sent[0].Body, "type_id: 4\r\n") || sent[0].Length != int64(len(sent[0].Body)) {
			t.Errorf("%s: sent %q", name, sent[0].Body)
		}
		got := sent[0].Method
		for _, more := range sent[1:] {
			got += " " + more.Method + " " + more.Body
		}
		if got != tc.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestDeleteFile(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status int
		wrong  bool
	}{
		"deleted":      {status: http.StatusNoContent},
		"deleted then": {status: http.StatusNotFound},
		"refused":      {status: http.StatusForbidden, wrong: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(tc.status) })
			err := p.client(t).DeleteFile(t.Context(), "AbCdEf")
			if (err != nil) != tc.wrong {
				t.Errorf("error is %v, want one: %t", err, tc.wrong)
			}
			if seen := p.arrivals(); len(seen) != 1 || seen[0].Method != http.MethodDelete || seen[0].Path != "/api/v2/files/AbCdEf/" {
				t.Errorf("requests: %v", seen)
			}
		})
	}
}
