// Package inuse is about files that other programs have open. Windows neither moves nor
// replaces such a file; a virus scanner or an indexer opens each new one for a moment.
package inuse

import (
	"os"
	"time"
)

// longestPause is the last of the pauses, each twice the one before: the time that a
// program gets to close a file that it only reads.
const longestPause = time.Second

// Rename is [os.Rename] that waits a little for a file in use.
func Rename(from, to string) error {
	for pause := 10 * time.Millisecond; ; pause *= 2 {
		err := os.Rename(from, to)
		if !Is(err) || pause > longestPause {
			return err
		}
		time.Sleep(pause)
	}
}
