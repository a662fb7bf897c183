package stamp

import (
	"io/fs"
	"syscall"
)

func from(info fs.FileInfo) Stamp {
	s := plain(info)
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		s.Change, s.Volume, s.Number = sys.Ctim.Nano(), uint64(sys.Dev), sys.Ino //nolint:unconvert // its type differs between processors
	}
	return s
}
