package tasklog_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/distributed-task-queue/taskqueue/activities"
	broker "github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/visibility"
	"github.com/distributed-task-queue/taskqueue/worker"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

// control is a task log, and a queue that no worker serves until a test starts one.
type control struct {
	client client.Client
	log    *tasklog.TaskLog
	queue  string // also the owner

	mu     sync.Mutex
	events []string
}

func newControl(t *testing.T, change func(*tasklog.Config)) *control {
	t.Helper()
	c := &control{client: temporaltest.Dial(t), queue: temporaltest.UniqueName(t)}
	config := tasklog.Config{
		Client: c.client, Namespace: temporaltest.Namespace,
		Engine: visibility.New(visibility.Config{Client: c.client, Namespace: temporaltest.Namespace}),
		Observers: []tasklog.Observer{func(_ context.Context, e tasklog.Event) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.events = append(c.events, fmt.Sprintf("%s %s %s %t", e.Type, e.Entity.ID, e.Entity.Status, e.Forced))
		}},
	}
	if change != nil {
		change(&config)
	}
	var err error
	c.log, err = tasklog.New(config)
	require.NoError(t, err)
	return c
}

func (c *control) enqueue(t *testing.T, change func(*task.Task)) task.ID {
	t.Helper()
	one := &task.Task{ID: task.NewID(), Action: "work", Parameters: json.RawMessage(`{"n":1}`), Label: "a label"}
	one.Queue, one.Owner, one.CreatedAt = c.queue, c.queue, time.Now().UTC().Truncate(time.Millisecond)
	if change != nil {
		change(one)
	}
	require.NoError(t, broker.New(c.client).Enqueue(t.Context(), one))
	return one.ID
}

// work runs a worker whose one action is run until the test ends.
func (c *control) work(t *testing.T, concurrency int, run activities.Func) {
	t.Helper()
	actions := activities.NewRegistry()
	require.NoError(t, actions.Add(activities.Action{Name: "work", Run: run}))
	w, err := worker.New(worker.Config{
		Client: c.client, Actions: actions, Logger: temporaltest.Logger(t), Concurrency: concurrency,
		Queues: []worker.Queue{{Name: c.queue, Weight: 1}},
	})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() { stop(); require.NoError(t, <-ended) })
}

// schedule runs a worker that takes workflows and no action, until the test ends.
func (c *control) schedule(t *testing.T) {
	t.Helper()
	w := sdkworker.New(c.client, c.queue, sdkworker.Options{LocalActivityWorkerOnly: true})
	w.RegisterWorkflowWithOptions(new(workflows.Workflows).Task, workflow.RegisterOptions{Name: workflows.TypeTask})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
}

func (c *control) get(t *testing.T, id task.ID) tasklog.Entity {
	t.Helper()
	e, err := c.log.Get(t.Context(), id)
	require.NoError(t, err)
	return e
}

func (c *control) awaitStatus(t *testing.T, id task.ID, want task.Status) tasklog.Entity {
	t.Helper()
	var e tasklog.Entity
	require.Eventually(t, func() bool { e = c.get(t, id); return e.Status == want }, patience, 10*time.Millisecond, "want %s", want)
	return e
}

func (c *control) told() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string{}, c.events...)
}

func TestCancelNeedsNoWorkerAndIsFinal(t *testing.T) {
	t.Parallel()
	c := newControl(t, nil)
	id := c.enqueue(t, nil)
	delayed := c.enqueue(t, func(one *task.Task) { one.NotBefore = time.Now().Add(2 * time.Second) })
	for _, id := range []task.ID{id, delayed} {
		changed, err := c.log.Cancel(t.Context(), id, tasklog.ControlOptions{User: c.queue})
		require.NoError(t, err)
		require.True(t, changed)
		e := c.get(t, id)
		require.Equal(t, task.Cancelled, e.Status)
		require.Equal(t, "Task "+string(id)+" has been cancelled, message was not processed.", e.Report.Message)
		require.Equal(t, task.TypeInfo, e.Report.Type)
	}
	changed, err := c.log.Cancel(t.Context(), id, tasklog.ControlOptions{})
	require.NoError(t, err)
	require.False(t, changed, "it is cancelled already")
	require.Equal(t, []string{"TaskLogCancelled " + string(id) + " cancelled false", "TaskLogCancelled " + string(delayed) + " cancelled false"}, c.told())

	var ran atomic.Int32
	c.work(t, 2, func(context.Context, json.RawMessage) (task.Report, error) {
		ran.Add(1)
		return task.Success("ran"), nil
	})
	c.awaitStatus(t, c.enqueue(t, func(one *task.Task) { one.NotBefore = time.Now().Add(3 * time.Second) }), task.Completed)
	require.EqualValues(t, 1, ran.Load())

	// Lists say the same as get.
	require.Eventually(t, func() bool {
		found, err := c.log.Search(t.Context(), tasklog.NewFilter().Eq(tasklog.ID, string(id)))
		require.NoError(t, err)
		return len(found) == 1 && found[0].Report != nil && found[0].Report.Message == c.get(t, id).Report.Message
	}, patience, 50*time.Millisecond)
}

func TestCancelOfAScheduledAction(t *testing.T) {
	t.Parallel()
	c := newControl(t, nil)
	c.schedule(t)
	id := c.enqueue(t, nil)
	require.Eventually(t, func() bool {
		d, err := c.client.DescribeWorkflowExecution(t.Context(), string(id), "")
		require.NoError(t, err)
		return len(d.GetPendingActivities()) == 1
	}, patience, 10*time.Millisecond)
	changed, err := c.log.Cancel(t.Context(), id, tasklog.ControlOptions{})
	require.NoError(t, err)
	require.True(t, changed)
	d, err := c.client.DescribeWorkflowExecution(t.Context(), string(id), "")
	require.NoError(t, err)
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, d.GetWorkflowExecutionInfo().GetStatus())
	require.Contains(t, c.get(t, id).Report.Message, "was not processed")
}

func TestCancelOfARunningTaskNeedsForce(t *testing.T) {
	t.Parallel()
	c := newControl(t, nil)
	started, ended := make(chan struct{}), make(chan error, 1)
	c.work(t, 1, func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
		close(started)
		<-ctx.Done()
		ended <- ctx.Err()
		return task.Report{}, ctx.Err()
	})
	id := c.enqueue(t, nil)
	temporaltest.Receive(t, started)
	_, err := c.log.Cancel(t.Context(), id, tasklog.ControlOptions{})
	var refused *tasklog.NotEligibleError
	require.ErrorAs(t, err, &refused)
	require.EqualError(t, err, `Task cannot be cancelled because it is already dequeued. Task "`+string(id)+`" is running.`)
	require.Equal(t, task.Running, refused.Status)
	_, err = c.log.Archive(t.Context(), id, tasklog.ControlOptions{})
	require.EqualError(t, err, `Task cannot be archived because it is in progress. Task "`+string(id)+`" is running.`)
	require.Empty(t, c.told())

	changed, err := c.log.Cancel(t.Context(), id, tasklog.ControlOptions{Force: true})
	require.NoError(t, err)
	require.True(t, changed)
	require.ErrorIs(t, temporaltest.Receive(t, ended), context.Canceled)
	require.Contains(t, c.awaitStatus(t, id, task.Cancelled).Report.Message, "while it ran")
	require.Len(t, c.told(), 1)
}

func TestCancelIsForOwnersOnly(t *testing.T) {
	t.Parallel()
	c := newControl(t, nil)
	id := c.enqueue(t, nil)
	var notFound *tasklog.NotFoundError
	for _, id := range []task.ID{id, "absent", ""} {
		_, err := c.log.Cancel(t.Context(), id, tasklog.ControlOptions{User: "somebody else"})
		require.ErrorAs(t, err, &notFound)
		_, err = c.log.Archive(t.Context(), id, tasklog.ControlOptions{User: "somebody else", Force: true})
		require.ErrorAs(t, err, &notFound)
	}
	require.Equal(t, task.Enqueued, c.get(t, id).Status)
	changed, err := c.log.Cancel(t.Context(), id, tasklog.ControlOptions{User: c.queue})
	require.NoError(t, err)
	require.True(t, changed)
}

// Cancels race with a worker that takes the tasks as fast as it can: each task either runs to its end, or is
// cancelled and never starts. Actions heartbeat at once, as that is how they would learn of a pause.
func TestCancelRacesWithABusyWorker(t *testing.T) {
	t.Parallel()
	c := newControl(t, nil)
	var ran, disturbed sync.Map
	c.work(t, 4, func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
		id := activities.TaskID(ctx)
		ran.Store(id, true)
		for range 5 {
			activity.RecordHeartbeat(ctx)
			select {
			case <-time.After(2 * time.Millisecond):
			case <-ctx.Done():
				disturbed.Store(id, context.Cause(ctx))
			}
		}
		return task.Success("ran"), nil
	})
	const tasks = 200
	var ids [tasks]task.ID
	var results [tasks]bool
	var busy sync.WaitGroup
	for worker := range 8 {
		busy.Go(func() {
			for i := worker; i < tasks; i += 8 {
				one := &task.Task{ID: task.NewID(), Action: "work", Parameters: task.EmptyParameters}
				one.Queue, one.Owner, one.CreatedAt = c.queue, c.queue, time.Now().UTC().Truncate(time.Millisecond)
				ids[i] = one.ID
				if err := broker.New(c.client).Enqueue(t.Context(), one); err != nil {
					t.Error(err)
					continue
				}
				time.Sleep(time.Duration(i%40) * time.Millisecond) // so that cancels meet tasks in every state
				cancels := 1 + i%2
				var both sync.WaitGroup
				var changed atomic.Bool
				for range cancels {
					both.Go(func() {
						ok, err := c.log.Cancel(t.Context(), ids[i], tasklog.ControlOptions{})
						if _, refused := errors.AsType[*tasklog.NotEligibleError](err); err != nil && !refused {
							t.Error(err)
						}
						if ok {
							changed.Store(true)
						}
					})
				}
				both.Wait()
				results[i] = changed.Load()
			}
		})
	}
	busy.Wait()
	cancelled := 0
	for i, id := range ids {
		_, did := ran.Load(id)
		cause, hit := disturbed.Load(id)
		require.False(t, hit, "task %d was disturbed: %v", i, cause)
		if results[i] {
			cancelled++
			require.False(t, did, "task %d ran and was cancelled", i)
			require.Equal(t, task.Cancelled, c.get(t, id).Status)
			continue
		}
		c.awaitStatus(t, id, task.Completed)
	}
	t.Logf("%d of %d were cancelled", cancelled, tasks)
	for i, id := range ids {
		_, did := ran.Load(id)
		require.NotEqual(t, results[i], did, "task %d", i)
	}
}
