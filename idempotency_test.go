package taskqueue_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/dispatcher"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func TestAnIdempotencyKeyMakesOneTask(t *testing.T) {
	b := setup(t, nil)
	key := temporaltest.UniqueName(t)
	options := taskqueue.Options{IdempotencyKey: key, Owner: "jane", Priority: 2, Delay: time.Hour}
	first, err := b.client.CreateTask(t.Context(), "report", json.RawMessage(`{"a": 1, "b": [1.50]}`), "Report", &options)
	require.NoError(t, err)

	again, err := b.client.CreateTask(t.Context(), "report", json.RawMessage(`{"b":[1.50],"a":1}`), "Report", &options)
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID)
	require.Equal(t, first.CreatedAt, again.CreatedAt)
	require.Equal(t, first.Queue, again.Queue)
	require.JSONEq(t, string(first.Parameters), string(again.Parameters))

	for name, change := range map[string]func(parameters *string, label *string, o *taskqueue.Options){
		"parameters": func(p *string, _ *string, _ *taskqueue.Options) { *p = `{"a":2}` },
		"label":      func(_ *string, l *string, _ *taskqueue.Options) { *l = "Other" },
		"owner":      func(_ *string, _ *string, o *taskqueue.Options) { o.Owner = "john" },
		"queue":      func(_ *string, _ *string, o *taskqueue.Options) { o.Queue = b.prefix + "-urgent" },
		"delay":      func(_ *string, _ *string, o *taskqueue.Options) { o.Delay = time.Minute },
		"priority":   func(_ *string, _ *string, o *taskqueue.Options) { o.Priority = 0 },
		"master":     func(_ *string, _ *string, o *taskqueue.Options) { o.Master = true },
		"category":   func(_ *string, _ *string, o *taskqueue.Options) { o.Category = task.CategoryImport },
	} {
		parameters, label, changed := `{"a": 1, "b": [1.50]}`, "Report", options
		change(&parameters, &label, &changed)
		_, err := b.client.CreateTask(t.Context(), "report", json.RawMessage(parameters), label, &changed)
		var reused *task.KeyReusedError
		require.ErrorAs(t, err, &reused, name)
		require.Equal(t, first.ID, reused.ID)
	}

	options.ID = "mine"
	_, err = b.client.CreateTask(t.Context(), "report", nil, "", &options)
	var invalid *task.InvalidError
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, "id", invalid.Field)
}

// A key holds whatever has become of its task.
func TestAnIdempotencyKeyOutlivesItsTask(t *testing.T) {
	b := setup(t, nil)
	b.work(t)
	args := mail{To: "jane@example.com", Options: taskqueue.Options{IdempotencyKey: temporaltest.UniqueName(t)}}
	first, err := b.client.Enqueue(t.Context(), args, "Hello")
	require.NoError(t, err)
	b.closed(t, first.ID)
	again, err := b.client.Enqueue(t.Context(), args, "Hello")
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID)
	_, err = b.client.TaskLog().Archive(t.Context(), first.ID, tasklog.ControlOptions{})
	require.NoError(t, err)
	again, err = b.client.Enqueue(t.Context(), args, "Hello")
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID)
	require.False(t, again.Archived)
	require.Empty(t, again.Supersedes)
	_, err = b.client.Enqueue(t.Context(), args, "Bye")
	require.ErrorAs(t, err, new(*task.KeyReusedError))
}

func TestConcurrentEnqueuesWithOneKeyMakeOneTask(t *testing.T) {
	b := setup(t, nil)
	options := taskqueue.Options{IdempotencyKey: temporaltest.UniqueName(t)}
	ids := make([]task.ID, 8)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			created, err := b.client.CreateTask(t.Context(), "report", nil, "", &options)
			if err == nil {
				ids[i] = created.ID
			} else {
				t.Errorf("enqueue %d: %v", i, err)
			}
		})
	}
	all.Wait()
	for _, id := range ids {
		require.Equal(t, ids[0], id)
	}
}

func TestCreateTasks(t *testing.T) {
	b := setup(t, nil)
	taken := task.ID(temporaltest.UniqueName(t))
	tasks := make([]taskqueue.NewTask, 40)
	for i := range tasks {
		tasks[i] = taskqueue.NewTask{Action: "report", Parameters: i, Label: "many"}
	}
	tasks[7].Options = &taskqueue.Options{Queue: "nowhere"}
	tasks[9].Options = &taskqueue.Options{ID: taken}
	tasks[30].Action = ""
	created := b.client.CreateTasks(t.Context(), tasks)
	require.Len(t, created, len(tasks))
	for i, one := range created {
		switch i {
		case 7:
			require.ErrorAs(t, one.Err, new(*dispatcher.UnknownQueueError))
		case 30:
			require.ErrorAs(t, one.Err, new(*task.InvalidError))
		default:
			require.NoError(t, one.Err)
			stored, err := b.client.TaskLog().Task(t.Context(), one.Task.ID)
			require.NoError(t, err)
			require.Equal(t, *one.Task, stored)
		}
	}
	require.Equal(t, taken, created[9].Task.ID)
	require.Empty(t, b.client.CreateTasks(t.Context(), nil))
}

func TestCreateTasksStopsWhenTemporalIsAway(t *testing.T) {
	t.Parallel()
	dead, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1"})
	require.NoError(t, err)
	t.Cleanup(dead.Close)
	c, err := taskqueue.New(taskqueue.Config{Temporal: dead})
	require.NoError(t, err)
	tasks := make([]taskqueue.NewTask, 1000)
	for i := range tasks {
		tasks[i].Action = "report"
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	created := c.CreateTasks(ctx, tasks)
	for _, one := range created {
		require.Error(t, one.Err)
		require.Nil(t, one.Task)
	}
	require.ErrorContains(t, created[999].Err, "not tried")
}
