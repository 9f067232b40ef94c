// Package temporaltest starts a real Temporal server for the tests of one package: the standalone
// program, which lives in a module of its own, run as a process.
package temporaltest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
)

// Namespace is the namespace of the server.
const Namespace = "default"

// Running is a server that runs.
type Running struct {
	Address string // of its gRPC API
	DataDir string // of its database files

	// Elasticsearch holds the visibility records. It is nil unless MainWithElasticsearch started the server.
	Elasticsearch *Elasticsearch
}

var server *Running

// Main runs the package's tests with a server. Call it in TestMain.
func Main(m *testing.M) { os.Exit(Run(m)) }

// Run runs the package's tests with a server, and returns the exit status.
func Run(m *testing.M) int {
	return inDirectory(func(dir string) (int, error) { return run(m, dir, nil) })
}

// inDirectory calls do with a temporary directory and returns the exit status.
func inDirectory(do func(dir string) (int, error)) int {
	dir, err := os.MkdirTemp("", "taskqueue-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "temporaltest:", err)
		return 1
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary directory
	status, err := do(dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, "temporaltest:", err)
		return 1
	}
	return status
}

func run(m *testing.M, dir string, elasticsearch *Elasticsearch) (int, error) {
	running, stop, err := start(dir, elasticsearch.flags()...)
	if err != nil {
		return 0, err
	}
	defer stop()
	running.Elasticsearch = elasticsearch
	server = running
	return m.Run(), nil
}

// Server returns the server that Main or MainWithElasticsearch started.
func Server() *Running { return server }

// Dial returns a client that is closed when the test ends.
func Dial(t testing.TB) client.Client {
	t.Helper()
	c, err := client.Dial(client.Options{
		HostPort: Server().Address, Namespace: Namespace,
		Logger:            log.NewStructuredLogger(Logger(t)),
		ConnectionOptions: client.ConnectionOptions{GetSystemInfoTimeout: time.Minute}, // the machine may be busy
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// UniqueName returns a name that no other test uses, for queues and owners.
func UniqueName(t testing.TB) string {
	t.Helper()
	name := strings.NewReplacer("/", "-", " ", "-").Replace(t.Name())
	if len(name) > 60 {
		name = name[:60]
	}
	return name + "-" + uuid.NewString()[:8]
}

// start builds the standalone program, whose build is cached, and runs it.
func start(dir string, flags ...string) (*Running, func(), error) {
	root, err := workspace()
	if err != nil {
		return nil, nil, err
	}
	binary := filepath.Join(dir, "standalone")
	build := exec.Command("go", "build", "-o", binary, "./cmd/standalone")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return nil, nil, fmt.Errorf("build the standalone: %w\n%s", err, out)
	}
	data := filepath.Join(dir, "data")
	flags = append(flags, "--services=temporal", "--temporal-port=0", "--data-dir="+data, "--log-level=error")
	command := exec.Command(binary, flags...)
	command.Stderr = os.Stderr
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := command.Start(); err != nil {
		return nil, nil, fmt.Errorf("start the standalone: %w", err)
	}
	stop := func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		kill := time.AfterFunc(20*time.Second, func() { _ = command.Process.Kill() })
		defer kill.Stop()
		_ = command.Wait()
	}
	address, err := awaitReady(bufio.NewScanner(stdout))
	if err != nil {
		stop()
		return nil, nil, err
	}
	return &Running{Address: address, DataDir: data}, stop, nil
}

// awaitReady reads the address from the line that the standalone prints when it answers.
func awaitReady(lines *bufio.Scanner) (string, error) {
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || fields[0] != "ready" {
			continue
		}
		for _, f := range fields[1:] {
			if address, ok := strings.CutPrefix(f, "temporal="); ok {
				return address, nil
			}
		}
	}
	return "", errors.Join(errors.New("the standalone ended before it was ready"), lines.Err())
}

// workspace returns the folder of go.work.
func workspace() (string, error) {
	out, err := exec.CommandContext(context.Background(), "go", "env", "GOWORK").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOWORK: %w", err)
	}
	file := strings.TrimSpace(string(out))
	if file == "" || file == "off" {
		return "", errors.New("the tests need go.work: run them in a checkout of the repository, with GOWORK unset")
	}
	return filepath.Dir(file), nil
}
