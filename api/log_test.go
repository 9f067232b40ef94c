package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/tasklog/monitor"
)

func TestTheLogIsUnknownUntilItIsMeasured(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.JSONEq(t, `{"engine":"","retentionSeconds":null,"reachesBackTo":null,"index":{"up":null,"lagSeconds":null,"measuredAt":null}}`,
		string(b.do(http.MethodGet, "/api/v1/log", nil).body))
	metrics := b.do(http.MethodGet, "/metrics", nil)
	require.Equal(t, http.StatusOK, metrics.StatusCode)
	require.Contains(t, string(metrics.body), "\ngo_goroutines ", "of the default registry")
}

func TestTheLogIsShownAsMeasured(t *testing.T) {
	t.Parallel()
	c := temporaltest.Dial(t)
	m, err := monitor.New(monitor.Config{Client: c, Engine: "visibility", Logger: temporaltest.Logger(t)})
	require.NoError(t, err)
	registry := prometheus.NewRegistry()
	require.NoError(t, registry.Register(m))
	b := setupWith(t, taskqueue.Config{Temporal: c, Logger: temporaltest.Logger(t)}, api.Config{Monitor: m, Metrics: registry})
	require.NoError(t, m.Measure(t.Context()))
	got := read[struct {
		Engine           string
		RetentionSeconds float64
		ReachesBackTo    time.Time
		Index            struct {
			Up         bool
			LagSeconds float64
			MeasuredAt time.Time
		}
	}](t, b.do(http.MethodGet, "/api/v1/log", nil), http.StatusOK)
	require.Equal(t, "visibility", got.Engine)
	require.InDelta(t, m.Reach().Retention.Seconds(), got.RetentionSeconds, 0)
	require.WithinDuration(t, m.Reach().Since, got.ReachesBackTo, time.Minute) // of an empty log it moves with the clock
	require.True(t, got.Index.Up)
	require.InDelta(t, m.Index().Lag.Seconds(), got.Index.LagSeconds, 1e-9)
	require.WithinDuration(t, m.Index().MeasuredAt, got.Index.MeasuredAt, time.Second)

	metrics := string(b.do(http.MethodGet, "/metrics", nil).body)
	require.Contains(t, metrics, "\ntaskqueue_log_index_up 1\n")
	require.Contains(t, metrics, "\ntaskqueue_log_removed_total 0\n")
	require.NotContains(t, metrics, "\ngo_goroutines ")
	require.Equal(t, http.StatusUnprocessableEntity, b.do(http.MethodGet, "/metrics?x=1", nil).StatusCode)
}
