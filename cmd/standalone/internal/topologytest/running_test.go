//go:build linux

package topologytest

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// testRunning has tasks run while nothing is broken, and reads what all parts tell.
func testRunning(t *testing.T, tp *topology) {
	const tasks = 200
	l := startLoad(t, tp, tasks)
	l.running.Wait()
	o := l.verify(t)
	t.Log(o)
	// Where the database takes more than a second to answer, Temporal loses tasks between the database and the worker: see docs/reliability.md.
	require.Equal(t, o.unstarted, o.lost, "no task that has begun is lost")
	require.Less(t, o.lost, tasks/4, "most tasks are not lost")
	require.Equal(t, tasks, o.completed+o.refused+o.lost)

	// The index counts what it lists.
	api := tp.apis[1]
	for status, count := range map[string]int{"completed": o.completed, "failed": o.refused + o.lost, "running": 0, "enqueued": 0} {
		found, err := search(t.Context(), api, "", filter{"owner", "eq", l.owner}, filter{"status", "eq", status})
		require.NoError(t, err)
		require.Equal(t, count, found.Total, status)
		require.Len(t, found.Tasks, count, status)
	}

	// All parts say how they are, and the workers have shared the tasks.
	for _, api := range tp.apis {
		require.JSONEq(t, `{"status": "ok"}`, show(t, api.url+"/healthz"))
		require.JSONEq(t, `{"status": "ok"}`, show(t, api.url+"/readyz"))
		await(t, startTimeout, "the index is measured", func(ctx context.Context) error {
			metrics, err := get(ctx, api.url+"/metrics")
			if err == nil && sum(t, string(metrics), "taskqueue_log_index_up") != 1 {
				err = fmt.Errorf("the index is not up:\n%s", metrics)
			}
			return err
		})
	}
	ran := 0
	for _, w := range tp.workers {
		n := sum(t, show(t, w.url+"/metrics"), "temporal_activity_execution_latency_seconds_count")
		require.Positive(t, n, "a worker has run nothing")
		ran += n
	}
	require.GreaterOrEqual(t, ran, tasks-o.lost)
	require.Positive(t, sum(t, show(t, tp.temporal.metrics), "service_requests"))
}

// show returns what a URL shows.
func show(t *testing.T, url string) string {
	t.Helper()
	body, err := get(t.Context(), url)
	require.NoError(t, err)
	return string(body)
}

// sum adds up the samples of a metric in Prometheus' format, whatever their labels.
func sum(t *testing.T, metrics, name string) int {
	t.Helper()
	total := 0.0
	for _, sample := range regexp.MustCompile(`(?m)^`+name+`(?:\{.*\})? (\S+)$`).FindAllStringSubmatch(metrics, -1) {
		value, err := strconv.ParseFloat(sample[1], 64)
		require.NoError(t, err)
		total += value
	}
	return int(total)
}
