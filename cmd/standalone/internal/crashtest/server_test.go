package crashtest

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	taskqueue "github.com/distributed-task-queue/taskqueue"
)

// server is the standalone's Temporal server: always the same port and data, whichever process serves them.
type server struct {
	*process
	address  string
	dataDir  string
	more     []string      // flags
	temporal client.Client // for what the tasks' client does not tell; set by connect
}

func startServer(t *testing.T, more ...string) *server {
	t.Helper()
	s := &server{address: net.JoinHostPort("127.0.0.1", strconv.Itoa(freePort(t))), dataDir: filepath.Join(t.TempDir(), "data"), more: more}
	s.start(t)
	return s
}

// start runs a process and returns when it answers.
func (s *server) start(t *testing.T) {
	t.Helper()
	_, port, _ := net.SplitHostPort(s.address)
	flags := []string{"--services=temporal", "--temporal-port=" + port, "--data-dir=" + s.dataDir, "--log-level=error"}
	s.process = startProcess(t, nil, standalone, append(flags, s.more...)...)
	require.Eventually(t, func() bool { return strings.HasPrefix(s.stdout.String(), "ready ") }, patience, 10*time.Millisecond,
		"the server is not ready: %s", &s.stderr)
}

// freePort returns a port that stays free while the server is down: no system hands ports of this range out to clients, of
// which the workers that try to reconnect could be one.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := 20000 + rand.IntN(10000)
		if listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			require.NoError(t, listener.Close())
			return port
		}
	}
	require.Fail(t, "no port is free")
	return 0
}

// connect returns a client that enqueues tasks and reads the log.
func (s *server) connect(t *testing.T) *taskqueue.Client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
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
