package runner

import (
	"os"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// tree is a job object. It ends with its last handle, so a server that dies leaves nothing behind.
type tree struct{ job windows.Handle }

func start(cmd *exec.Cmd) (tree, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return tree{}, err
	}
	t := tree{job: job}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{}
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err != nil {
		t.close()
		return tree{}, err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
	if err := cmd.Start(); err != nil {
		t.close()
		return tree{}, err
	}
	if err := t.adopt(cmd.Process.Pid); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		t.close()
		return tree{}, err
	}
	return t, nil
}

// adopt puts the shell into the job object. What the shell starts later belongs to it as well.
func (t tree) adopt(pid int) error {
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(pid))
	if err != nil {
		return err
	}
	defer windows.CloseHandle(process)
	return windows.AssignProcessToJobObject(t.job, process)
}

// terminate does nothing: there is no polite request that every program of a tree understands. The kill follows
// after the grace time.
func (t tree) terminate() {}

// kill ends the tree. The call with a mark is the last one and frees the job object.
func (t tree) kill(mark Mark) {
	_ = windows.TerminateJobObject(t.job, 1)
	if mark.Token != "" {
		t.close()
	}
}

func (t tree) close() { _ = windows.CloseHandle(t.job) }

func exitStatus(state *os.ProcessState) int { return state.ExitCode() }

func startTime(int) string { return "" }

// Reap does nothing: the job object ended with the process that held it.
func Reap(Mark) {}
