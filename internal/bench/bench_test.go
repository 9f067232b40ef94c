package bench_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"github.com/distributed-task-queue/taskqueue/internal/bench"
	"github.com/distributed-task-queue/taskqueue/internal/bench/rounds"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

func TestMain(m *testing.M) { temporaltest.Main(m) }

func config(t *testing.T) bench.Config {
	logger := temporaltest.Logger(t)
	return bench.Config{
		Race: rounds.Race{Plan: rounds.Plan{Tasks: 7, Rounds: 3}, Concurrency: 2},
		Temporal: client.Options{
			HostPort: temporaltest.Server().Address, Namespace: temporaltest.Namespace, Logger: log.NewStructuredLogger(logger),
		},
		Dial: client.DialContext, Logger: logger,
	}
}

func TestRunMeasuresBothSides(t *testing.T) {
	t.Parallel()
	c := config(t)
	var told []string
	c.Progress = func(line string) { told = append(told, line) }
	result, err := bench.Run(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, 7, result.Tasks)
	require.Equal(t, 3, result.Rounds)
	require.Equal(t, 2, result.Concurrency)
	require.Positive(t, result.Ours)
	require.Positive(t, result.Baseline)
	require.Positive(t, result.Ratio)
	require.Len(t, told, 3)
	require.Contains(t, told[0], "3 tasks each", "the tasks that do not divide evenly go to the first rounds")
	require.Contains(t, told[2], "2 tasks each")
}

func TestRunMeasuresTheFastLane(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Idempotent = true
	result, err := bench.Run(t.Context(), c)
	require.NoError(t, err)
	require.True(t, result.Idempotent)
	require.Positive(t, result.Ratio)
}

func TestRunStopsWithItsContext(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Tasks, c.Rounds = 1000, 1000
	ctx, cancel := context.WithCancel(t.Context())
	c.Progress = func(string) { cancel() }
	_, err := bench.Run(ctx, c)
	require.ErrorIs(t, err, context.Canceled)
}
