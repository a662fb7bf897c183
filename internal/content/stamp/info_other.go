//go:build !linux && !darwin && !windows

package stamp

import "io/fs"

func from(info fs.FileInfo) Stamp { return plain(info) }
