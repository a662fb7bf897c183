package runner

import (
	"fmt"

	"golang.org/x/sys/unix"
)

func startTime(pid int) string {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return ""
	}
	started := info.Proc.P_starttime
	return fmt.Sprintf("%d.%06d", started.Sec, started.Usec)
}

// killMarked does nothing: the environment of other processes cannot be read here. The process group has to do.
func killMarked(string) {}
