package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

func TestRequestsAndQueuesAreMeasured(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	queue := temporaltest.UniqueName(t)
	b := setupWith(t, taskqueue.Config{
		Temporal: temporaltest.Dial(t), Queues: []taskqueue.Queue{{Name: queue}}, Logger: temporaltest.Logger(t),
	}, api.Config{})
	_, err := b.client.CreateTask(t.Context(), "nobody.runs.it", nil, "", nil)
	require.NoError(t, err)
	server, _ := b.serveWith(registry)
	require.NoError(t, registry.Register(server))
	for range 2 {
		require.Equal(t, http.StatusNotFound, b.do(http.MethodGet, "/api/v1/tasks/missing-one", nil).StatusCode)
	}
	require.Equal(t, http.StatusNotFound, b.do("PROPFIND", "/wp-login", nil).StatusCode)
	metrics := string(b.do(http.MethodGet, "/metrics", nil).body)
	require.Contains(t, metrics, "\n"+`taskqueue_api_requests_total{method="GET",route="/api/v1/tasks/:id",status="404"} 2`)
	require.Contains(t, metrics, "\n"+`taskqueue_api_requests_total{method="",route="",status="404"} 1`)
	require.Contains(t, metrics, "\n"+`taskqueue_api_request_seconds_count{method="GET",route="/api/v1/tasks/:id"} 2`)

	require.Eventually(t, func() bool { return gathered(t, registry, "taskqueue_queue_waiting") == 1 }, 20*time.Second, 50*time.Millisecond)
	metrics = string(b.do(http.MethodGet, "/metrics", nil).body)
	labels := `{broker="temporal",queue="` + queue + `"} `
	require.Contains(t, metrics, "\ntaskqueue_queue_waiting"+labels)
	require.Contains(t, metrics, "\ntaskqueue_queue_paused"+labels+"0\n")
	require.Contains(t, metrics, "\ntaskqueue_queue_workers"+labels+"0\n")
	require.Contains(t, metrics, "\ntaskqueue_queue_oldest_age_seconds"+labels)
}

// gathered returns how many series of the name there are.
func gathered(t *testing.T, from prometheus.Gatherer, name string) int {
	t.Helper()
	count, err := testutil.GatherAndCount(from, name)
	require.NoError(t, err)
	return count
}
