package reach

import "golang.org/x/sys/unix"

// mountedBySystem reports whether the kernel shows itself at an unusual place, such as
// /proc of the host in a container.
func mountedBySystem(name string) bool {
	var at unix.Statfs_t
	if unix.Statfs(name, &at) != nil {
		return false // it is not there
	}
	switch int64(at.Type) { //nolint:unconvert // it is shorter on other processors
	case unix.PROC_SUPER_MAGIC, unix.SYSFS_MAGIC, unix.CGROUP_SUPER_MAGIC, unix.CGROUP2_SUPER_MAGIC,
		unix.DEBUGFS_MAGIC, unix.TRACEFS_MAGIC, unix.SECURITYFS_MAGIC, unix.DEVPTS_SUPER_MAGIC:
		return true
	}
	return false
}
