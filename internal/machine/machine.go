// Package machine measures how busy the machine is that the program runs on. In a container it is the container's own limits that
// count, where it has any.
package machine

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"

	"github.com/prometheus/procfs"
)

// Usage is how busy a machine is, in percent.
type Usage struct {
	CPU    float64 // of all processors, since the usage was measured before
	Memory float64 // of what there is, without what the system can free at once
}

// Meter measures. It must not be used by several goroutines at a time.
type Meter struct {
	proc   procfs.FS
	cgroup cgroup
	last   work
}

// work is for how many seconds processors have worked, and could have.
type work struct{ busy, possible float64 }

// New returns a Meter. There is one for Linux only.
func New() (*Meter, error) {
	if runtime.GOOS != "linux" {
		return nil, fmt.Errorf("how busy a machine is can be measured on linux, not on %s", runtime.GOOS)
	}
	return open("/")
}

// open returns a Meter of a Linux whose files are below the root.
func open(root string) (*Meter, error) {
	proc, err := procfs.NewFS(filepath.Join(root, "proc"))
	if err != nil {
		return nil, err
	}
	m := &Meter{proc: proc, cgroup: newCgroup(filepath.Join(root, "sys/fs/cgroup"))}
	_, err = m.Measure() // from now on there is a time before
	return m, err
}

// Measure returns the usage now.
func (m *Meter) Measure() (Usage, error) {
	memory, err := m.memory()
	if err != nil {
		return Usage{}, fmt.Errorf("measure the memory: %w", err)
	}
	now, err := m.work()
	if err != nil {
		return Usage{}, fmt.Errorf("measure the processors: %w", err)
	}
	usage := Usage{Memory: memory}
	if possible := now.possible - m.last.possible; possible > 0 {
		usage.CPU = 100 * min(max((now.busy-m.last.busy)/possible, 0), 1)
	}
	m.last = now
	return usage, nil
}

func (m *Meter) memory() (float64, error) {
	if percent, limited, err := m.cgroup.memory(); limited || err != nil {
		return percent, err
	}
	info, err := m.proc.Meminfo()
	if err != nil {
		return 0, err
	}
	if info.MemTotal == nil || info.MemAvailable == nil || *info.MemTotal == 0 {
		return 0, errors.New("proc/meminfo has no MemTotal or MemAvailable")
	}
	return 100 * (1 - float64(*info.MemAvailable)/float64(*info.MemTotal)), nil
}

func (m *Meter) work() (work, error) {
	if w, limited, err := m.cgroup.work(); limited || err != nil {
		return w, err
	}
	stat, err := m.proc.Stat()
	if err != nil {
		return work{}, err
	}
	t := stat.CPUTotal
	busy := t.User + t.Nice + t.System + t.IRQ + t.SoftIRQ + t.Steal // the times of guests are among these
	w := work{busy: busy, possible: busy + t.Idle + t.Iowait}
	if w.possible == 0 {
		return work{}, errors.New("proc/stat has no times of processors")
	}
	return w, nil
}
