//go:build race

package raced

// On tells that the race detector looks.
const On = true
