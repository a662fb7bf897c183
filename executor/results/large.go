package results

import (
	"cmp"
	"context"
	"errors"
	"io"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/internal/content/partial"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// sizes decides how a file is fetched. A zero field means its default.
type sizes struct {
	large int64 // from here on a file is kept when it is not whole; default 8 MiB
	part  int64 // least bytes that one stream asks for at a time; default 64 MiB
}

func (s sizes) withDefaults() sizes {
	return sizes{large: cmp.Or(s.large, 8<<20), part: cmp.Or(s.part, 64<<20)}
}

// mostParts bounds the requests for one file, however large it is.
const mostParts = 64

// large fetches what is missing of a file, in several streams where slots are free. It
// continues the partial file of an earlier download; if that turns out to differ from
// the platform's, it fetches the file once more from the beginning.
func (t *transfers) large(ctx context.Context, to target, p *progress) error {
	goneOn, err := t.attempt(ctx, to, p)
	var mismatch *partial.MismatchError
	if goneOn && errors.As(err, &mismatch) {
		_, err = t.attempt(ctx, to, p)
	}
	return err
}

func (t *transfers) attempt(ctx context.Context, to target, p *progress) (goneOn bool, err error) {
	f, err := partial.Open(to.path, to.announced())
	if err != nil {
		return false, err
	}
	defer f.Close()
	goneOn = f.Received() > 0
	return goneOn, t.complete(ctx, f, to, p)
}

func (t *transfers) complete(ctx context.Context, f *partial.File, to target, p *progress) error {
	p.begin(f.Received())
	work := &streams{transfers: t, file: f, target: to, progress: p, parts: t.cut(f.Missing(), to.file.Size)}
	err := work.run(ctx)
	if errors.Is(err, rescale.ErrNoSpans) {
		p.begin(0)
		err = work.receive(ctx, rescale.Span{})
	}
	if err != nil {
		return err
	}
	return f.Finish(ctx)
}

// cut splits what is missing into parts.
func (t *transfers) cut(missing []partial.Span, size int64) []rescale.Span {
	longest := max(t.sizes.withDefaults().part, size/mostParts)
	var parts []rescale.Span
	for _, gap := range missing {
		for gap.Start < gap.End {
			end := min(gap.End, gap.Start+longest)
			parts = append(parts, rescale.Span{Start: gap.Start, End: end})
			gap.Start = end
		}
	}
	return parts
}

// streams fetch the parts of one file.
type streams struct {
	*transfers
	file     *partial.File
	target   target
	progress *progress
	group    *errgroup.Group

	mu    sync.Mutex
	parts []rescale.Span // that nobody has taken yet
}

// run fetches all parts. It begins with one stream, which holds the slot of the file.
func (s *streams) run(ctx context.Context) error {
	var inside context.Context
	s.group, inside = errgroup.WithContext(ctx)
	s.group.Go(func() error { return s.work(inside) })
	err := s.group.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// work fetches parts until none is left, and starts another stream when a slot is free
// that no other file waits for.
func (s *streams) work(ctx context.Context) error {
	for {
		part, more, last := s.next()
		if !more {
			return nil
		}
		if !last && s.slots.TryAcquire(1) {
			s.group.Go(func() error {
				defer s.slots.Release(1)
				return s.work(ctx)
			})
		}
		if err := s.receive(ctx, part); err != nil {
			return err
		}
	}
}

func (s *streams) next() (part rescale.Span, more, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.parts) == 0 {
		return part, false, true
	}
	part, s.parts = s.parts[0], s.parts[1:]
	return part, true, len(s.parts) == 0
}

func (s *streams) receive(ctx context.Context, part rescale.Span) error {
	if part == (rescale.Span{End: s.target.file.Size}) {
		part = rescale.Span{} // the whole file can be had from any platform
	}
	body, err := s.Platform.Download(ctx, s.target.file.ID, part)
	if err != nil {
		return err
	}
	defer body.Close()
	return s.file.Receive(metered{body, s.progress}, part.Start)
}

// Transfer is how far one file is.
type Transfer struct {
	Path string // below the folder
	Size int64  // bytes
	Sent int64  // bytes so far
	End  End

	Wanted Amount // what the whole download is to bring; it shrinks by what turns out to be here
}

// End says that a transfer is over.
type End string

// The ends.
const (
	Done   End = "done"
	Failed End = "failed"
)

// Amount counts files.
type Amount struct {
	Files int
	Bytes int64
}

// progress counts what arrives of one file, through all streams, and reports it.
type progress struct {
	tell func(Transfer)

	mu       sync.Mutex
	transfer Transfer
}

// begin sets how much is here before anything is fetched.
func (p *progress) begin(here int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.transfer.Sent = here
}

func (p *progress) add(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.transfer.Sent += int64(n)
	p.tell(p.transfer)
}

func (p *progress) end(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.transfer.End = Failed
	if err == nil {
		p.transfer.Sent, p.transfer.End = p.transfer.Size, Done
	}
	p.tell(p.transfer)
}

// metered counts what is read.
type metered struct {
	io.Reader
	progress *progress
}

// Read passes the bytes on.
func (m metered) Read(b []byte) (int, error) {
	n, err := m.Reader.Read(b)
	m.progress.add(n)
	return n, err
}
