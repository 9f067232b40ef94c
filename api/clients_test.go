package api_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"gocloud.dev/blob/memblob"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
)

// counted is an API that counts the requests it works on.
type counted struct {
	*bundle

	running *atomic.Int64
	address string
}

func setupCounted(t *testing.T, config taskqueue.Config) counted {
	t.Helper()
	files := memblob.OpenBucket(nil)
	c := counted{bundle: setupWith(t, config, api.Config{Files: files}), running: &atomic.Int64{}}
	server, err := api.New(api.Config{Client: c.client, Files: files, Logger: temporaltest.Logger(t)})
	require.NoError(t, err)
	listening := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.running.Add(1)
		defer c.running.Add(-1)
		server.Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(listening.Close)
	at, err := url.Parse(listening.URL)
	require.NoError(t, err)
	c.url, c.address = listening.URL, at.Host
	return c
}

// connect sends the beginning of a request on a connection of its own.
func (c counted) connect(format string, values ...any) net.Conn {
	c.t.Helper()
	connection, err := net.Dial("tcp", c.address)
	require.NoError(c.t, err)
	c.t.Cleanup(func() { _ = connection.Close() })
	_, err = fmt.Fprintf(connection, format, values...)
	require.NoError(c.t, err)
	return connection
}

func (c counted) awaitRunning(what string, wanted int64) {
	c.t.Helper()
	c.await(what, func() bool { return c.running.Load() == wanted })
}

// Clients that send nothing more, or read nothing, keep nobody waiting; when their connections drop nothing is left of them.
func TestSlowClientsHurtNobody(t *testing.T) {
	t.Parallel()
	actions := taskqueue.NewRegistry()
	require.NoError(t, taskqueue.Register(actions, runEcho))
	c := setupCounted(t, taskqueue.Config{
		Temporal: temporaltest.Dial(t), Queues: []taskqueue.Queue{{Name: temporaltest.UniqueName(t)}}, Actions: actions, Logger: temporaltest.Logger(t),
	})
	c.work()
	require.NoError(t, c.files.WriteAll(t.Context(), "large.bin", make([]byte, 16<<20), nil))
	id := c.create(map[string]any{"action": "echo", "parameters": echo{File: "large.bin"}}).ID
	c.awaitClosed(id)

	const each = 100
	var slow []net.Conn
	for range each {
		reader := c.connect("GET /api/v1/tasks/%s/file HTTP/1.1\r\nHost: localhost\r\n\r\n", id)
		line, err := bufio.NewReader(reader).ReadString('\n') // the answer begins, and is not read on
		require.NoError(t, err)
		require.Contains(t, line, "200 OK")
		slow = append(slow, reader)
	}
	for range each { // these are given up after a while, so they come last
		slow = append(slow, c.connect("POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"action\":"))
		slow = append(slow, c.connect("GET /api/v1/tasks HTTP/1.1\r\nHost: ")) // no request yet
	}
	c.awaitRunning("the slow requests are worked on", 2*each)

	// Everybody else is served as ever.
	other := c.create(map[string]any{"action": "echo"}).ID
	require.Equal(t, "completed", c.awaitClosed(other).Status)
	require.Equal(t, http.StatusOK, c.do(http.MethodGet, "/api/v1/tasks?limit=5", nil).StatusCode)
	require.Len(t, c.do(http.MethodGet, "/api/v1/tasks/"+id+"/file", nil).body, 16<<20)

	for _, connection := range slow {
		require.NoError(t, connection.Close())
	}
	c.awaitRunning("nothing is left of them", 0)
	require.Equal(t, http.StatusOK, c.do(http.MethodGet, "/readyz", nil).StatusCode)
}

// stuck is a broker that enqueues nothing until the request is given up.
type stuck struct{ tried atomic.Int64 }

func (*stuck) Name() string                                 { return "stuck" }
func (*stuck) Initialize(context.Context, string) error     { return nil }
func (*stuck) Sync() bool                                   { return false }
func (*stuck) Count(context.Context, string) (int64, error) { return 0, nil }

func (s *stuck) Enqueue(ctx context.Context, _ *task.Task) error {
	s.tried.Add(1)
	<-ctx.Done()
	return ctx.Err()
}

// What nobody waits for any more is not begun.
func TestADroppedConnectionStopsItsRequest(t *testing.T) {
	t.Parallel()
	broker := &stuck{}
	c := setupCounted(t, taskqueue.Config{
		Temporal: temporaltest.Dial(t), Queues: []taskqueue.Queue{{Name: temporaltest.UniqueName(t), Broker: broker}}, Logger: temporaltest.Logger(t),
	})
	body := `{"tasks":[` + strings.Repeat(`{"action":"echo"},`, 999) + `{"action":"echo"}]}`
	const head = "POST /api/v1/tasks/bulk HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
	connection := c.connect(head, len(body), body)
	c.await("the first tasks are being enqueued", func() bool { return broker.tried.Load() > 0 })
	require.NoError(t, connection.Close())
	c.awaitRunning("the request has ended", 0)
	require.Less(t, broker.tried.Load(), int64(100), "the rest is not tried")
	require.Equal(t, http.StatusOK, c.do(http.MethodGet, "/healthz", nil).StatusCode)
}
