// Package python_test runs the example worker in Python beside one of ours in Go, on the same queue.
package python_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/api"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/worker"
)

// patience is long: a task may be handed back several times before it reaches the worker that knows its action.
const patience = 2 * time.Minute

func TestMain(m *testing.M) { temporaltest.Main(m) }

func TestPythonServesActionsBesideGo(t *testing.T) {
	t.Parallel()
	python := install(t)
	queue := temporaltest.UniqueName(t)
	client := newClient(t, queue)
	startWorker(t, python, queue)
	awaitPoll(t, queue)
	// Polls are answered in turn, so with one of them open in Go no task for Python is handed back often.
	serve(t, newGoWorker(t, client, 1))

	t.Run("its report is the task's", func(t *testing.T) {
		t.Parallel()
		done := run(t, client, "text.wordcount", map[string]any{"text": "to be or not to be"})
		require.Equal(t, task.Completed, done.Status)
		report := done.Report.Children[0]
		require.Equal(t, task.TypeSuccess, report.Type)
		require.Equal(t, "6 words", report.Message)
		require.Equal(t, map[string]any{"words": 6.0}, report.Data)
	})

	t.Run("an exception fails the task with its message", func(t *testing.T) {
		t.Parallel()
		failed := run(t, client, "text.wordcount", map[string]any{"text": 7})
		require.Equal(t, task.Failed, failed.Status)
		require.Equal(t, `the parameter "text" must be a string`, failed.Report.Children[0].Message)
	})

	t.Run("a result that is no report completes the task", func(t *testing.T) {
		t.Parallel()
		done := run(t, client, "text.length", map[string]any{"text": "abc"})
		require.Equal(t, task.Completed, done.Status)
		require.Equal(t, "Task not returned any report.", done.Report.Children[0].Message)
	})

	t.Run("what only Go knows is handed back to Go", func(t *testing.T) {
		t.Parallel()
		queue := temporaltest.UniqueName(t)
		client := newClient(t, queue)
		startWorker(t, python, queue)
		awaitPoll(t, queue)
		serve(t, newGoWorker(t, client, 4))
		ids := make([]task.ID, 16)
		for i := range ids {
			ids[i] = enqueue(t, client, "go.only", nil)
		}
		handedBack := 0
		for _, id := range ids {
			require.Equal(t, "ran in Go", closed(t, client, id).Report.Children[0].Message)
			if attempts(t, id) > 1 {
				handedBack++
			}
		}
		require.Positive(t, handedBack, "no task came to the worker in Python")
	})

	t.Run("a long task is shown as running, heartbeats and can be cancelled", func(t *testing.T) {
		t.Parallel()
		id := enqueue(t, client, "text.wordcount", map[string]any{"text": strings.Repeat("word ", 1000), "pace": 1})
		awaitStatus(t, client, id, func(s task.Status) bool { return s == task.Running })
		require.NoError(t, temporaltest.Dial(t).CancelWorkflow(t.Context(), string(id), ""))
		cancelled := closed(t, client, id)
		require.Equal(t, task.Cancelled, cancelled.Status)
		require.Contains(t, cancelled.Report.Message, "has been cancelled while it ran")
	})

	t.Run("a paused worker in Go leaves all actions to Python", func(t *testing.T) {
		t.Parallel()
		queue := temporaltest.UniqueName(t)
		client := newClient(t, queue)
		startWorker(t, python, queue)
		paused := newGoWorker(t, client, 1)
		paused.Pause()
		serve(t, paused)
		for range 12 {
			id := enqueue(t, client, "text.wordcount", map[string]any{"text": "one"})
			require.Equal(t, task.Completed, closed(t, client, id).Status)
			require.EqualValues(t, 1, attempts(t, id))
		}
	})

	t.Run("it enqueues", func(t *testing.T) {
		t.Parallel()
		rest, err := api.New(api.Config{Client: client, Logger: temporaltest.Logger(t)})
		require.NoError(t, err)
		server := httptest.NewServer(rest.Handler())
		t.Cleanup(server.Close)
		for _, way := range []string{"rest", "temporal"} {
			command := program(t, python, "enqueue.py", way, queue, "one two")
			command.Env = append(command.Env, "TASKQUEUE_API_URL="+server.URL)
			out, err := command.CombinedOutput()
			require.NoError(t, err, "%s", out)
			done := closed(t, client, task.ID(strings.TrimSpace(string(out))))
			require.Equal(t, task.Completed, done.Status)
			require.Equal(t, "text.wordcount", done.TaskName)
			require.Equal(t, "Count words", done.Label)
			require.Equal(t, task.CategoryUnknown, done.Category)
			require.JSONEq(t, `{"text": "one two"}`, done.Parameters)
			require.WithinDuration(t, time.Now(), done.CreatedAt, patience)
			require.Equal(t, "2 words", done.Report.Children[0].Message)
		}
	})
}

func newClient(t *testing.T, queue string) *taskqueue.Client {
	t.Helper()
	actions := taskqueue.NewRegistry()
	require.NoError(t, actions.Add(taskqueue.Action{
		Name: "go.only",
		Run:  func(context.Context, json.RawMessage) (task.Report, error) { return task.Success("ran in Go"), nil },
	}))
	client, err := taskqueue.New(taskqueue.Config{
		Temporal: temporaltest.Dial(t), Actions: actions, Logger: temporaltest.Logger(t),
		Queues: []taskqueue.Queue{{Name: queue}},
	})
	require.NoError(t, err)
	return client
}

// awaitPoll returns once a worker takes tasks from the queue.
func awaitPoll(t *testing.T, queue string) {
	t.Helper()
	temporal := temporaltest.Dial(t)
	require.Eventually(t, func() bool {
		description, err := temporal.DescribeTaskQueue(t.Context(), queue, enumspb.TASK_QUEUE_TYPE_ACTIVITY)
		require.NoError(t, err)
		return len(description.GetPollers()) > 0
	}, patience, 50*time.Millisecond)
}

func newGoWorker(t *testing.T, client *taskqueue.Client, concurrency int) *worker.Worker {
	t.Helper()
	w, err := client.NewWorker(worker.Config{Concurrency: concurrency})
	require.NoError(t, err)
	return w
}

// serve runs the worker until the test ends.
func serve(t *testing.T, w *worker.Worker) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() { cancel(); require.NoError(t, <-ended) })
}

func enqueue(t *testing.T, client *taskqueue.Client, action string, parameters any) task.ID {
	t.Helper()
	created, err := client.CreateTask(t.Context(), action, parameters, "", nil)
	require.NoError(t, err)
	return created.ID
}

func run(t *testing.T, client *taskqueue.Client, action string, parameters any) tasklog.Entity {
	t.Helper()
	return closed(t, client, enqueue(t, client, action, parameters))
}

func closed(t *testing.T, client *taskqueue.Client, id task.ID) tasklog.Entity {
	t.Helper()
	return awaitStatus(t, client, id, task.Status.Closed)
}

// awaitStatus returns the task once its status is as wanted.
func awaitStatus(t *testing.T, client *taskqueue.Client, id task.ID, wanted func(task.Status) bool) tasklog.Entity {
	t.Helper()
	var entity tasklog.Entity
	require.Eventually(t, func() bool {
		var err error
		entity, err = client.TaskLog().Get(t.Context(), id)
		require.NoError(t, err)
		return wanted(entity.Status)
	}, patience, 50*time.Millisecond)
	return entity
}

// attempts returns how often the action of a closed task was handed to a worker.
func attempts(t *testing.T, id task.ID) int32 {
	t.Helper()
	events := temporaltest.Dial(t).GetWorkflowHistory(t.Context(), string(id), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		if started := event.GetActivityTaskStartedEventAttributes(); started != nil {
			return started.GetAttempt()
		}
	}
	require.FailNow(t, "the action never started")
	return 0
}
