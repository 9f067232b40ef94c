//go:build !unix

package command

import "os/exec"

// There are no process groups here: only the program itself is ended, and what it started stays.

func ownGroup(*exec.Cmd) {}

func terminateGroup(cmd *exec.Cmd) error { return cmd.Process.Kill() }

func killGroup(*exec.Cmd) error { return nil }
