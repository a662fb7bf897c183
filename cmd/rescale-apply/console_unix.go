//go:build unix

package main

import "golang.org/x/term"

// console reports whether output goes to a terminal.
func console(output int) bool { return term.IsTerminal(output) }
