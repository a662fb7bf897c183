//go:build unix

package main

import "golang.org/x/sys/unix"

// quiet keeps what is typed off a terminal, where it would move the lines that are drawn
// there, until restore is called. Keys that stop or end the program work on; the rest of
// what is typed is read by the shell later. Who does not own the terminal must not call it.
func quiet(terminal int) (restore func()) {
	settings, err := unix.IoctlGetTermios(terminal, getTermios)
	if err != nil || settings.Lflag&unix.ECHO == 0 {
		return func() {}
	}
	settings.Lflag &^= unix.ECHO
	if unix.IoctlSetTermios(terminal, setTermios, settings) != nil {
		return func() {}
	}
	return func() {
		if now, err := unix.IoctlGetTermios(terminal, getTermios); err == nil {
			now.Lflag |= unix.ECHO
			_ = unix.IoctlSetTermios(terminal, setTermios, now) // it was possible before
		}
	}
}
