package python_test

import (
	"bytes"
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

// The environment variables of these tests.
const (
	// envPython is "required" where a missing Python must fail the tests instead of skipping them.
	envPython = "TEST_PYTHON"
	// envVenv names a folder that keeps the virtual environment from one run to the next.
	envVenv = "TEST_PYTHON_VENV"
)

// install returns the Python of a virtual environment in which requirements.txt is installed.
func install(t *testing.T) string {
	t.Helper()
	venv := cmp.Or(os.Getenv(envVenv), filepath.Join(t.TempDir(), "venv"))
	python := filepath.Join(venv, "bin", "python")
	for _, command := range [][]string{
		{"python3", "-m", "venv", venv},
		{python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"},
	} {
		out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput()
		if err == nil {
			continue
		}
		if os.Getenv(envPython) != "required" {
			t.Skipf("needs Python 3.10 or later with venv and pip: %s: %v\n%s", strings.Join(command, " "), err, out)
		}
		require.NoError(t, err, "%s\n%s", strings.Join(command, " "), out)
	}
	return python
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
