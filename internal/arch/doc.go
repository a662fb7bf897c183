// Package arch tests the shape of the code: who imports whom, how long files and
// functions are, what has a comment, and what must not be there at all. It reads the
// source files of every operating system and never builds or runs them. It has no list
// of exceptions: a rule that needs one is the wrong rule.
package arch
