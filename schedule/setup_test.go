package schedule_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/schedule"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/worker"
)

func TestMain(m *testing.M) { temporaltest.Main(m) }

// patience is how long a test waits for what takes a few seconds on an idle machine.
const patience = 2 * time.Minute

// bundle is a client with a queue of its own.
type bundle struct {
	*schedule.Schedules
	client *taskqueue.Client
	id     string // of the test's schedule; also its queue and its owner
}

// setup returns a client that knows the actions "fine" and "wait"; quit ends the latter.
func setup(t *testing.T, quit <-chan struct{}) *bundle {
	t.Helper()
	id := temporaltest.UniqueName(t)
	actions := taskqueue.NewRegistry()
	add := func(name string, run func(context.Context)) {
		require.NoError(t, actions.Add(taskqueue.Action{
			Name: name, Run: func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
				run(ctx)
				return task.Success(name), nil
			},
		}))
	}
	add("fine", func(context.Context) {})
	add("wait", func(ctx context.Context) {
		select {
		case <-quit:
		case <-ctx.Done():
		}
	})
	client, err := taskqueue.New(taskqueue.Config{
		Temporal: temporaltest.Dial(t), Queues: []taskqueue.Queue{{Name: id}, {Name: id + "-b"}},
		Actions: actions, Declared: []string{"declared"}, Associations: map[string]string{"associated": id + "-b"},
		Categories: map[string]task.Category{"fine": task.CategoryImport}, Owner: id, Logger: temporaltest.Logger(t),
	})
	require.NoError(t, err)
	return &bundle{Schedules: client.Schedules(), client: client, id: id}
}

// work runs a worker until the test ends.
func (b *bundle) work(t *testing.T) {
	t.Helper()
	w, err := b.client.NewWorker(worker.Config{Concurrency: 4})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
}

// create makes the test's schedule, which is deleted when the test ends.
func (b *bundle) create(t *testing.T, d schedule.Definition) schedule.Schedule {
	t.Helper()
	s, err := b.Create(t.Context(), b.id, d)
	require.NoError(t, err)
	t.Cleanup(func() {
		var missing *schedule.NotFoundError
		if err := b.Delete(context.Background(), b.id); err != nil {
			require.ErrorAs(t, err, &missing)
		}
	})
	return s
}

// await returns the test's schedule as soon as the condition holds.
func (b *bundle) await(t *testing.T, what string, condition func(schedule.Schedule) bool) schedule.Schedule {
	t.Helper()
	var s schedule.Schedule
	require.Eventually(t, func() bool {
		var err error
		s, err = b.Get(t.Context(), b.id)
		require.NoError(t, err)
		return condition(s)
	}, patience, 100*time.Millisecond, what)
	return s
}

// awaitTasks returns the test's tasks in the log, the oldest first, as soon as there are so many of a status.
func (b *bundle) awaitTasks(t *testing.T, n int, status task.Status) tasklog.Collection {
	t.Helper()
	var found tasklog.Collection
	require.Eventually(t, func() bool {
		var err error
		found, err = b.client.TaskLog().Search(t.Context(), tasklog.NewFilter().
			Eq(tasklog.Owner, b.id).Eq(tasklog.Status, string(status)).SortBy(tasklog.CreatedAt))
		require.NoError(t, err)
		return len(found) >= n
	}, patience, 100*time.Millisecond, "%d tasks that are %s", n, status)
	return found
}

// The times of most tests.
var (
	everySecond = schedule.Spec{Intervals: []schedule.Interval{{Every: schedule.Duration(time.Second)}}}
	never       = schedule.Spec{Cron: []string{"0 0 1 1 *"}, StartAt: time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC)}
)
