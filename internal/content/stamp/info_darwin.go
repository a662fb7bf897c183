package stamp

import (
	"io/fs"
	"syscall"
)

func from(info fs.FileInfo) Stamp {
	s := plain(info)
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		s.Change, s.Volume, s.Number = sys.Ctimespec.Nano(), uint64(uint32(sys.Dev)), sys.Ino
	}
	return s
}
