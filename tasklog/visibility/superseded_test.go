package visibility_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	batchpb "go.temporal.io/api/batch/v1"
	"go.temporal.io/api/workflowservice/v1"

	broker "github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/visibility"
)

// More runs are superseded at once than fit into a query: lists stay right, and within the bound of the scan.
func TestListsAfterManyTasksWereArchived(t *testing.T) {
	t.Parallel()
	c := temporaltest.Dial(t)
	queue := temporaltest.UniqueName(t)
	const tasks, maxScan = 540, 1500
	now := time.Now().UTC().Truncate(time.Millisecond)
	b := broker.New(c)
	var enqueuing sync.WaitGroup
	for worker := range 8 {
		enqueuing.Go(func() {
			for i := worker; i < tasks; i += 8 {
				one := &task.Task{ID: task.NewID(), Action: "a", Parameters: task.EmptyParameters}
				one.Queue, one.CreatedAt = queue, now.Add(-time.Duration(i)*time.Second)
				if err := b.Enqueue(t.Context(), one); err != nil {
					t.Error(err)
				}
			}
		})
	}
	enqueuing.Wait()
	// No worker closes the archive runs, and open ones make every search of the other tests look for what they replace.
	t.Cleanup(func() {
		_, err := c.WorkflowService().StartBatchOperation(context.Background(), &workflowservice.StartBatchOperationRequest{
			Namespace: temporaltest.Namespace, JobId: queue, Reason: "the test is over", VisibilityQuery: fmt.Sprintf("TaskQueue = '%s'", queue),
			Operation: &workflowservice.StartBatchOperationRequest_TerminationOperation{TerminationOperation: &batchpb.BatchOperationTermination{}},
		})
		require.NoError(t, err)
	})
	engine := visibility.New(visibility.Config{Client: c, Namespace: temporaltest.Namespace, MaxScan: maxScan})
	log, err := tasklog.New(tasklog.Config{Client: c, Namespace: temporaltest.Namespace, Engine: engine})
	require.NoError(t, err)
	f := tasklog.NewFilter().Eq(tasklog.Queue, queue)
	awaitCount := func(f *tasklog.Filter) {
		t.Helper()
		require.Eventually(t, func() bool {
			n, err := engine.Count(t.Context(), f)
			require.NoError(t, err)
			return n == tasks
		}, 60*time.Second, 100*time.Millisecond)
	}
	awaitCount(f)
	start := time.Now()
	result, err := log.ArchiveMany(t.Context(), tasklog.Selection{Filter: f}, tasklog.BulkOptions{BatchSize: 200})
	require.NoError(t, err)
	require.Equal(t, tasks, result.Changed, "%v", result)
	t.Logf("archived %d tasks in %s", tasks, time.Since(start).Round(time.Millisecond))
	// The superseded runs count for nothing in a list that few of them would be in.
	small := visibility.New(visibility.Config{Client: c, Namespace: temporaltest.Namespace, MaxScan: 200})
	require.Eventually(t, func() bool {
		found, err := small.Search(t.Context(), f.Clone().Limit(20))
		require.NoError(t, err)
		return len(found.Tasks) == 20
	}, 60*time.Second, 100*time.Millisecond)
	awaitCount(f.Narrow(task.Archived))
	awaitCount(f)
	found, err := engine.Search(t.Context(), f.Clone().Limit(20))
	require.NoError(t, err)
	require.Len(t, found.Tasks, 20)
}
