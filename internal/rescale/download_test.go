package rescale

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestDownload(t *testing.T) {
	t.Parallel()
	gz := []byte{0x1f, 0x8b, 0, 1, 2}
	p := newPlatform(t, answers(reply(503, ""), hangUp, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Accept-Encoding"); got != "identity" {
			t.Errorf("accepts %q: a stored archive could be unpacked on the way", got)
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(gz)
	}))
	body, err := p.client(t).Download(t.Context(), "oUtPuT", Span{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(body)
	if err != nil || !bytes.Equal(got, gz) {
		t.Errorf("got %x, %v", got, err)
	}
	if err := body.Close(); err != nil {
		t.Error(err)
	}
}

// A transfer that never comes further is given up.
func TestDownloadThatBreaksOff(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, breakOff(200, "half"))
	body, err := p.client(t).Download(t.Context(), "oUtPuT", Span{})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	got, err := io.ReadAll(body)
	var network *NetworkError
	var outage *OutageError
	if string(got) != "half" || !errors.As(err, &network) || !errors.Is(err, io.ErrUnexpectedEOF) || !errors.As(err, &outage) {
		t.Errorf("got %q, %v", got, err)
	}
	if n := len(p.arrivals()); n != outage.Tries || n != 8 {
		t.Errorf("%d requests, %v", n, outage)
	}
}

func TestDownloadOfNothing(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, reply(404, `{"detail":"Not found."}`))
	body, err := p.client(t).Download(t.Context(), "oUtPuT", Span{})
	if body != nil || err == nil || err.Error() != "GET /api/v2/files/oUtPuT/contents/: 404 Not Found: Not found." {
		t.Errorf("got %v, %v", body, err)
	}
}

// shelf serves text with ranges, and breaks off after some bytes of each answer.
func shelf(text string, breakAfter int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if breakAfter > 0 {
			w = &breaking{ResponseWriter: w, left: breakAfter}
		}
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(text))
	}
}

type breaking struct {
	http.ResponseWriter
	left int
}

func (b *breaking) Write(p []byte) (int, error) {
	n, _ := b.ResponseWriter.Write(p[:min(b.left, len(p))])
	_ = http.NewResponseController(b.ResponseWriter).Flush()
	if b.left -= n; b.left == 0 {
		panic(http.ErrAbortHandler)
	}
	return n, nil
}

func TestSpans(t *testing.T) {
	t.Parallel()
	const text = "0123456789"
	for name, tc := range map[string]struct {
		span       Span
		breakAfter int
		want       string
		asked      string
	}{
		"whole":                {Span{}, 0, text, ""},
		"middle":               {Span{2, 5}, 0, "234", "bytes=2-4"},
		"to the end":           {Span{Start: 7}, 0, "789", "bytes=7-"},
		"broken":               {Span{}, 4, text, " bytes=4- bytes=8-"},
		"broken in the middle": {Span{1, 8}, 3, "1234567", "bytes=1-7 bytes=4-7 bytes=7-7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, shelf(text, tc.breakAfter))
			body, err := p.client(t).Download(t.Context(), "oUtPuT", tc.span)
			if err != nil {
				t.Fatal(err)
			}
			defer body.Close()
			got, err := io.ReadAll(body)
			if string(got) != tc.want || err != nil || p.ranges() != tc.asked {
				t.Errorf("got %q, %v; asked %q", got, err, p.ranges())
			}
		})
	}
}

// What is broken is gone on with also where there are no ranges: the part that is
// here already comes once more and is dropped.
func TestAPlatformWithoutSpans(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, answers(breakOff(200, "01234"), reply(200, "0123456789")))
	body, err := p.client(t).Download(t.Context(), "oUtPuT", Span{})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if got, err := io.ReadAll(body); string(got) != "0123456789" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := p.client(t).Download(t.Context(), "oUtPuT", Span{Start: 3}); !errors.Is(err, ErrNoSpans) {
		t.Errorf("a span: %v", err)
	}
}

func TestSpansThatWereNotAskedFor(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "bytes 0-2/10", "bytes 3-9/10", "bytes 3-2/10", "bytes */10", "items 2-4/10"} {
		p := newPlatform(t, replyWith("Content-Range", text, 206, "234"))
		_, err := p.client(t).Download(t.Context(), "oUtPuT", Span{2, 5})
		want := fmt.Sprintf("206 Partial Content: the range %q, which does not begin at byte 2 as asked", text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	p := newPlatform(t, replyWith("Content-Range", "bytes 2-9/10", 206, "23456789"))
	if _, err := p.client(t).Download(t.Context(), "oUtPuT", Span{2, 5}); err == nil {
		t.Error("a longer range is taken")
	}
}

// A large file comes home over a line that breaks every other MiB, however often.
func TestPatienceBeginsAnewWhenMuchArrived(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("x", 24*worthwhile)
	p := newPlatform(t, shelf(text, 2*worthwhile))
	body, err := p.client(t).Download(t.Context(), "oUtPuT", Span{})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if n, err := io.Copy(io.Discard, body); n != int64(len(text)) || err != nil {
		t.Errorf("%d bytes, %v, %d requests", n, err, len(p.arrivals()))
	}
}
