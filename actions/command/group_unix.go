//go:build unix

package command

import (
	"errors"
	"fmt"
	"os/exec"
	"syscall"
)

// ownGroup makes the program the leader of a process group, so that what it starts ends with it.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// terminateGroup asks the program and all that it started to end.
func terminateGroup(cmd *exec.Cmd) error { return signalGroup(cmd, syscall.SIGTERM) }

// killGroup ends whatever is left of the program's group.
func killGroup(cmd *exec.Cmd) error { return signalGroup(cmd, syscall.SIGKILL) }

func signalGroup(cmd *exec.Cmd, signal syscall.Signal) error {
	err := syscall.Kill(-cmd.Process.Pid, signal)
	if err != nil && !errors.Is(err, syscall.ESRCH) { // ESRCH: nothing is left
		return fmt.Errorf("send %s to process group %d: %w", signal, cmd.Process.Pid, err)
	}
	return nil
}
