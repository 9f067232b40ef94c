package crashtest

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/cmd/standalone/internal/processtest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// producers is how many tasks are enqueued at a time.
const producers = 4

// enqueue begins to enqueue tasks over all queues. It returns their ids and a channel that is closed when all are in.
func enqueue(t *testing.T, c *taskqueue.Client, chance *rand.Rand, count int) ([]task.ID, <-chan struct{}) {
	t.Helper()
	ids := make([]task.ID, count)
	type job struct {
		parameters appendID
		options    taskqueue.Options
	}
	jobs := make(chan job, count)
	for i := range ids {
		ids[i] = task.NewID()
		takes := time.Duration(chance.IntN(10)) * time.Millisecond
		if chance.IntN(4) == 0 {
			takes = 200 * time.Millisecond
		}
		jobs <- job{appendID{Takes: takes}, taskqueue.Options{ID: ids[i], Queue: queues[chance.IntN(len(queues))].Name}}
	}
	close(jobs)
	ctx := t.Context()
	var running sync.WaitGroup
	for range producers {
		running.Go(func() {
			for j := range jobs {
				if err := enqueueOnce(ctx, c, j.parameters, j.options); err != nil {
					t.Errorf("enqueue task %s: %v", j.options.ID, err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		running.Wait()
	}()
	t.Cleanup(func() { <-done }) // t.Context has ended by then, and with it the producers
	return ids, done
}

// enqueueOnce does what a program should do to which the server does not answer: it asks again with the same id. That the
// id is taken then means that an earlier call came through.
func enqueueOnce(ctx context.Context, c *taskqueue.Client, p appendID, o taskqueue.Options) error {
	ctx, cancel := context.WithTimeout(ctx, processtest.Patience)
	defer cancel()
	for {
		_, err := c.CreateTask(ctx, p.Action(), p, "", &o)
		if _, duplicate := errors.AsType[*task.DuplicateError](err); err == nil || duplicate {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// count returns how many tasks the log lists with one of the statuses.
func count(t *testing.T, c *taskqueue.Client, statuses ...task.Status) int {
	t.Helper()
	n, err := c.TaskLog().Count(t.Context(), tasklog.NewFilter().In(tasklog.Status, statuses))
	require.NoError(t, err)
	return int(n)
}

// ended returns how many tasks will not change any more.
func ended(t *testing.T, c *taskqueue.Client) int {
	t.Helper()
	return count(t, c, task.Completed, task.Failed)
}

// result is what became of tasks.
type result struct {
	completed int
	lost      int // failed with "worker lost"
	unstarted int // of the lost, those that no worker has started
}

// verify checks each task: it ran at most once, and how the log says that it ended is how it ended.
func verify(t *testing.T, c *taskqueue.Client, f *fleet, ids []task.ID) result {
	t.Helper()
	starts := f.ids(t)
	var r result
	for _, id := range ids {
		n := starts[string(id)]
		delete(starts, string(id))
		require.LessOrEqual(t, n, 1, "task %s was started %d times", id, n)
		entity, err := c.TaskLog().Get(t.Context(), id)
		require.NoError(t, err)
		require.NotNil(t, entity.Report, "task %s is %s without a report", id, entity.Status)
		report := strings.Join(entity.Report.Messages(), "\n")
		switch entity.Status {
		case task.Completed:
			require.Equal(t, 1, n, "task %s is completed but was not started", id)
			require.Contains(t, report, "appended")
			r.completed++
		case task.Failed:
			require.Contains(t, report, "worker lost", "task %s", id)
			r.lost++
			r.unstarted += 1 - n
		default:
			require.Fail(t, "a task has not ended", "task %s is %s", id, entity.Status)
		}
	}
	require.Empty(t, starts, "tasks that nobody enqueued were started")

	require.Equal(t, r.completed, count(t, c, task.Completed))
	require.Equal(t, r.lost, count(t, c, task.Failed))
	listed, err := c.TaskLog().Search(t.Context(), tasklog.NewFilter())
	require.NoError(t, err)
	seen := make([]task.ID, len(listed))
	for i, entity := range listed {
		seen[i] = entity.ID
	}
	require.ElementsMatch(t, ids, seen, "the log lists each task once")
	return r
}
