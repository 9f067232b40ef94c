package monitor

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/probe"
	"github.com/distributed-task-queue/taskqueue/internal/setup"
	"github.com/distributed-task-queue/taskqueue/internal/syncbuffer"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

func TestMain(m *testing.M) { temporaltest.Main(m) }

// retention is the shortest that the server takes.
const retention = time.Hour

// bundle is a monitor of a namespace of its own.
type bundle struct {
	*Monitor

	t         *testing.T
	namespace string
	client    client.Client
	clock     *clock
	log       *syncbuffer.Buffer
}

// clock is a clock that a test can move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

func newBundle(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{t: t, clock: &clock{at: time.Now()}, log: &syncbuffer.Buffer{}, namespace: strings.ToLower(temporaltest.UniqueName(t))}
	var err error
	b.client, err = client.Dial(client.Options{
		HostPort: temporaltest.Server().Address, Namespace: b.namespace, Logger: log.NewStructuredLogger(temporaltest.Logger(t)),
	})
	require.NoError(t, err)
	t.Cleanup(b.client.Close)
	require.NoError(t, setup.Run(t.Context(), b.client, b.namespace, setup.Options{Retention: retention}))
	b.Monitor = b.newMonitor(b.client, 10*time.Second)
	return b
}

func (b *bundle) newMonitor(c client.Client, timeout time.Duration) *Monitor {
	b.t.Helper()
	m, err := New(Config{
		Client: c, Namespace: b.namespace, Engine: "visibility", Timeout: timeout, Clock: b.clock.now,
		Logger: slog.New(slog.NewTextHandler(b.log, nil)),
	})
	require.NoError(b.t, err)
	return m
}

// endTasks starts tasks, ends them one after the other, and returns when each of them ended, once the index knows.
func (b *bundle) endTasks(n int) []time.Time {
	b.t.Helper()
	ended := make([]time.Time, n)
	tasks, err := taskqueue.New(taskqueue.Config{Temporal: b.client, Namespace: b.namespace})
	require.NoError(b.t, err)
	for i := range ended {
		made, err := tasks.CreateTask(b.t.Context(), "nobody", nil, "", nil)
		require.NoError(b.t, err)
		require.NoError(b.t, b.client.TerminateWorkflow(b.t.Context(), string(made.ID), "", "a test"))
		described, err := b.client.DescribeWorkflowExecution(b.t.Context(), string(made.ID), "")
		require.NoError(b.t, err)
		ended[i] = described.GetWorkflowExecutionInfo().GetCloseTime().AsTime()
	}
	b.await("ExecutionStatus = 'Terminated' AND WorkflowType = 'Task'", n)
	return ended
}

// await waits until a search finds that many workflows.
func (b *bundle) await(query string, want int) {
	b.t.Helper()
	require.Eventually(b.t, func() bool {
		count, err := b.client.CountWorkflow(b.t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Namespace: b.namespace, Query: query})
		return err == nil && count.GetCount() == int64(want)
	}, 2*time.Minute, 50*time.Millisecond, query)
}

// requireNoProbe waits until no probe is left.
func (b *bundle) requireNoProbe() {
	b.t.Helper()
	b.await("WorkflowType = '"+probe.WorkflowType+"'", 0)
}

// scrape returns what a monitor exports.
func scrape(t *testing.T, m *Monitor) string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	require.NoError(t, registry.Register(m))
	answer := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, answer.Code, answer.Body)
	return answer.Body.String()
}
