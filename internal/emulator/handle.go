package emulator

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/emulator/api"
)

const maxJSON = 8 << 20

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		hangUp(w)
		return
	}
	defer s.inflight.Done()
	answer := s.respond(r)
	answer.write(w, r)
}

// respond does what the request asks for, unless a fault is due.
func (s *Server) respond(r *http.Request) reply {
	s.resume.Do(s.cluster.Resume)
	body, err := readJSON(r)
	seen := s.observed.begin(r, body)
	fault := s.faults.due(r)
	if fault != nil {
		s.observed.faulty(seen, fault.Action)
		if out, done := fault.instead(s, r, body); done {
			s.observed.end(seen, out.status)
			return out
		}
	}
	var out reply
	if err != nil {
		out = render(err)
	} else {
		out = s.effect(r, body, seen)
	}
	if fault != nil {
		out = fault.after(s, r, out)
	}
	s.observed.end(seen, out.status)
	return out
}

// effect authenticates, throttles, and lets the API answer.
func (s *Server) effect(r *http.Request, body []byte, seen *Request) reply {
	account, err := s.authenticate(r)
	if err != nil {
		return render(err)
	}
	s.observed.by(seen, account.Email)
	if err := s.limits.check(account.Email, r); err != nil {
		return render(err)
	}
	answer, err := s.router.Serve(s.api, &api.Request{Request: r, Account: account.profile(), Base: s.base(r), JSON: body})
	if err != nil {
		return render(err)
	}
	return renderAnswer(answer)
}

// base is the origin for absolute links.
func (s *Server) base(r *http.Request) string {
	if s.cfg.BaseURL != "" {
		return s.cfg.BaseURL
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme + r.Host
}

// readJSON reads the body of everything but an upload, before anything happens: what was asked for is recorded even
// when a fault answers.
func readJSON(r *http.Request) ([]byte, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && strings.HasPrefix(kind, "multipart/") || r.Body == nil || r.ContentLength == 0 {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxJSON+1))
	var refusal error
	switch {
	case err != nil:
		refusal = api.Refuse(http.StatusBadRequest, "The body could not be read: %v", err)
	case len(body) > maxJSON:
		refusal = api.Refuse(http.StatusRequestEntityTooLarge, "The body is too large.")
	}
	return bytes.TrimSpace(body), refusal
}

// hold waits until the client gives up or the server closes. The body is read first, because only then the HTTP
// server notices that the client is gone.
func (s *Server) hold(r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil && !errors.Is(err, http.ErrBodyReadAfterClose) {
		return
	}
	select {
	case <-r.Context().Done():
	case <-s.ctx.Done():
	}
}
