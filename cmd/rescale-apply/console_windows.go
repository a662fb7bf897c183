package main

import "golang.org/x/sys/windows"

// console reports whether output goes to a console that follows escape sequences, and
// turns that on: otherwise it shows them as text. Older ones cannot, and get what a file
// gets. The shell sets its own mode afterwards.
func console(output int) bool {
	handle, mode := windows.Handle(output), uint32(0)
	if windows.GetConsoleMode(handle, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(handle, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
