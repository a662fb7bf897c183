//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// suspend hands Ctrl-Z to handle, which stops the process as the terminal would have.
func suspend(handle func(stop func())) (release func()) {
	wishes := make(chan os.Signal, 1)
	signal.Notify(wishes, syscall.SIGTSTP)
	go func() {
		for range wishes {
			handle(func() { _ = syscall.Kill(syscall.Getpid(), syscall.SIGSTOP) })
		}
	}()
	return func() {
		signal.Stop(wishes)
		close(wishes)
	}
}
