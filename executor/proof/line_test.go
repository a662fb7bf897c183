package proof_test

import (
	"io"
	"net"
	"sync"
	"testing"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
)

// trouble is what a connection goes through, first to last, in each direction.
type trouble struct {
	up, down []toxics.Toxic
	reset    bool // what ends the connection is a reset
}

// both is a toxic in both directions.
func both(toxic toxics.Toxic) trouble {
	return trouble{up: []toxics.Toxic{toxic}, down: []toxics.Toxic{toxic}}
}

// line is a TCP line to a platform on which connections have trouble. It is the proxy of
// toxiproxy without its admin interface and metrics, which would bring 14 modules along,
// and without the goroutines that a cut connection leaves there.
type line struct {
	t        *testing.T
	platform string                // address
	trouble  func(n int) trouble   // of the n-th connection, from 1
	running  sync.WaitGroup        // goroutines of the line
	mu       sync.Mutex            // guards the rest
	listener net.Listener          // nil when the line is cut
	address  string                // where it listens, or did
	open     map[net.Conn]struct{} // both ends of its connections
	count    int                   // connections so far
	troubled int                   // of those had trouble
}

// newLine lays a line to an address, until the test ends.
func newLine(t *testing.T, platform string, trouble func(n int) trouble) *line {
	t.Helper()
	l := &line{t: t, platform: platform, trouble: trouble, open: make(map[net.Conn]struct{})}
	l.lay()
	t.Cleanup(func() {
		l.cut()
		l.running.Wait()
	})
	return l
}

// lay opens the line, at another address than before: somebody else may have got that one.
func (l *line) lay() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		l.t.Error(err)
		return
	}
	l.mu.Lock()
	l.listener, l.address = listener, listener.Addr().String()
	l.mu.Unlock()
	l.running.Go(func() { l.serve(listener) })
}

// cut closes the line and all of its connections. New ones are refused.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listener == nil {
		return
	}
	_ = l.listener.Close() // what was not accepted is refused
	l.listener = nil
	for conn := range l.open {
		_ = conn.Close()
	}
}

func (l *line) serve(listener net.Listener) {
	for {
		near, err := listener.Accept()
		if err != nil {
			return
		}
		l.connect(near)
	}
}

// connect joins a connection with the platform through its trouble.
func (l *line) connect(near net.Conn) {
	far, err := net.Dial("tcp", l.platform)
	if err != nil {
		l.t.Error(err)
		_ = near.Close()
		return
	}
	t := l.enter(near, far)
	if t.reset {
		for _, end := range []net.Conn{near, far} {
			_ = end.(*net.TCPConn).SetLinger(0) // one that is closed already needs none
		}
	}
	l.link(near, far, t.up)
	l.link(far, near, t.down)
}

// enter counts a connection, and gives its trouble.
func (l *line) enter(ends ...net.Conn) (t trouble) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	if t = l.trouble(l.count); t.up != nil || t.down != nil {
		l.troubled++
	}
	for _, end := range ends {
		l.open[end] = struct{}{}
		if l.listener == nil {
			_ = end.Close() // it came when the line was cut
		}
	}
	return t
}

// link carries bytes one way, until one of the ends is closed.
func (l *line) link(from, to net.Conn, chain []toxics.Toxic) {
	last := make(chan *stream.StreamChunk, room(chain))
	out := stream.NewChanWriter(last)
	l.running.Go(func() {
		_, _ = io.Copy(out, from) // how it ended is up to the trouble
		_ = out.Close()
	})
	for i, toxic := range chain {
		in, next := last, make(chan *stream.StreamChunk, room(chain[i+1:]))
		stub := toxics.NewToxicStub(in, next)
		if stateful, ok := toxic.(toxics.StatefulToxic); ok {
			stub.State = stateful.NewState()
		}
		l.running.Go(func() {
			stub.Run(&toxics.ToxicWrapper{Toxic: toxic, Toxicity: 1})
			drain(in)
		})
		last = next
	}
	l.running.Go(func() {
		_, _ = io.Copy(to, stream.NewChanReader(last))
		l.close(to)
		drain(last)
	})
}

// room is how much a chain's first toxic may hold back.
func room(chain []toxics.Toxic) int {
	if len(chain) > 0 {
		if buffered, ok := chain[0].(toxics.BufferedToxic); ok {
			return buffered.GetBufferSize()
		}
	}
	return 0
}

// drain takes what nobody wants, so that whoever sends it comes to its end.
func drain(chunks <-chan *stream.StreamChunk) {
	for range chunks {
	}
}

func (l *line) close(conn net.Conn) {
	_ = conn.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, conn)
}

// counted is how many connections there were, and how many of them had trouble.
func (l *line) counted() (all, troubled int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count, l.troubled
}

// at is the address where it listens, or did before it was cut.
func (l *line) at() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.address
}
