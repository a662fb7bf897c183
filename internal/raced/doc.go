// Package raced tells tests whether the race detector is on. It checks memory, not the
// order of events, and takes memory and time itself.
package raced
