package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/emulator/api"
)

// cut says how much of a reply reaches the client.
type cut int

const (
	whole cut = iota
	half
	nothing
)

// reply is what goes over the wire, or what a fault leaves of it.
type reply struct {
	status int // with cut nothing: that of the lost answer; 0 if there was no effect
	header http.Header
	body   []byte
	file   *os.File // instead of body: the next length bytes
	length int64
	cut    cut
}

// render turns an answer or an error into a reply.
func render(err error) reply {
	var refusal *api.Error
	if !errors.As(err, &refusal) {
		refusal = api.Refuse(http.StatusInternalServerError, "emulator: %v", err)
	}
	return renderAnswer(api.Answer{Status: refusal.Status, Header: refusal.Header, Body: refusal.Body})
}

func renderAnswer(answer api.Answer) reply {
	out := reply{status: answer.Status, header: answer.Header}
	if out.header == nil {
		out.header = http.Header{}
	}
	switch body := answer.Body.(type) {
	case nil:
	case api.Stream:
		out.file, out.length = body.Source, body.Length
	case api.Text:
		out.body = []byte(body)
	default:
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(body); err != nil {
			return render(err)
		}
		out.body = bytes.TrimSuffix(text.Bytes(), []byte("\n"))
		if out.header.Get("Content-Type") == "" {
			out.header.Set("Content-Type", "application/json")
		}
	}
	return out
}

func (p *reply) size() int64 {
	if p.file != nil {
		return p.length
	}
	return int64(len(p.body))
}

// announced is the length in the header. An empty body is cut short by announcing one byte.
func (p *reply) announced() int64 {
	if p.cut == half {
		return max(1, p.size())
	}
	return p.size()
}

// finish adds the headers that every answer has.
func (p *reply) finish() {
	p.header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	if p.status != http.StatusNoContent {
		p.header.Set("Content-Length", strconv.FormatInt(p.announced(), 10))
	}
}

// content returns the bytes that reach the client.
func (p *reply) content() io.Reader {
	n := p.size()
	if p.cut == half {
		n /= 2
	}
	if p.file != nil {
		return io.LimitReader(p.file, n)
	}
	return bytes.NewReader(p.body[:n])
}

func (p *reply) discard() {
	if p.file != nil {
		_ = p.file.Close() // it was only read
	}
}

// write sends the reply. A body that is shorter than announced makes the HTTP server cut the connection.
func (p *reply) write(w http.ResponseWriter, r *http.Request) {
	defer p.discard()
	if p.cut == nothing {
		hangUp(w)
		return
	}
	p.finish()
	for name, values := range p.header {
		w.Header()[name] = values
	}
	w.WriteHeader(p.status)
	if r.Method != http.MethodHead && p.status != http.StatusNoContent {
		_, _ = io.Copy(w, p.content()) // a client that is gone needs no answer
	}
}

// hangUp closes the connection without an answer.
func hangUp(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // the documented way for writers without a connection of their own
	}
	_ = connection.Close()
}
