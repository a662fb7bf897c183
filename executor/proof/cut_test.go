package proof_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"

	"github.com/rescale-apply/rescale-apply/internal/raced"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// half is a toxic that lets the first half of an answer's body pass, or its head without
// the last line when no body came with it.
type half struct {
	silent bool // the connection stays open
}

// Pipe sends what goes out until then.
func (h half) Pipe(stub *toxics.ToxicStub) {
	defer stub.Close()
	chunk, more := <-stub.Input
	if !more {
		return
	}
	_, body, _ := bytes.Cut(chunk.Data, []byte("\r\n\r\n"))
	end := len(chunk.Data) - len(body) + len(body)/2
	if len(body) == 0 {
		end -= len("\r\n")
	}
	stub.Output <- &stream.StreamChunk{Data: chunk.Data[:end], Timestamp: chunk.Timestamp}
	if h.silent {
		drain(stub.Input)
	}
}

func onAnswer(toxic toxics.Toxic) trouble { return trouble{down: []toxics.Toxic{toxic}} }

// cuts are the ways in which a connection ends too early.
func cuts() map[string]trouble {
	resets := func(t trouble) trouble {
		t.reset = true
		return t
	}
	return map[string]trouble{
		"reset before the request": {up: []toxics.Toxic{&toxics.ResetToxic{}}, reset: true},
		"reset before the answer":  resets(onAnswer(&toxics.ResetToxic{})),
		"reset in the body":        resets(onAnswer(half{})),
		"ended in the head":        onAnswer(&toxics.LimitDataToxic{Bytes: 20}),
		"ended in the body":        onAnswer(half{}),
	}
}

// silences are the ways in which a connection stays open and carries nothing any more.
func silences() map[string]trouble {
	return map[string]trouble{
		"from the beginning": {up: []toxics.Toxic{&toxics.TimeoutToxic{}}},
		"before the answer":  onAnswer(&toxics.TimeoutToxic{}),
		"in the body":        onAnswer(half{silent: true}),
	}
}

// TestCuts cuts the k-th connection of an apply that makes one for each request, for
// every k. It ends well, or in an error of the network after which the same command does.
func TestCuts(t *testing.T) {
	t.Parallel()
	for name, cut := range cuts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everywhere(t, cut, remote.inBubble)
		})
	}
}

// inBubble applies once. The bubble fails when a goroutine is left.
func (p remote) inBubble(t *testing.T) (err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { err = p.runner(t).apply(t.Context()) })
	return err
}

// TestHalfOpenConnections is the same with connections that fall silent. The time of these
// applies is real, because a bubble's stands still as long as a connection is waited for.
func TestHalfOpenConnections(t *testing.T) {
	t.Parallel()
	for name, silence := range silences() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everywhere(t, silence, remote.inRealTime)
		})
	}
}

// inRealTime applies once, with little patience for a connection.
func (p remote) inRealTime(t *testing.T) error {
	t.Helper()
	r := p.runner(t)
	r.timeout = 100 * time.Millisecond
	return alone(t, r.apply)
}

// everywhere lets something happen to one connection after the other.
func everywhere(t *testing.T, what trouble, apply func(remote, *testing.T) error) {
	t.Helper()
	step, hits, errs := 1, 0, 0
	if testing.Short() || raced.On {
		step = 5
	}
	for at := 1; ; at += step {
		p := newRemote(t, newPlate(t), func(n int) trouble {
			if n == at {
				return what
			}
			return trouble{}
		})
		p.web.Start()
		err := apply(p, t)
		if _, hit := p.line.counted(); hit == 0 {
			break
		}
		hits++
		if err != nil {
			errs++
		}
		if err = p.after(t, err); err != nil {
			t.Fatalf("connection %d: %v", at, err)
		}
	}
	t.Logf("%d connections, %d errors", hits, errs)
	if hits < 12/step {
		t.Errorf("only %d connections: the enumeration is broken", hits)
	}
}

// after returns what is wrong with how an apply ended, and with the next one.
func (p remote) after(t *testing.T, first error) (err error) {
	t.Helper()
	var network *rescale.NetworkError
	if first != nil && !errors.As(first, &network) {
		return first
	}
	synctest.Test(t, func(t *testing.T) {
		r := p.runner(t)
		if first != nil {
			err = r.apply(t.Context())
		}
		err = errors.Join(err, p.again(t.Context(), r))
	})
	if err != nil {
		return fmt.Errorf("applying again: %w", errors.Join(err, first))
	}
	return nil
}

// alone runs an apply outside a bubble, and returns when no goroutine of it is left. One
// that stays is in the stacks that are printed when the time of the tests is up.
func alone(t *testing.T, apply func(context.Context) error) (err error) {
	t.Helper()
	const label = "apply"
	pprof.Do(t.Context(), pprof.Labels(label, t.Name()), func(ctx context.Context) { err = apply(ctx) })
	for {
		var all strings.Builder
		if err := pprof.Lookup("goroutine").WriteTo(&all, 1); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(all.String(), fmt.Sprintf("%q:%q", label, t.Name())) {
			return err
		}
		runtime.Gosched()
	}
}
