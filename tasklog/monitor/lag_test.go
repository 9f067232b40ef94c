package monitor

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue/internal/probe"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/visibility"
)

func TestTheLagIsMeasured(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	require.Nil(t, b.Index())
	require.Nil(t, b.Reach())
	before := time.Now()
	require.NoError(t, b.Measure(t.Context()))
	index := b.Index()
	require.True(t, index.Up)
	require.Positive(t, index.Lag)
	require.Less(t, index.Lag, b.config.Timeout)
	require.False(t, index.MeasuredAt.Before(before))
	b.requireNoProbe()

	info := b.Info()
	require.Equal(t, "visibility", info.Engine)
	require.InDelta(t, retention.Seconds(), *info.RetentionSeconds, 0)
	require.True(t, *info.Index.Up)
	require.InDelta(t, index.Lag.Seconds(), *info.Index.LagSeconds, 1e-9)

	exported := scrape(t, b.Monitor)
	require.Contains(t, exported, "\ntaskqueue_log_index_up 1\n")
	require.Regexp(t, `\ntaskqueue_log_index_lag_seconds [0-9.e-]+\n`, exported)
	require.Contains(t, exported, "\ntaskqueue_log_retention_seconds 3600\n")
}

func TestAProbeIsNotInTheLog(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p := probe.New(b.client, b.namespace)
	require.NoError(t, p.Start(t.Context(), time.Minute))
	require.NoError(t, b.Monitor.await(t.Context(), p))
	engine := visibility.New(visibility.Config{Client: b.client, Namespace: b.namespace})
	n, err := engine.Count(t.Context(), tasklog.NewFilter())
	require.NoError(t, err)
	require.Zero(t, n)
	require.NoError(t, p.Delete(t.Context(), time.Minute))
	b.requireNoProbe()
}

// blind stands for a server whose index has stopped, which the embedded one cannot be made to do.
type blind struct{ client.Client }

func (blind) CountWorkflow(context.Context, *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	return &workflowservice.CountWorkflowExecutionsResponse{}, nil
}

func TestAnIndexThatFindsNothingIsNotUp(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	m := b.newMonitor(blind{b.client}, 2*time.Second)
	require.NoError(t, m.Measure(t.Context()), "that is a result")
	index := m.Index()
	require.False(t, index.Up)
	require.GreaterOrEqual(t, index.Lag, m.config.Timeout)
	require.Contains(t, scrape(t, m), "\ntaskqueue_log_index_up 0\n")
	require.Regexp(t, `(?m)^taskqueue_log_index_lag_seconds ([2-9]|\d\d)`, scrape(t, m))
	b.requireNoProbe()

	m.look(t.Context())
	require.Equal(t, 1, strings.Count(b.log.String(), "a new workflow is not found after "))
}
