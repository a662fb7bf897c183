// Package crew does work in the order in which it arrives, a limited amount at a time, and
// holds nothing but a function for work that has to wait. It knows no job.
package crew

import "sync"

// Crew is a number of hands. It is safe for concurrent use.
type Crew struct {
	mu    sync.Mutex
	free  int
	queue []func(*Place)
}

// New returns a crew of that many hands, at least one.
func New(hands int) *Crew { return &Crew{free: max(1, hands)} }

// Do has work done when a hand is free, and returns at once.
func (c *Crew) Do(work func(*Place)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, work)
	c.next()
}

// next hands work to the hands that are free; the caller holds the lock.
func (c *Crew) next() {
	for c.free > 0 && len(c.queue) > 0 {
		work := c.queue[0]
		c.queue[0] = nil
		c.queue = c.queue[1:]
		c.free--
		go func() {
			p := &Place{crew: c}
			defer p.Leave()
			work(p)
		}()
	}
}

// Place is the hand that does a piece of work.
type Place struct {
	crew *Crew
	once sync.Once
}

// Leave frees the hand for other work while this piece continues: it begins to wait for
// something that may take long.
func (p *Place) Leave() {
	p.once.Do(func() {
		p.crew.mu.Lock()
		defer p.crew.mu.Unlock()
		p.crew.free++
		p.crew.next()
	})
}
