package brokerbench_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/broker/rds"
	"github.com/distributed-task-queue/taskqueue/internal/bench/brokerbench"
	"github.com/distributed-task-queue/taskqueue/internal/bench/rounds"
	"github.com/distributed-task-queue/taskqueue/internal/sqltest"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
)

func TestMain(m *testing.M) { os.Exit(temporaltest.Run(m)) }

func TestRunMeasuresBothSides(t *testing.T) {
	t.Parallel()
	store, err := rds.New(rds.Config{DB: sqltest.SQLite(t).Open(t), Dialect: rds.SQLite})
	require.NoError(t, err)
	var told []string
	result, err := brokerbench.Run(t.Context(), brokerbench.Config{
		Race: rounds.Race{
			Plan: rounds.Plan{Tasks: 25, Rounds: 3, Progress: func(line string) { told = append(told, line) }}, Concurrency: 4,
		},
		Temporal: temporaltest.Dial(t), Namespace: temporaltest.Namespace, Store: store, Logger: temporaltest.Logger(t),
	})
	require.NoError(t, err)
	require.Equal(t, "rds", result.Broker)
	require.Equal(t, 25, result.Tasks)
	require.Positive(t, result.Ratio)
	require.Positive(t, result.Relay)
	require.Positive(t, result.Direct)
	require.Len(t, told, 3)
	require.Contains(t, told[0], "9 tasks each", "the tasks that do not divide evenly go to the first rounds")
	waiting, err := store.Count(t.Context(), brokerbench.Queue+"-1")
	require.NoError(t, err)
	require.Zero(t, waiting)
}
