// Package emulator is a local platform: a strict server for the part of Rescale's REST API that a job needs, which
// keeps its data in a folder and really runs the commands of jobs. It is made from the API's description alone and
// shares nothing with the client, so that a mistake in one shows in the other. Its catalog and prices are inventions
// (see package catalog).
//
// Requests are checked in this order: authentication, throttling, path, method, content.
//
// What is under it: api answers requests, validate checks new jobs, wire renders answers, cluster runs jobs with runner
// and workdir, disk keeps records.
package emulator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/emulator/api"
	"github.com/rescale-apply/rescale-apply/internal/emulator/cluster"
	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
)

// InUseError means that another server has the folder, and where it answers.
type InUseError = disk.InUseError

// Server is an emulated platform. It is an http.Handler and safe for concurrent use.
type Server struct {
	cfg     Config
	store   *disk.Store
	cluster *cluster.Cluster
	api     *api.API
	router  *api.Router
	keys    map[string]*Account

	ctx      context.Context //nolint:containedctx // ends requests that a fault holds up, at Close
	end      context.CancelFunc
	resume   sync.Once
	limits   throttle
	faults   faults
	observed observations
	switches atomic.Pointer[Switches]

	closing  sync.Once
	closeErr error

	mu       sync.Mutex
	closed   bool
	inflight sync.WaitGroup
	servers  []*http.Server
	url      string    // first address served
	pinned   time.Time // see PinListing
}

// Open starts a platform on the data in cfg.Dir. A folder that another server uses is an *InUseError. Jobs that a
// former process left unfinished go on with the first request or with Serve, whichever comes first; commands that
// were running then are run again from the start.
func Open(cfg Config) (*Server, error) {
	cfg.setDefaults()
	offer, err := cfg.catalog()
	if err != nil {
		return nil, err
	}
	store, err := disk.Open(cfg.Dir)
	if err != nil {
		return nil, err
	}
	s := &Server{
		cfg: cfg, store: store, router: api.NewRouter(), keys: map[string]*Account{},
		limits: throttle{rates: cfg.Throttle},
	}
	switches := cfg.Switches
	s.switches.Store(&switches)
	store.Dating = s.date
	s.ctx, s.end = context.WithCancel(context.Background())
	for i := range cfg.Accounts {
		s.keys[cfg.Accounts[i].Key] = &s.cfg.Accounts[i]
	}
	s.cluster = cluster.New(cluster.Config{
		Store: store, Catalog: offer, Speed: cfg.Speed, Shell: cfg.Shell, Env: cfg.Env, MaxRunning: cfg.MaxRunning,
		Grace: cfg.StopGrace, Origin: s.origin, Quirks: func() cluster.Quirks { return s.switches.Load().cluster() },
	})
	s.api = &api.API{
		Store: store, Catalog: offer, Cluster: s.cluster, Pinned: s.pin,
		Automations: cfg.Automations, Clusters: cfg.Clusters,
		Quirks: func() api.Quirks { return s.switches.Load().api() },
	}
	return s, nil
}

// origin is the address for RESCALE_API_BASE_URL.
func (s *Server) origin() string {
	if s.cfg.BaseURL != "" {
		return s.cfg.BaseURL
	}
	return s.URL()
}

// Holdings are the names of what a server keeps in the folder of its data; a folder ends
// with a slash.
func Holdings() []string { return disk.Holdings() }

// URL returns the address of the first listener given to Serve, or the empty string.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url
}

// Serve answers on the listener, and writes its address into the folder for the *InUseError of other processes. It
// returns nil after Close.
func (s *Server) Serve(l net.Listener) error {
	server := &http.Server{
		Handler:           s.hosts(s),
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // broken connections are the client's news
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return l.Close() // a command can end before its platform has begun to serve
	}
	s.servers = append(s.servers, server)
	first := s.url == ""
	if first {
		s.url = "http://" + reachable(l.Addr())
	}
	url := s.url
	s.mu.Unlock()
	if first {
		if err := s.store.Announce(url); err != nil {
			return errors.Join(fmt.Errorf("serving: %w", err), l.Close())
		}
	}
	s.resume.Do(s.cluster.Resume)
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving on %s: %w", l.Addr(), err)
	}
	return nil
}

// reachable replaces the address for all interfaces by the loopback one.
func reachable(address net.Addr) string {
	host, port, err := net.SplitHostPort(address.String())
	if err != nil {
		return address.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

const lastAnswers = 500 * time.Millisecond

// Close stops serving, ends running commands and frees the folder. Jobs that it interrupts are run again after the
// next Open. It returns the first error in storing something that no client could be told.
func (s *Server) Close() error {
	s.closing.Do(func() { s.closeErr = s.shutDown() })
	return s.closeErr
}

func (s *Server) shutDown() error {
	s.mu.Lock()
	s.closed = true
	servers := s.servers
	s.mu.Unlock()
	s.end()
	var errs []error
	for _, server := range servers {
		ctx, cancel := context.WithTimeout(context.Background(), lastAnswers)
		if server.Shutdown(ctx) != nil {
			errs = append(errs, server.Close())
		}
		cancel()
	}
	s.inflight.Wait()
	return errors.Join(append(errs, s.cluster.Close(), s.store.Close())...)
}

// enter counts a request in, unless the server is closed. The caller must call s.inflight.Done.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.inflight.Add(1)
	return true
}
