package apibench_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/bench/apibench"
	"github.com/distributed-task-queue/taskqueue/internal/bench/rounds"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/visibility"
)

func TestMain(m *testing.M) { temporaltest.Main(m) }

func TestRunMeasuresBothSidesAndLeavesNothing(t *testing.T) {
	t.Parallel()
	temporal := temporaltest.Dial(t)
	var told []string
	result, err := apibench.Run(t.Context(), apibench.Config{
		Plan:     rounds.Plan{Tasks: 7, Rounds: 2, Progress: func(line string) { told = append(told, line) }},
		Temporal: temporal, Namespace: temporaltest.Namespace, Logger: temporaltest.Logger(t),
	})
	require.NoError(t, err)
	require.Equal(t, 7, result.Tasks)
	for _, l := range []apibench.Latency{result.API, result.Client} {
		require.Positive(t, l.P50)
		require.GreaterOrEqual(t, l.P95, l.P50)
	}
	require.Positive(t, result.Ratio)
	require.Len(t, told, 2)
	require.Contains(t, told[0], "4 tasks each")

	log, err := tasklog.New(tasklog.Config{
		Client: temporal, Namespace: temporaltest.Namespace,
		Engine: visibility.New(visibility.Config{Client: temporal, Namespace: temporaltest.Namespace}),
	})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		cancelled, err := log.Count(t.Context(), tasklog.NewFilter().Eq(tasklog.TaskName, "bench.enqueue").Eq(tasklog.Status, task.Cancelled))
		require.NoError(t, err)
		return cancelled >= 2*7+2*20
	}, 2*time.Minute, 100*time.Millisecond)
}

func TestRunStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := apibench.Run(ctx, apibench.Config{
		Plan:     rounds.Plan{Tasks: 1000, Rounds: 1000, Progress: func(string) { cancel() }},
		Temporal: temporaltest.Dial(t), Namespace: temporaltest.Namespace, Logger: temporaltest.Logger(t),
	})
	require.ErrorContains(t, err, "canceled")
}
