package runner

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// startTime joins the boot and the tick of the start: process numbers and ticks both begin anew with each boot.
func startTime(pid int) string {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return ""
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	// The second field is the program's name in parentheses and may hold anything; the start is the 22nd field.
	_, rest, ok := strings.Cut(string(stat[bytes.LastIndexByte(stat, ')')+1:]), " ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 20 {
		return ""
	}
	return strings.TrimSpace(string(boot)) + "/" + fields[19]
}

// killMarked kills every process whose environment carries the token, until none is found: a process may
// have been starting another one meanwhile.
func killMarked(token string) {
	for range 10 {
		if killOnce([]byte(token)) == 0 {
			return
		}
	}
}

func killOnce(want []byte) (killed int) {
	list, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0
	}
	for _, dir := range list {
		environment, err := os.ReadFile(filepath.Join(dir, "environ"))
		if err != nil || !carries(environment, want) {
			continue // gone, or another user's
		}
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err == nil && pid > 1 && pid != os.Getpid() && syscall.Kill(pid, syscall.SIGKILL) == nil {
			killed++
		}
	}
	return killed
}

func carries(environment, want []byte) bool {
	for entry := range bytes.SplitSeq(environment, []byte{0}) {
		if bytes.Equal(entry, want) {
			return true
		}
	}
	return false
}
