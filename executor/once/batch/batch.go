// Package batch lets those who make drafts through in groups, so that no draft waits for
// its submit longer than a group takes. It knows no job.
package batch

import (
	"context"
	"sync"
	"time"
)

// Size is how many drafts of one apply may wait for their submits: as many as the
// platform takes at once.
const Size = 50

// Door lets claims through in groups. All drafts of a group are made, then one reading
// of the job list elects for all of them, then they are submitted, and the next group
// begins. It is safe for concurrent use.
type Door struct {
	mu      sync.Mutex
	coming  int    // claims that are on their way to the door
	current *group // nil when there is none
}

// group is those who were let in together.
type group struct {
	members int           // that were let in
	voting  int           // of them, those that have not voted yet
	inside  int           // of them, those that have not left yet
	closed  bool          // nobody else is let in
	hurried bool          // those who are on their way are not waited for
	begun   bool          // ready is closed
	ready   chan struct{} // closed when everybody has voted
	over    chan struct{} // closed when everybody has left
}

// Expect counts further claims that are on their way, or takes some back.
func (d *Door) Expect(n int) { d.change(func() { d.coming += n }) }

// Ticket is for one claim that is expected.
func (d *Door) Ticket() *Ticket { return &Ticket{door: d} }

// Ticket is the place of one claim.
type Ticket struct {
	door     *Door
	mine     *group // once it was let in
	arrived  bool   // it is no longer counted as coming
	notVoted bool
	left     bool
}

func (t *Ticket) arrive() {
	if !t.arrived {
		t.arrived = true
		t.door.coming--
	}
}

// Enter waits until the claim belongs to a group. One that has left a group continues
// alone.
func (t *Ticket) Enter(ctx context.Context) error {
	for t.mine == nil && !t.left {
		full := t.join()
		if full == nil {
			return nil
		}
		select {
		case <-full:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// join takes a place, or returns the end of the group that has none left.
func (t *Ticket) join() (full <-chan struct{}) {
	d := t.door
	d.change(func() {
		if d.current == nil {
			d.current = &group{ready: make(chan struct{}), over: make(chan struct{})}
		}
		c := d.current
		if c.closed {
			full = c.over
			return
		}
		t.arrive()
		t.mine, t.notVoted = c, true
		c.members, c.voting, c.inside = c.members+1, c.voting+1, c.inside+1
		c.closed = c.members == Size
	})
	return full
}

// latecomers is how long drafts wait for those of other jobs, whose inputs may be hours
// on their way.
const latecomers = 2 * time.Second

// Vote says that the claim's draft is there, and waits for those of the others.
func (t *Ticket) Vote(ctx context.Context) error {
	if t.mine == nil || t.left {
		return nil
	}
	t.door.change(t.voted)
	timer := time.NewTimer(latecomers)
	defer timer.Stop()
	for {
		select {
		case <-t.mine.ready:
			return nil
		case <-timer.C:
			t.door.change(func() { t.mine.hurried = true })
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (t *Ticket) voted() {
	if t.notVoted {
		t.notVoted = false
		t.mine.voting--
	}
}

// Leave makes room. A claim that waits for somebody else's draft leaves, too.
func (t *Ticket) Leave() {
	t.door.change(func() {
		t.arrive()
		if t.mine != nil && !t.left {
			t.left = true
			t.voted()
			t.mine.inside--
		}
	})
}

// change makes a change and finds out how far the current group is then.
func (d *Door) change(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
	c := d.current
	if c == nil || c.voting > 0 || !c.closed && !c.hurried && d.coming > 0 {
		return
	}
	if c.closed = true; !c.begun {
		c.begun = true
		close(c.ready)
	}
	if c.inside == 0 {
		d.current = nil
		close(c.over)
	}
}
