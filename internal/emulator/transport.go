package emulator

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
)

// Transport returns a client transport that reaches the server without sockets, whatever the host of the URL.
// Requests are answered on the caller's goroutine: when RoundTrip returns, the effect has happened. Faults act as on
// a real connection. Commands of jobs do not reach a server that is not served on a listener too.
func (s *Server) Transport() http.RoundTripper { return inProcess{s} }

type inProcess struct{ server *Server }

// RoundTrip answers the request.
func (t inProcess) RoundTrip(request *http.Request) (*http.Response, error) {
	defer closeBody(request)
	ctx := request.Context()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if !t.server.enter() {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	defer t.server.inflight.Done()
	answer := t.server.respond(received(request))
	if ctx.Err() != nil { // it gave up meanwhile
		answer.discard()
		return nil, context.Cause(ctx)
	}
	if answer.cut == nothing {
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	return answer.response(request), nil
}

func closeBody(request *http.Request) {
	if request.Body != nil {
		_ = request.Body.Close()
	}
}

// received is the request as a server sees it.
func received(request *http.Request) *http.Request {
	r := request.Clone(request.Context())
	r.RequestURI = request.URL.RequestURI()
	r.RemoteAddr = "in-process"
	if r.Host == "" {
		r.Host = request.URL.Host
	}
	switch {
	case request.Body == nil:
		r.Body = http.NoBody
	case request.Body != http.NoBody && request.ContentLength <= 0:
		r.ContentLength = -1 // a client transport would send it in chunks
		r.TransferEncoding = []string{"chunked"}
	}
	return r
}

// response is the reply as a client sees it.
func (p *reply) response(request *http.Request) *http.Response {
	p.finish()
	out := &http.Response{
		Status:     strconv.Itoa(p.status) + " " + http.StatusText(p.status),
		StatusCode: p.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: p.header, ContentLength: p.announced(), Request: request,
	}
	if request.Method == http.MethodHead || p.status == http.StatusNoContent {
		p.discard()
		out.Body = http.NoBody
		return out
	}
	out.Body = &transfer{reader: p.content(), reply: p}
	return out
}

// transfer is a body on its way to the client.
type transfer struct {
	reader io.Reader
	reply  *reply
}

// Read ends with io.ErrUnexpectedEOF when the answer is cut.
func (b *transfer) Read(into []byte) (int, error) {
	n, err := b.reader.Read(into)
	if errors.Is(err, io.EOF) && b.reply.cut == half {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Close ends the answer.
func (b *transfer) Close() error {
	b.reply.discard()
	return nil
}
