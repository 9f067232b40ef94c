package embedded

import (
	"os"

	"golang.org/x/sys/unix"
)

// memoryDir is where ephemeral data goes: the shared memory file system if it is
// writable and has room. In containers it is often limited to 64 MiB, which a
// few thousand workflows fill, so there the temporary directory is used.
func memoryDir() string {
	const (
		shared   = "/dev/shm"
		leastGiB = 1
	)
	var stat unix.Statfs_t
	if unix.Statfs(shared, &stat) != nil || unix.Access(shared, unix.W_OK|unix.X_OK) != nil {
		return os.TempDir()
	}
	if stat.Bavail*uint64(stat.Bsize) < leastGiB<<30 { //nolint:gosec // the size of a block is positive
		return os.TempDir()
	}
	return shared
}
