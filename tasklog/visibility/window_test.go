package visibility_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	broker "github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/visibility"
)

// More tasks than one page of the List API, and than MaxScan: the newest and the oldest are found all the same.
func TestTheNewestAndTheOldestAreFoundAmongMoreThanCanBeScanned(t *testing.T) {
	t.Parallel()
	c := temporaltest.Dial(t)
	queue := temporaltest.UniqueName(t)
	const tasks, maxScan = 1300, 200
	now := time.Now().UTC().Truncate(time.Millisecond)
	b := broker.New(c)
	var enqueuing sync.WaitGroup
	for worker := range 8 {
		enqueuing.Go(func() {
			for i := worker; i < tasks; i += 8 {
				one := &task.Task{ID: task.ID(fmt.Sprintf("%s-%04d", queue, i)), Action: "a", Parameters: task.EmptyParameters}
				one.Queue, one.CreatedAt = queue, now.Add(-time.Duration(i)*time.Second)
				if err := b.Enqueue(t.Context(), one); err != nil {
					t.Error(err)
				}
			}
		})
	}
	enqueuing.Wait()
	engine := visibility.New(visibility.Config{Client: c, Namespace: temporaltest.Namespace, MaxScan: maxScan})
	filter := func() *tasklog.Filter { return tasklog.NewFilter().Eq(tasklog.Queue, queue) }
	require.Eventually(t, func() bool {
		n, err := engine.Count(t.Context(), filter())
		require.NoError(t, err)
		return n == tasks
	}, 2*time.Minute, 100*time.Millisecond)

	newest, err := engine.Search(t.Context(), filter().Limit(20).Offset(100))
	require.NoError(t, err)
	require.Len(t, newest.Tasks, 20)
	for i, e := range newest.Tasks {
		require.Equal(t, task.ID(fmt.Sprintf("%s-%04d", queue, 100+i)), e.ID)
	}
	oldest, err := engine.Search(t.Context(), filter().SortBy(tasklog.CreatedAt).Limit(20).Offset(100))
	require.NoError(t, err)
	require.Len(t, oldest.Tasks, 20)
	for i, e := range oldest.Tasks {
		require.Equal(t, task.ID(fmt.Sprintf("%s-%04d", queue, tasks-1-100-i)), e.ID)
	}
	for _, order := range []tasklog.Order{tasklog.Ascending, tasklog.Descending} {
		f := filter().SortBy(tasklog.CreatedAt).SortOrder(order).Limit(90)
		var paged []task.ID
		for {
			page, err := engine.Search(t.Context(), f)
			require.NoError(t, err)
			for _, e := range page.Tasks {
				paged = append(paged, e.ID)
			}
			if page.Next == "" {
				break
			}
			f.After(page.Next)
		}
		require.Len(t, paged, tasks)
		for i, id := range paged {
			if order == tasklog.Ascending {
				i = tasks - 1 - i
			}
			require.Equal(t, task.ID(fmt.Sprintf("%s-%04d", queue, i)), id)
		}
	}
	var limit *tasklog.ScanLimitError
	_, err = engine.Search(t.Context(), filter().Limit(20).SortBy(tasklog.Label))
	require.ErrorAs(t, err, &limit)
}
