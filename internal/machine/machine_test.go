package machine

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// linux is the files of a machine.
type linux struct {
	t    *testing.T
	root string
}

// newLinux has 4 processors' work of 1000 s, of which 100 s are busy, and a quarter of its memory is used.
func newLinux(t *testing.T) linux {
	t.Helper()
	l := linux{t, t.TempDir()}
	l.write("proc/stat", "cpu  5000 1000 3000 80000 10000 500 500 0 300 0\n")
	l.write("proc/meminfo", "MemTotal:  8000 kB\nMemFree:  1000 kB\nMemAvailable:  6000 kB\n")
	return l
}

func (l linux) write(name, text string) {
	l.t.Helper()
	path := filepath.Join(l.root, name)
	require.NoError(l.t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(l.t, os.WriteFile(path, []byte(text), 0o600))
}

func TestTheWholeMachine(t *testing.T) {
	t.Parallel()
	l := newLinux(t)
	m, err := open(l.root)
	require.NoError(t, err)
	l.write("proc/stat", "cpu  8000 1000 3000 86000 11000 500 500 0 300 0\n") // 3000 busy, 7000 idle and waiting
	l.write("proc/meminfo", "MemTotal:  8000 kB\nMemAvailable:  2000 kB\n")
	usage, err := m.Measure()
	require.NoError(t, err)
	require.InDelta(t, 30, usage.CPU, 0.001)
	require.InDelta(t, 75, usage.Memory, 0.001)
	usage, err = m.Measure() // at the same moment
	require.NoError(t, err)
	require.Zero(t, usage.CPU)
}

func TestAContainersLimitsCount(t *testing.T) {
	t.Parallel()
	l := newLinux(t)
	l.write("sys/fs/cgroup/memory.max", "1000000\n")
	l.write("sys/fs/cgroup/memory.current", "700000\n")
	l.write("sys/fs/cgroup/memory.stat", "anon 600000\ninactive_file 100000\n")
	l.write("sys/fs/cgroup/cpu.max", "50000 100000\n")
	l.write("sys/fs/cgroup/cpu.stat", "usage_usec 1000000\nuser_usec 900000\n")
	m, err := open(l.root)
	require.NoError(t, err)
	l.write("sys/fs/cgroup/cpu.stat", "usage_usec 3600000000\nuser_usec 900000\n") // more than it may by far
	time.Sleep(time.Millisecond)
	usage, err := m.Measure()
	require.NoError(t, err)
	require.InDelta(t, 60, usage.Memory, 0.001)
	require.InDelta(t, 100, usage.CPU, 0.001)

	// A container without limits is as the machine.
	l.write("sys/fs/cgroup/memory.max", "max\n")
	l.write("sys/fs/cgroup/cpu.max", "max 100000\n")
	m, err = open(l.root)
	require.NoError(t, err)
	usage, err = m.Measure()
	require.NoError(t, err)
	require.InDelta(t, 25, usage.Memory, 0.001)
}

func TestWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, reason := range map[string]string{
		"proc/meminfo": "measure the memory", "proc/stat": "measure the processors", "sys/fs/cgroup/memory.max": `memory.max has "?" where a number is due`,
		"sys/fs/cgroup/cpu.max": `cpu.max has "?" where a number is due`,
	} {
		l := newLinux(t)
		l.write(name, "? ?")
		_, err := open(l.root)
		require.ErrorContains(t, err, reason, name)
	}
	l := newLinux(t)
	l.write("sys/fs/cgroup/memory.max", "1000")
	_, err := open(l.root)
	require.ErrorContains(t, err, "memory.max is there without memory.current")
	_, err = open(t.TempDir())
	require.Error(t, err)
}

func TestThisMachine(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		_, err := New()
		require.ErrorContains(t, err, "not on "+runtime.GOOS)
		return
	}
	m, err := New()
	require.NoError(t, err)
	usage, err := m.Measure()
	require.NoError(t, err)
	require.Greater(t, usage.Memory, 0.0)
	require.LessOrEqual(t, usage.Memory, 100.0)
	require.LessOrEqual(t, usage.CPU, 100.0)
}
