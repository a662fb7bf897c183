//go:build unix

package main

import "golang.org/x/term"

// console tells that output goes to a terminal.
func console(output int) bool { return term.IsTerminal(output) }
