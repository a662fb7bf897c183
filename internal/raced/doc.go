// Package raced tells tests that the race detector looks: it is about memory, not about
// orders, and memory and time are its own then.
package raced
