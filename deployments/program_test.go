package deployments

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// programs is a temporary folder.
var programs string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if programs, err = os.MkdirTemp("", "taskqueue-deployments-"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(programs)
		return m.Run()
	}())
}

// taskctl is the real program, built once.
var taskctl = sync.OnceValues(func() (string, error) {
	path := filepath.Join(programs, "taskctl")
	build := exec.Command("go", "build", "-o", path, "./cmd/taskctl")
	build.Dir = ".."
	build.Env = append(os.Environ(), "GOWORK=") // with the versions that the programs are released with
	output, err := build.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build taskctl: %w: %s", err, output)
	}
	return path, nil
})

// requireUnderstood requires that the programs take the configuration file together with these variables.
func requireUnderstood(t *testing.T, file string, environment []string) {
	t.Helper()
	program, err := taskctl()
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), program, "key", "list", "--config="+file)
	command.Env = environment
	output, err := command.CombinedOutput()
	require.NoError(t, err, string(output))
}

// shutdownTimeout returns worker.shutdownTimeout of a configuration file.
func shutdownTimeout(t *testing.T, file string) time.Duration {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	var c struct {
		Worker struct{ ShutdownTimeout string }
	}
	require.NoError(t, yaml.Unmarshal(content, &c))
	timeout, err := time.ParseDuration(c.Worker.ShutdownTimeout)
	require.NoError(t, err)
	return timeout
}

// apiShutdown returns how long the API lets requests run when it is stopped.
func apiShutdown(t *testing.T) time.Duration {
	t.Helper()
	source, err := os.ReadFile("../api/server.go")
	require.NoError(t, err)
	seconds := regexp.MustCompile(`shutdownTimeout\s+= (\d+) \* time\.Second`).FindSubmatch(source)
	require.NotNil(t, seconds)
	timeout, err := time.ParseDuration(string(seconds[1]) + "s")
	require.NoError(t, err)
	return timeout
}
