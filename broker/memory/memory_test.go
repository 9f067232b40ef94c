package memory_test

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/broker/brokertest"
	"github.com/distributed-task-queue/taskqueue/broker/memory"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
)

func TestMain(m *testing.M) { temporaltest.Main(m) }

func TestMemoryConforms(t *testing.T) {
	t.Parallel()
	brokertest.Exercise(t, func(t *testing.T, e brokertest.Environment) brokertest.Subject {
		b, err := memory.New(memory.Config{Client: e.Temporal, Actions: e.Actions, Logger: e.Logger})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, b.Close()) })
		return brokertest.Subject{Broker: b}
	})
}

type run = func(context.Context, json.RawMessage) (task.Report, error)

// process is a program with a sync queue.
func process(t *testing.T, queue string, actions map[string]run) (*taskqueue.Client, *memory.Broker) {
	t.Helper()
	connection := temporaltest.Dial(t)
	registry := taskqueue.NewRegistry()
	for name, run := range actions {
		require.NoError(t, registry.Add(taskqueue.Action{Name: name, Run: run, Policy: task.Policy{Attempts: 2, Fast: name == "fast"}}))
	}
	b, err := memory.New(memory.Config{Client: connection, Actions: registry, Logger: temporaltest.Logger(t), Concurrency: 3})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	c, err := taskqueue.New(taskqueue.Config{
		Temporal: connection, Actions: registry, Logger: temporaltest.Logger(t), Queues: []taskqueue.Queue{{Name: queue, Broker: b}},
	})
	require.NoError(t, err)
	return c, b
}

func TestEachProcessRunsItsOwnTasks(t *testing.T) {
	t.Parallel()
	queue := temporaltest.UniqueName(t)
	var ran [2]atomic.Int32
	var clients [2]*taskqueue.Client
	for i := range clients {
		count := func(context.Context, json.RawMessage) (task.Report, error) {
			ran[i].Add(1)
			return task.Success("process %d", i), nil
		}
		clients[i], _ = process(t, queue, map[string]run{"ordinary": count, "fast": count})
	}
	for range 10 {
		for i, c := range clients {
			for _, action := range []string{"ordinary", "fast"} {
				before := ran[i].Load()
				created, err := c.CreateTask(t.Context(), action, nil, "", nil)
				require.NoError(t, err)
				require.Contains(t, created.Report.Messages(), []string{"process 0", "process 1"}[i])
				require.Equal(t, before+1, ran[i].Load(), "it had run when enqueuing returned")
			}
		}
	}
}

func TestASyncTaskMayEnqueueAnother(t *testing.T) {
	t.Parallel()
	var c *taskqueue.Client
	c, _ = process(t, temporaltest.UniqueName(t), map[string]run{
		"parent": func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
			child, err := c.CreateTask(ctx, "child", nil, "", &taskqueue.Options{ParentID: taskqueue.TaskID(ctx)})
			if err != nil {
				return task.Report{}, err
			}
			return task.Success("the child says").Add(*child.Report), nil
		},
		"child": func(context.Context, json.RawMessage) (task.Report, error) { return task.Success("hello"), nil },
	})
	created, err := c.CreateTask(t.Context(), "parent", nil, "", nil)
	require.NoError(t, err)
	require.Contains(t, created.Report.Messages(), "hello")
	entity, err := c.TaskLog().Get(t.Context(), created.ID)
	require.NoError(t, err)
	require.Equal(t, task.Completed, entity.Status, "it does not stay in child_running")
}

func TestWhatThisProcessCannotRunIsRefused(t *testing.T) {
	t.Parallel()
	c, b := process(t, temporaltest.UniqueName(t), map[string]run{})
	created, err := c.CreateTask(t.Context(), "elsewhere", nil, "", &taskqueue.Options{ID: "absent-" + task.NewID()})
	var unknown *memory.UnknownActionError
	require.ErrorAs(t, err, &unknown)
	require.Equal(t, "elsewhere", unknown.Action)
	require.Nil(t, created)

	require.NoError(t, b.Close())
	require.NoError(t, b.Close(), "it may be closed twice")
}

func TestACallerMayGo(t *testing.T) {
	t.Parallel()
	began, release := make(chan struct{}), make(chan struct{})
	c, b := process(t, temporaltest.UniqueName(t), map[string]run{
		"wait": func(context.Context, json.RawMessage) (task.Report, error) {
			close(began)
			<-release
			return task.Success("waited"), nil
		},
	})
	id := task.NewID()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-began
		cancel()
	}()
	_, err := c.CreateTask(ctx, "wait", nil, "", &taskqueue.Options{ID: id})
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "is enqueued, but it is not known how it ended")
	close(release)
	require.Eventually(t, func() bool {
		entity, err := c.TaskLog().Get(t.Context(), id)
		return err == nil && entity.Status == task.Completed
	}, brokertest.Patience, 20*time.Millisecond)

	require.NoError(t, b.Close())
	_, err = c.CreateTask(t.Context(), "wait", nil, "", nil)
	require.ErrorIs(t, err, memory.ErrClosed)
}

func TestACancelledTaskReportsSo(t *testing.T) {
	t.Parallel()
	id := task.NewID()
	began := make(chan struct{})
	c, _ := process(t, temporaltest.UniqueName(t), map[string]run{
		"wait": func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
			close(began)
			<-ctx.Done()
			return task.Report{}, ctx.Err()
		},
	})
	connection := temporaltest.Dial(t)
	go func() {
		<-began
		if err := connection.CancelWorkflow(context.Background(), string(id), ""); err != nil {
			t.Errorf("cancel: %v", err)
		}
	}()
	created, err := c.CreateTask(t.Context(), "wait", nil, "", &taskqueue.Options{ID: id})
	require.NoError(t, err)
	require.True(t, created.Report.Failed())
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	_, err := memory.New(memory.Config{Actions: taskqueue.NewRegistry()})
	require.ErrorContains(t, err, "Config.Client is nil")
	connection := temporaltest.Dial(t)
	_, err = memory.New(memory.Config{Client: connection})
	require.ErrorContains(t, err, "Config.Actions is nil")
	_, err = memory.New(memory.Config{Client: connection, Actions: taskqueue.NewRegistry(), Concurrency: -1})
	require.ErrorContains(t, err, "Config.Concurrency is -1")
}
