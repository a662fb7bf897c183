package main

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// TestQuiet switches the echo of a real terminal off and on again, and changes nothing
// where there is no terminal, or where somebody has switched it off before.
func TestQuiet(t *testing.T) {
	t.Parallel()
	terminal := int(openTerminal(t).Fd())
	check := func(what string, want bool) {
		t.Helper()
		settings, err := unix.IoctlGetTermios(terminal, unix.TCGETS)
		if err != nil {
			t.Fatal(err)
		}
		if got := settings.Lflag&unix.ECHO != 0; got != want || settings.Lflag&unix.ISIG == 0 {
			t.Errorf("%s: echo is %v, flags %b", what, got, settings.Lflag)
		}
	}
	check("before", true)
	restore := quiet(terminal)
	check("while lines are drawn", false)
	quiet(terminal)()
	check("off already", false)
	restore()
	check("afterwards", true)
	pipe, _, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	quiet(int(pipe.Fd()))()
}

// openTerminal makes a terminal that nobody looks at.
func openTerminal(t *testing.T) *os.File {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = terminal.Close() })
	return terminal
}
