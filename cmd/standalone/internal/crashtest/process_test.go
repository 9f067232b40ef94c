package crashtest

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long anything may take that is not measured, on a machine that does other things too.
const patience = time.Minute

// process is a running program. It is killed when the test ends.
type process struct {
	*exec.Cmd
	stdout, stderr output
	exited         chan struct{} // closed when it has ended, with err
	err            error
}

func startProcess(t *testing.T, environment []string, name string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(name, args...), exited: make(chan struct{})}
	p.Env = append(os.Environ(), environment...)
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	require.NoError(t, p.Start())
	go func() {
		defer close(p.exited)
		p.err = p.Wait()
	}()
	t.Cleanup(func() {
		_ = p.Process.Kill() // it may have ended already
		<-p.exited
		if t.Failed() && p.stderr.String() != "" {
			t.Logf("process %d, %s %s:\n%s", p.Process.Pid, name, strings.Join(args, " "), p.stderr.String())
		}
	})
	return p
}

// end sends the signal and returns how the process ended.
func (p *process) end(t *testing.T, signal syscall.Signal) error {
	t.Helper()
	require.NoError(t, p.Process.Signal(signal), "the process has ended by itself: %s", p.stderr.String())
	select {
	case <-p.exited:
		return p.err
	case <-time.After(patience):
		require.Fail(t, "still running after "+signal.String(), p.stderr.String())
		return nil
	}
}

// output is a buffer that may be read while it is written.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
