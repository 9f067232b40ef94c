package crashtest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/cmd/standalone/internal/processtest"
)

// fleet is the worker processes of a test. All write to one journal.
type fleet struct {
	address string
	journal string
	workers []*processtest.Process
}

func startFleet(t *testing.T, s *server, size int) *fleet {
	t.Helper()
	f := &fleet{address: s.address, journal: filepath.Join(t.TempDir(), "journal"), workers: make([]*processtest.Process, size)}
	require.NoError(t, os.WriteFile(f.journal, nil, 0o600))
	for i := range f.workers {
		f.start(t, i)
	}
	return f
}

func (f *fleet) start(t *testing.T, i int) {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), runAsWorker+"="+f.address, journalFile+"="+f.journal)
	f.workers[i] = processtest.Start(t, command)
}

// kill gives a worker no chance to say anything.
func (f *fleet) kill(t *testing.T, i int) {
	t.Helper()
	require.ErrorContains(t, f.workers[i].End(t, syscall.SIGKILL), "killed")
	requireNoRace(t, f.workers[i])
}

// stop ends the workers as an operator would. It fails if one of them has ended before.
func (f *fleet) stop(t *testing.T) {
	t.Helper()
	for _, p := range f.workers {
		require.NoError(t, p.End(t, syscall.SIGTERM), "%s", &p.Err)
		requireNoRace(t, p)
	}
}

func requireNoRace(t *testing.T, p *processtest.Process) {
	t.Helper()
	require.NotContains(t, p.Err.String(), "DATA RACE")
}

// started returns how many tasks have been started.
func (f *fleet) started(t *testing.T) int {
	t.Helper()
	content, err := os.ReadFile(f.journal)
	require.NoError(t, err)
	return bytes.Count(content, []byte("\n"))
}

// lastStart returns when a task was started last.
func (f *fleet) lastStart(t *testing.T) time.Time {
	t.Helper()
	info, err := os.Stat(f.journal)
	require.NoError(t, err)
	return info.ModTime()
}

// ids returns how often each task was started.
func (f *fleet) ids(t *testing.T) map[string]int {
	t.Helper()
	content, err := os.ReadFile(f.journal)
	require.NoError(t, err)
	ids := make(map[string]int)
	for line := range strings.Lines(string(content)) {
		ids[strings.TrimSuffix(line, "\n")]++
	}
	return ids
}
