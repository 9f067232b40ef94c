package crashtest

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fleet is the worker processes of a test. All write to one journal.
type fleet struct {
	address string
	journal string
	workers []*process
}

func startFleet(t *testing.T, s *server, size int) *fleet {
	t.Helper()
	f := &fleet{address: s.address, journal: filepath.Join(t.TempDir(), "journal"), workers: make([]*process, size)}
	require.NoError(t, os.WriteFile(f.journal, nil, 0o600))
	for i := range f.workers {
		f.start(t, i)
	}
	return f
}

func (f *fleet) start(t *testing.T, i int) {
	t.Helper()
	f.workers[i] = startProcess(t, []string{runAsWorker + "=" + f.address, journalFile + "=" + f.journal}, os.Args[0])
}

// kill gives a worker no chance to say anything.
func (f *fleet) kill(t *testing.T, i int) {
	t.Helper()
	require.ErrorContains(t, f.workers[i].end(t, syscall.SIGKILL), "killed")
	requireNoRace(t, f.workers[i])
}

// stop ends the workers as an operator would. It fails if one of them has ended before.
func (f *fleet) stop(t *testing.T) {
	t.Helper()
	for _, p := range f.workers {
		require.NoError(t, p.end(t, syscall.SIGTERM), "%s", &p.stderr)
		requireNoRace(t, p)
	}
}

func requireNoRace(t *testing.T, p *process) {
	t.Helper()
	require.NotContains(t, p.stderr.String(), "DATA RACE")
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
