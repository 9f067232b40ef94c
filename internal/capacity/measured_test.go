package capacity_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	workflowpb "go.temporal.io/api/workflow/v1"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/capacity"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/worker"
)

func TestMain(m *testing.M) { temporaltest.Main(m) }

// What any server can be asked of the constants is asked: a change of the workflow that makes a task cost more is to be seen here.
func TestAHistoryIsAsLongAsThePlanSays(t *testing.T) {
	t.Parallel()
	connection := temporaltest.Dial(t)
	queue := temporaltest.UniqueName(t)
	actions := taskqueue.NewRegistry()
	for kind, action := range map[capacity.Kind]taskqueue.Action{
		capacity.Short: {}, capacity.Long: {}, capacity.Fast: {Policy: task.Policy{Attempts: 2, Fast: true}},
	} {
		action.Name = string(kind)
		action.Run = func(context.Context, json.RawMessage) (task.Report, error) {
			if kind == capacity.Long {
				time.Sleep(8 * time.Second) // a task is shown as running after a second, on a busy machine later
			}
			return task.Success("measured and found to be good"), nil
		}
		require.NoError(t, actions.Add(action))
	}
	c, err := taskqueue.New(taskqueue.Config{
		Temporal: connection, Actions: actions, Queues: []taskqueue.Queue{{Name: queue}}, Logger: temporaltest.Logger(t),
	})
	require.NoError(t, err)
	w, err := c.NewWorker(worker.Config{Concurrency: 3})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() { cancel(); require.NoError(t, <-ended) })

	history := func(kind capacity.Kind) *workflowpb.WorkflowExecutionInfo {
		created, err := c.CreateTask(t.Context(), string(kind), map[string]string{"pad": ""}, "Measure what a task costs",
			&taskqueue.Options{Owner: "someone@example.com"})
		require.NoError(t, err)
		waiting, stop := context.WithTimeout(t.Context(), 30*time.Second)
		defer stop()
		require.NoError(t, connection.GetWorkflow(waiting, string(created.ID), "").Get(waiting, nil))
		described, err := connection.DescribeWorkflowExecution(t.Context(), string(created.ID), "")
		require.NoError(t, err)
		return described.GetWorkflowExecutionInfo()
	}
	plan := func(kind capacity.Kind) capacity.Plan {
		l := load()
		l.Parameters, l.Fast, l.Duration = 0, kind == capacity.Fast, 0
		if kind == capacity.Long {
			l.Duration = time.Minute
		}
		return capacity.For(l)
	}
	for _, kind := range []capacity.Kind{capacity.Short, capacity.Long, capacity.Fast} {
		have, want := history(kind), plan(kind)
		require.EqualValues(t, want.HistoryEvents, have.GetHistoryLength(), kind)
		require.InEpsilon(t, want.HistoryBytes, float64(have.GetHistorySizeBytes()), 0.15, kind)
	}
}
