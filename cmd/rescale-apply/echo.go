package main

import "sync"

// echo is whether a terminal shows what is typed. However the process ends, it does so
// again afterwards.
type echo struct {
	terminal int

	mu   sync.Mutex
	back func() // nil while it shows what is typed
}

// off keeps what is typed off the terminal, until restore is called.
func (e *echo) off() (restore func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.back = quiet(e.terminal)
	return e.restore
}

func (e *echo) restore() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.back != nil {
		e.back()
		e.back = nil
	}
}
