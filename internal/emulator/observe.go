package emulator

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Request is one request that the server received. Credentials are never recorded.
type Request struct {
	Method  string
	Path    string
	Query   string // raw
	Status  int    // of the answer, also of a lost one; 0 if there was none, or not yet
	Account string // e-mail; empty if unknown
	Fault   Action // empty: none
	Body    []byte // if it is JSON of at most 64 KiB
}

const (
	maxObserved     = 20000 // older requests are forgotten
	maxObservedBody = 64 << 10
)

type observations struct {
	mu   sync.Mutex
	list []*Request
}

func (o *observations) begin(r *http.Request, body []byte) *Request {
	seen := &Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery}
	if len(body) <= maxObservedBody && json.Valid(body) {
		seen.Body = slices.Clone(body)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.list) == maxObserved {
		o.list = slices.Delete(o.list, 0, maxObserved/10)
	}
	o.list = append(o.list, seen)
	return seen
}

func (o *observations) faulty(seen *Request, action Action) {
	o.mu.Lock()
	defer o.mu.Unlock()
	seen.Fault = action
}

func (o *observations) by(seen *Request, account string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	seen.Account = account
}

func (o *observations) end(seen *Request, status int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	seen.Status = status
}

// Requests returns what was received since Open or ResetRequests, in order of arrival.
func (s *Server) Requests() []Request {
	s.observed.mu.Lock()
	defer s.observed.mu.Unlock()
	out := make([]Request, len(s.observed.list))
	for i, seen := range s.observed.list {
		out[i] = *seen
	}
	return out
}

// ResetRequests forgets what was received.
func (s *Server) ResetRequests() {
	s.observed.mu.Lock()
	defer s.observed.mu.Unlock()
	s.observed.list = nil
}

// JobInfo is a job as the platform knows it.
type JobInfo struct {
	ID        string
	Name      string
	Owner     string // e-mail
	Status    string // empty for a draft
	Reason    string // of Status
	Submitted int    // accepted submits, repeated ones included
	Draft     bool
	Deleted   bool
	Restarts  int
	Inserted  time.Time
	Dated     time.Time // what it shows as dateInserted; Inserted, but for Switches.WholeSeconds and Skew
	Tags      []string
	Storage   []string        // ids of attached devices
	ProjectID string          // empty: none
	Body      json.RawMessage // as created, with later changes; white space may differ
}

// Jobs returns all jobs, deleted ones included, oldest first.
func (s *Server) Jobs() []JobInfo {
	records := s.store.Jobs()
	out := make([]JobInfo, len(records))
	for i, j := range records {
		out[i] = JobInfo{
			ID: j.ID, Name: j.Spec.Name, Owner: j.Owner, Status: j.Status(), Submitted: j.Submits, Draft: j.Draft(),
			Deleted: !j.Deleted.IsZero(), Restarts: j.Restarts, Inserted: j.Inserted, Dated: j.Shown(), Tags: slices.Clone(j.Tags), Storage: slices.Clone(j.Devices), Body: slices.Clone(j.Body),
		}
		if j.Spec.ProjectID != nil {
			out[i].ProjectID = *j.Spec.ProjectID
		}
		if n := len(j.Statuses); n > 0 {
			out[i].Reason = j.Statuses[n-1].Reason
		}
	}
	return out
}

// Await returns as soon as the condition holds for the jobs, or with the context's error.
func (s *Server) Await(ctx context.Context, holds func([]JobInfo) bool) error {
	for {
		changed := s.store.Changed()
		if holds(s.Jobs()) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Now returns the platform's time. Whatever is stored later has a later date.
func (s *Server) Now() time.Time { return s.store.Now() }

// PinListing serves job listings as they were at that time, until it is called with the zero time. It outranks
// Switches.ListingLag.
func (s *Server) PinListing(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pinned = at
}

func (s *Server) pin() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pinned
}
