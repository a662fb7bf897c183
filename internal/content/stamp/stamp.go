// Package stamp finds out whether a file is still what it was, without reading it: by
// size, times, and the number that the file system gives it. It opens no content.
package stamp

import (
	"io/fs"
	"time"
)

// Stamp is what changes when a file is written to or replaced. A value that the system
// does not know is zero, on both sides of a comparison.
type Stamp struct {
	Size    int64  `json:"size"`             // bytes
	ModTime int64  `json:"mtime"`            // nanoseconds since 1970
	Change  int64  `json:"ctime,omitempty"`  // of the last change of any kind, which no program can set back; in the system's own unit
	Volume  uint64 `json:"volume,omitempty"` // device or volume
	Number  uint64 `json:"number,omitempty"` // inode or file id
}

func plain(info fs.FileInfo) Stamp {
	return Stamp{Size: info.Size(), ModTime: info.ModTime().UnixNano()}
}

// unsettled is how long after a write another one may leave the same time: FAT
// counts every other second.
const unsettled = 2 * time.Second

// Settled reports whether a write after now would show in the stamp. A time in the
// future proves nothing: it was set by hand, or by another machine's clock.
func (s Stamp) Settled(now time.Time) bool {
	return now.Sub(time.Unix(0, s.ModTime)) > unsettled
}
