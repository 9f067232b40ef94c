package elastic_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/elastictest"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/worker"
)

type greet struct{}

func (greet) Action() string { return "greet" }

// While Elasticsearch is down tasks are enqueued, run and can be looked up; lists say that they cannot be had. When it is back
// nothing is missing. Not parallel: it stops the server that the other tests use.
func TestNothingIsMissingAfterAnOutageUnderLoad(t *testing.T) {
	es := temporaltest.Server().Elasticsearch
	if !es.Owned() {
		t.Skip(elastictest.ErrNotOwned)
	}
	queue := temporaltest.UniqueName(t)
	actions := taskqueue.NewRegistry()
	require.NoError(t, taskqueue.Register(actions, func(context.Context, greet) (task.Report, error) {
		return task.Success("hello"), nil
	}))
	engine := open(t)
	c, err := taskqueue.New(taskqueue.Config{
		Temporal: temporaltest.Dial(t), Namespace: temporaltest.Namespace, Queues: []taskqueue.Queue{{Name: queue}},
		Actions: actions, TaskLog: engine,
	})
	require.NoError(t, err)
	w, err := c.NewWorker(worker.Config{Concurrency: 10})
	require.NoError(t, err)
	working, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(working) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})

	var enqueued atomic.Int64
	var last atomic.Value
	loading, endLoad := context.WithCancel(t.Context())
	load := make(chan error, 1)
	go func() {
		for loading.Err() == nil {
			e, err := c.Enqueue(t.Context(), greet{}, "under load")
			if err != nil {
				load <- err
				return
			}
			last.Store(e.ID)
			enqueued.Add(1)
			time.Sleep(20 * time.Millisecond) // the load, not a wait
		}
		load <- nil
	}()
	more := func(n int64) {
		t.Helper()
		want := enqueued.Load() + n
		require.Eventually(t, func() bool { return enqueued.Load() >= want }, time.Minute, 10*time.Millisecond)
	}
	f := tasklog.NewFilter().Eq(tasklog.Queue, queue)
	more(20)
	require.NoError(t, es.Stop())
	more(50)
	_, err = engine.Search(t.Context(), f)
	var unavailable *tasklog.UnavailableError
	require.ErrorAs(t, err, &unavailable)
	id := last.Load().(task.ID)
	require.Eventually(t, func() bool {
		e, err := c.TaskLog().Get(t.Context(), id)
		return err == nil && e.Status == task.Completed
	}, time.Minute, 50*time.Millisecond, "tasks run on, and can be looked up by id")
	require.NoError(t, es.Restart(t.Context()))
	more(20)
	endLoad()
	require.NoError(t, <-load)

	require.Eventually(t, func() bool {
		n, err := engine.Count(t.Context(), f.Narrow(task.Completed, task.Failed)) // an overloaded server may lose a start
		if unavailable := (*tasklog.UnavailableError)(nil); errors.As(err, &unavailable) {
			return false
		}
		require.NoError(t, err)
		return n == enqueued.Load()
	}, 2*time.Minute, 100*time.Millisecond)
	t.Logf("%d tasks, none missing", enqueued.Load())
}
