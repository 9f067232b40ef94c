//go:build linux

package topologytest

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// tellTime is what replaces that function, of x86-64: it asks the kernel, and adds a number of seconds if the wall clock is meant.
var tellTime = []byte{
	0xb8, 0xe4, 0, 0, 0, // mov eax, 228, which is clock_gettime
	0x0f, 0x05, // syscall
	0x85, 0xff, // test edi, edi; CLOCK_REALTIME is 0
	0x75, 0x0d, // jne to ret
	0x48, 0xb9, 0, 0, 0, 0, 0, 0, 0, 0, // mov rcx, the seconds
	0x48, 0x01, 0x0e, // add [rsi], rcx
	0xc3, // ret
}

const secondsAt = 13 // where they are in tellTime

// jump makes the wall clock of a process tell a time that is so much ahead of the machine's; zero makes it right again. Programs in Go read the
// clock without a library that could be replaced, in code that the kernel puts into each process: the vDSO. So that is what is changed,
// in this process alone.
func jump(t *testing.T, pid int, ahead time.Duration) {
	t.Helper()
	memory, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", pid), os.O_RDWR, 0)
	require.NoError(t, err)
	defer memory.Close()
	from, to := vdso(t, pid)
	image := make([]byte, to-from)
	_, err = memory.ReadAt(image, from)
	require.NoError(t, err)
	parsed, err := elf.NewFile(bytes.NewReader(image))
	require.NoError(t, err)
	symbols, err := parsed.DynamicSymbols()
	require.NoError(t, err)
	var function elf.Symbol
	for _, s := range symbols {
		if s.Name == "__vdso_clock_gettime" {
			function = s
		}
	}
	require.GreaterOrEqual(t, int(function.Size), len(tellTime), "there is no room for another function")

	code := bytes.Clone(tellTime)
	binary.LittleEndian.PutUint64(code[secondsAt:], uint64(int64(ahead/time.Second)))
	process, err := os.FindProcess(pid)
	require.NoError(t, err)
	for written := false; !written; {
		require.NoError(t, process.Signal(syscall.SIGSTOP))
		if inside, err := anyThreadWithin(pid, from, to); err != nil {
			require.ErrorIs(t, err, errNotStopped)
		} else if !inside {
			_, err = memory.WriteAt(code, from+int64(function.Value))
			require.NoError(t, err)
			written = true
		}
		require.NoError(t, process.Signal(syscall.SIGCONT))
		if !written {
			time.Sleep(time.Millisecond)
		}
	}
}

// vdso returns where the kernel's code is in a process.
func vdso(t *testing.T, pid int) (from, to int64) {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	require.NoError(t, err)
	for line := range strings.Lines(string(maps)) {
		if strings.HasSuffix(strings.TrimSpace(line), "[vdso]") {
			_, err := fmt.Sscanf(line, "%x-%x", &from, &to)
			require.NoError(t, err)
			return from, to
		}
	}
	require.Fail(t, "the process has no vDSO")
	return 0, 0
}

var errNotStopped = errors.New("a thread still runs")

// anyThreadWithin reports whether a thread of a stopped process is about to run code between the addresses.
func anyThreadWithin(pid int, from, to int64) (bool, error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", pid))
	if err != nil {
		return false, err
	}
	for _, thread := range threads {
		content, err := os.ReadFile(thread)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // it has ended
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		fields := strings.Fields(string(content)) // the last one is where it is
		if len(fields) < 3 {
			return false, errNotStopped
		}
		at, err := strconv.ParseInt(strings.TrimPrefix(fields[len(fields)-1], "0x"), 16, 64)
		if err != nil || from <= at && at < to {
			return true, err
		}
	}
	return false, nil
}
