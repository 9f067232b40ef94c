package queueadmin_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/dispatcher"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/queueadmin"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/worker"
)

func TestMain(m *testing.M) { temporaltest.Main(m) }

const patience = 2 * time.Minute

func TestAPausedQueueKeepsItsTasks(t *testing.T) {
	for name, policy := range map[string]task.Policy{"an ordinary action": {}, "a fast action": {Attempts: 2, Fast: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			queue := temporaltest.UniqueName(t)
			connection := temporaltest.Dial(t)
			actions := taskqueue.NewRegistry()
			require.NoError(t, actions.Add(taskqueue.Action{
				Name: "note", Policy: policy,
				Run: func(context.Context, json.RawMessage) (task.Report, error) { return task.Success("noted"), nil },
			}))
			c, err := taskqueue.New(taskqueue.Config{
				Temporal: connection, Actions: actions, Queues: []taskqueue.Queue{{Name: queue, Weight: 2}, {Name: queue + "-other"}},
				Associations: map[string]string{"note": queue}, Logger: temporaltest.Logger(t),
			})
			require.NoError(t, err)
			w, err := c.NewWorker(worker.Config{})
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- w.Run(ctx) }()
			t.Cleanup(func() { cancel(); require.NoError(t, <-ended) })
			enqueue := func() task.ID {
				created, err := c.CreateTask(t.Context(), "note", nil, "", nil)
				require.NoError(t, err)
				return created.ID
			}
			status := func(id task.ID) task.Status {
				e, err := c.TaskLog().Get(t.Context(), id)
				require.NoError(t, err)
				return e.Status
			}

			before := enqueue()
			require.Eventually(t, func() bool { return status(before) == task.Completed }, patience, 20*time.Millisecond)
			paused, err := c.Queues().Pause(t.Context(), queue, "the printer burns")
			require.NoError(t, err)
			require.True(t, paused.Paused)
			require.Equal(t, "the printer burns", paused.PauseReason)
			again, err := c.Queues().Pause(t.Context(), queue, "another reason")
			require.NoError(t, err)
			require.Equal(t, paused.PauseReason, again.PauseReason, "it was paused already")

			// Workers and the server's partitions hear of it within a second, on a busy machine later.
			time.Sleep(5 * time.Second)
			waiting := enqueue()
			for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
				require.Equal(t, task.Enqueued, status(waiting))
			}
			var all []queueadmin.Queue
			require.Eventually(t, func() bool { // the server counts what it has written
				all, err = c.Queues().List(t.Context())
				require.NoError(t, err)
				return all[0].Waiting == 1
			}, patience, 100*time.Millisecond)
			require.Equal(t, []bool{true, false}, []bool{all[0].Paused, all[1].Paused})
			require.Equal(t, []string{"note"}, all[0].Associations)
			require.Equal(t, 2, all[0].Weight)

			resumed, err := c.Queues().Resume(t.Context(), queue)
			require.NoError(t, err)
			require.False(t, resumed.Paused)
			require.Eventually(t, func() bool { return status(waiting) == task.Completed }, patience, 50*time.Millisecond)
		})
	}
}

func TestResumeRestoresTheLimitThatOperatorsSet(t *testing.T) {
	t.Parallel()
	queue := temporaltest.UniqueName(t)
	connection := temporaltest.Dial(t)
	c, err := taskqueue.New(taskqueue.Config{Temporal: connection, Queues: []taskqueue.Queue{{Name: queue}}})
	require.NoError(t, err)
	_, err = connection.WorkflowService().UpdateTaskQueueConfig(t.Context(), &workflowservice.UpdateTaskQueueConfigRequest{
		Namespace: temporaltest.Namespace, TaskQueue: queue, TaskQueueType: enumspb.TASK_QUEUE_TYPE_ACTIVITY,
		UpdateQueueRateLimit: &workflowservice.UpdateTaskQueueConfigRequest_RateLimitUpdate{RateLimit: &taskqueuepb.RateLimit{RequestsPerSecond: 2.5}},
	})
	require.NoError(t, err)
	paused, err := c.Queues().Pause(t.Context(), queue, "")
	require.NoError(t, err)
	require.True(t, paused.Paused)
	require.Empty(t, paused.PauseReason)
	_, err = c.Queues().Resume(t.Context(), queue)
	require.NoError(t, err)
	described, err := connection.WorkflowService().DescribeTaskQueue(t.Context(), &workflowservice.DescribeTaskQueueRequest{
		Namespace: temporaltest.Namespace, TaskQueue: &taskqueuepb.TaskQueue{Name: queue}, TaskQueueType: enumspb.TASK_QUEUE_TYPE_ACTIVITY, ReportConfig: true,
	})
	require.NoError(t, err)
	require.InDelta(t, 2.5, described.GetConfig().GetQueueRateLimit().GetRateLimit().GetRequestsPerSecond(), 0)
}

func TestUnknownQueues(t *testing.T) {
	t.Parallel()
	c, err := taskqueue.New(taskqueue.Config{Temporal: temporaltest.Dial(t)})
	require.NoError(t, err)
	var unknown *dispatcher.UnknownQueueError
	_, err = c.Queues().Pause(t.Context(), "nowhere", "")
	require.ErrorAs(t, err, &unknown)
	_, err = c.Queues().Resume(t.Context(), "nowhere")
	require.ErrorAs(t, err, &unknown)
	_, err = c.Queues().Get(t.Context(), "nowhere")
	require.ErrorAs(t, err, &unknown)
}

// away is a store that does not answer.
type away struct{ broker.Stored }

func (away) Name() string { return "away" }
func (away) Sync() bool   { return false }

func (away) Backlog(ctx context.Context, _ string) (broker.Backlog, error) {
	<-ctx.Done()
	return broker.Backlog{}, errors.New("nobody is there")
}

func TestAStoreThatDoesNotAnswerIsItsOwnQueuesProblem(t *testing.T) {
	t.Parallel()
	queue := temporaltest.UniqueName(t)
	c, err := taskqueue.New(taskqueue.Config{
		Temporal: temporaltest.Dial(t), Queues: []taskqueue.Queue{{Name: queue, Broker: away{}}, {Name: queue + "-other"}},
	})
	require.NoError(t, err)
	all, err := c.Queues().List(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Equal(t, []string{queue, queue + "-other"}, []string{all[0].Name, all[1].Name})
	require.Equal(t, "nobody is there", all[0].Error)
	require.Zero(t, all[0].Stored)
	require.Empty(t, all[1].Error)
	paused, err := c.Queues().Pause(t.Context(), queue, "")
	require.NoError(t, err)
	require.True(t, paused.Paused, "it can still be paused")
}
