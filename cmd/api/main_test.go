package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/api/auth"
	"github.com/distributed-task-queue/taskqueue/broker/rds"
	"github.com/distributed-task-queue/taskqueue/internal/freeport"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

func TestMain(m *testing.M) {
	temporaltest.Main(m)
}

// freeAddress returns an address that nothing listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	port, err := freeport.Find()
	require.NoError(t, err)
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// execute runs the command until ctx ends.
func execute(ctx context.Context, stderr io.Writer, args ...string) error {
	c := newCommand() //nolint:contextcheck // it gets the context when it runs
	c.SetArgs(args)
	c.SetErr(stderr)
	return c.ExecuteContext(ctx)
}

func TestAPIServesUntilItIsStopped(t *testing.T) {
	t.Setenv("TEMPORAL_ADDRESS", temporaltest.Server().Address)
	config, metrics := filepath.Join(t.TempDir(), "taskqueue.yaml"), freeAddress(t)
	require.NoError(t, os.WriteFile(config, []byte("api: {listen: '127.0.0.1:1'}\nqueues: [{name: only}]\nmetrics: {listen: '"+metrics+"'}\n"), 0o600))
	address := freeAddress(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- execute(ctx, io.Discard, "--config="+config, "--listen="+address) }()

	var answer []byte
	getAt := func(address, path string) bool {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
		if err != nil {
			return false
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		defer response.Body.Close()
		answer, err = io.ReadAll(response.Body)
		return err == nil && response.StatusCode == http.StatusOK
	}
	get := func(path string) bool { return getAt(address, path) }
	require.Eventually(t, func() bool { return get("/api/v1/queues") }, 20*time.Second, 50*time.Millisecond)
	require.Contains(t, string(answer), `"only"`)
	require.Eventually(t, func() bool {
		return get("/metrics") && bytes.Contains(answer, []byte("\ntaskqueue_log_index_up 1\n"))
	}, 20*time.Second, 50*time.Millisecond)
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		require.True(t, getAt(metrics, path), path)
	}
	for _, name := range []string{"taskqueue_log_reaches_back_timestamp_seconds ", "go_goroutines ", "process_start_time_seconds ", "temporal_request_total{"} {
		require.Contains(t, string(answer), "\n"+name)
	}
	require.True(t, get("/api/v1/log"))
	require.Contains(t, string(answer), `"engine":"visibility"`)
	stop()
	require.NoError(t, <-ended)
}

func TestTasksAreTakenWhileTemporalIsAway(t *testing.T) {
	address := freeAddress(t)
	t.Setenv("TEMPORAL_ADDRESS", freeAddress(t))
	dir := t.TempDir()
	file := filepath.Join(dir, "taskqueue.yaml")
	text := "queues: [{name: stored, broker: rds, persistence: outbox}, {name: direct}]\n" +
		"persistences: {outbox: {dialect: sqlite, dsn: 'file:" + filepath.Join(dir, "outbox.db") + "?_pragma=busy_timeout(30000)'}}\n"
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "outbox.db"))
	require.NoError(t, err)
	defer db.Close()
	outbox, err := rds.New(rds.Config{DB: db, Dialect: rds.SQLite})
	require.NoError(t, err)
	require.NoError(t, outbox.Initialize(t.Context(), "stored"))

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- execute(ctx, io.Discard, "--config="+file, "--listen="+address) }()
	do := func(method, path, body string) int {
		request, err := http.NewRequestWithContext(ctx, method, "http://"+address+path, strings.NewReader(body))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return 0
		}
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	require.Eventually(t, func() bool { return do(http.MethodGet, "/healthz", "") == http.StatusOK }, time.Minute, 50*time.Millisecond)
	require.Equal(t, http.StatusCreated, do(http.MethodPost, "/api/v1/tasks", `{"action": "mail.send", "queue": "stored"}`))
	require.Equal(t, http.StatusServiceUnavailable, do(http.MethodGet, "/readyz", ""))
	waiting, err := outbox.Count(t.Context(), "stored")
	require.NoError(t, err)
	require.EqualValues(t, 1, waiting)
	stop()
	require.NoError(t, <-ended)
}

func TestAPIRefusesOtherMachines(t *testing.T) {
	t.Setenv("TEMPORAL_ADDRESS", temporaltest.Server().Address)
	var stderr bytes.Buffer
	err := execute(t.Context(), &stderr, "--listen=0.0.0.0:0")
	require.ErrorContains(t, err, "can be reached from other machines")
}

func TestAPIServesOtherMachinesThatSayWhoTheyAre(t *testing.T) {
	t.Setenv("TEMPORAL_ADDRESS", temporaltest.Server().Address)
	keys := auth.KeyFile{Path: filepath.Join(t.TempDir(), "keys.yaml")}
	text, key, err := auth.NewKey("jane", auth.Operator, time.Now(), nil)
	require.NoError(t, err)
	require.NoError(t, keys.Add(t.Context(), key))
	t.Setenv("TASKQUEUE_API_AUTH_KEYS_FILE", keys.Path)
	address := freeAddress(t)
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- execute(ctx, io.Discard, "--listen=0.0.0.0:"+port) }()
	get := func(header string) int {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/api/v1/queues", nil)
		require.NoError(t, err)
		request.Header.Set("X-Api-Key", header)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return 0
		}
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	require.Eventually(t, func() bool { return get(text) == http.StatusOK }, 20*time.Second, 50*time.Millisecond)
	require.Equal(t, http.StatusUnauthorized, get("tq_wrong"))
	stop()
	require.NoError(t, <-ended)

	require.NoError(t, os.Remove(keys.Path))
	require.ErrorContains(t, execute(t.Context(), io.Discard, "--listen=0.0.0.0:"+port), "api.auth: API keys")
}
