//go:build !linux

package embedded

import "os"

// memoryDir is where ephemeral data goes.
func memoryDir() string { return os.TempDir() }
