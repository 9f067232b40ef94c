package crashtest

import (
	"context"
	"log/slog"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/cmd/standalone/internal/processtest"
	"github.com/distributed-task-queue/taskqueue/internal/freeport"
)

// server is the standalone's Temporal server: always the same port and data, whichever process serves them.
type server struct {
	*processtest.Process
	address  string
	dataDir  string
	more     []string      // flags
	temporal client.Client // for what the tasks' client does not tell; set by connect
}

func startServer(t *testing.T, more ...string) *server {
	t.Helper()
	port, err := freeport.Find()
	require.NoError(t, err)
	s := &server{address: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), dataDir: filepath.Join(t.TempDir(), "data"), more: more}
	s.start(t)
	return s
}

// start runs a process and returns when it answers.
func (s *server) start(t *testing.T) {
	t.Helper()
	_, port, _ := net.SplitHostPort(s.address)
	flags := []string{"--services=temporal", "--temporal-port=" + port, "--data-dir=" + s.dataDir, "--log-level=error"}
	s.Process = processtest.Start(t, exec.Command(standalone, append(flags, s.more...)...))
	require.Eventually(t, func() bool { return strings.HasPrefix(s.Out.String(), "ready ") }, processtest.Patience, 10*time.Millisecond,
		"the server is not ready: %s", &s.Err)
}

// connect returns a client that enqueues tasks and reads the log.
func (s *server) connect(t *testing.T) *taskqueue.Client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), processtest.Patience)
	defer cancel()
	connection, err := client.DialContext(ctx, client.Options{
		HostPort: s.address, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	require.NoError(t, err)
	t.Cleanup(connection.Close)
	s.temporal = connection
	tasks, err := taskqueue.New(taskqueue.Config{Temporal: connection, Queues: queues})
	require.NoError(t, err)
	return tasks
}
