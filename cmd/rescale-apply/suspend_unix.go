//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// suspend passes Ctrl-Z to handle, which stops the process as the terminal would have.
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

// foreground reports whether the shell has given the terminal to us, or there is none.
// A pid has 32 bits, which on some machines are the upper ones of the answer.
func foreground(terminal int) bool {
	group, err := unix.IoctlGetInt(terminal, unix.TIOCGPGRP)
	own := unix.Getpgrp()
	return err != nil || group == own || group>>32 == own
}
