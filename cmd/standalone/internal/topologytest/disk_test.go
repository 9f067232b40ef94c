//go:build linux

package topologytest

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// disk is a file system of a limited size, in memory.
type disk struct{ path string }

// diskSize is room for PostgreSQL and some ten thousand tasks.
const diskSize = "600m"

// mountDisk makes one in a folder, which it makes too. It returns nil if this process may not mount one.
func mountDisk(t *testing.T, path string) *disk {
	t.Helper()
	require.NoError(t, os.Mkdir(path, 0o755))
	if err := syscall.Mount("topologytest", path, "tmpfs", 0, "size="+diskSize); err != nil {
		unavailable(t, "a file system of a limited size", err)
		return nil
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(path, syscall.MNT_DETACH)) })
	return &disk{path}
}

func (d *disk) ballast() string { return filepath.Join(d.path, "ballast") }

// fill leaves no byte free.
func (d *disk) fill(t *testing.T) {
	t.Helper()
	file, err := os.Create(d.ballast())
	require.NoError(t, err)
	defer file.Close()
	block := make([]byte, 1<<20)
	for err == nil {
		_, err = file.Write(block)
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
}

func (d *disk) free(t *testing.T) {
	t.Helper()
	require.NoError(t, os.Remove(d.ballast()))
}
