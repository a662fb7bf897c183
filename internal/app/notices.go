package app

import "sync"

// notices shows what does not end a command: on stderr, or, while live lines are
// on the screen, above them. Any goroutine may use it.
type notices struct {
	mu   sync.Mutex
	tell func(message string)
}

func (n *notices) show(message string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.tell(message)
}

// through changes how notices are shown.
func (n *notices) through(tell func(message string)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.tell = tell
}
