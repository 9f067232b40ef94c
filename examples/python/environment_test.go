package python_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/pythontest"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

// install returns the Python of a virtual environment in which requirements.txt is installed.
func install(t *testing.T) string {
	t.Helper()
	return filepath.Join(pythontest.Install(t, "TEST_PYTHON", "requirements.txt"), "python")
}

// program returns a command that runs one of our programs against the test's server.
func program(t *testing.T, python string, args ...string) *exec.Cmd {
	t.Helper()
	command := exec.Command(python, args...)
	command.Env = append(os.Environ(), "TEMPORAL_ADDRESS="+temporaltest.Server().Address, "TEMPORAL_NAMESPACE="+temporaltest.Namespace)
	return command
}

// startWorker runs worker.py until the test ends, when SIGTERM must end it cleanly.
func startWorker(t *testing.T, python, queue string) {
	t.Helper()
	command := program(t, python, "worker.py", queue)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		require.NoError(t, command.Process.Signal(syscall.SIGTERM))
		kill := time.AfterFunc(patience, func() { _ = command.Process.Kill() })
		defer kill.Stop()
		err := command.Wait()
		t.Logf("worker.py:\n%s", &output)
		require.NoError(t, err)
	})
}
