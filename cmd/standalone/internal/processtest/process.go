// Package processtest runs programs as processes of a test.
package processtest

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/syncbuffer"
)

// Patience is how long anything may take that is not measured, on a machine that does other things too.
const Patience = time.Minute

// shown is how many lines of a process's standard error a test that fails shows.
const shown = 60

// Process is a running program. It is killed when the test ends.
type Process struct {
	*exec.Cmd

	Out, Err syncbuffer.Buffer // what it has written to its standard output and its standard error

	exited chan struct{} // closed when it has ended, with err
	err    error
}

// Start starts the command.
func Start(t testing.TB, command *exec.Cmd) *Process {
	t.Helper()
	p := &Process{Cmd: command, exited: make(chan struct{})}
	p.Stdout, p.Stderr = &p.Out, &p.Err
	p.WaitDelay = time.Second // what it started may live on, and keep its output open
	require.NoError(t, p.Start())
	go func() {
		defer close(p.exited)
		p.err = p.Wait()
	}()
	t.Cleanup(func() {
		_ = p.Process.Kill() // it may have ended already
		<-p.exited
		if t.Failed() && p.Err.String() != "" {
			t.Logf("process %d, %s:\n%s", p.Process.Pid, strings.Join(p.Args, " "), tail(&p.Err))
		}
	})
	return p
}

// Exited is closed when the process has ended.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Failure is how the process ended; nil if it ended well, or runs.
func (p *Process) Failure() error {
	select {
	case <-p.exited:
		return p.err
	default:
		return nil
	}
}

// End sends the signal and returns how the process ended.
func (p *Process) End(t testing.TB, signal syscall.Signal) error {
	t.Helper()
	require.NoError(t, p.Process.Signal(signal), "the process has ended by itself: %s", &p.Err)
	select {
	case <-p.exited:
		return p.err
	case <-time.After(Patience):
		require.Fail(t, "still running after "+signal.String(), "%s", &p.Err)
		return nil
	}
}

// tail returns the last lines.
func tail(written *syncbuffer.Buffer) string {
	lines := strings.Split(strings.TrimSpace(written.String()), "\n")
	return strings.Join(lines[max(0, len(lines)-shown):], "\n")
}
