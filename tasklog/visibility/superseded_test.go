package visibility_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchpb "go.temporal.io/api/batch/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"

	"github.com/distributed-task-queue/taskqueue/activities"
	broker "github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/visibility"
	"github.com/distributed-task-queue/taskqueue/worker"
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
		}, 2*time.Minute, 100*time.Millisecond)
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
	}, 2*time.Minute, 100*time.Millisecond)
	awaitCount(f.Narrow(task.Archived))
	awaitCount(f)
	found, err := engine.Search(t.Context(), f.Clone().Limit(20))
	require.NoError(t, err)
	require.Len(t, found.Tasks, 20)
}

// betweenPages is a connection over which lists come two executions at a time, and which does something once before the second page.
type betweenPages struct{ do func(context.Context) }

func (b *betweenPages) intercept(
	ctx context.Context, method string, request, reply any, connection *grpc.ClientConn, invoke grpc.UnaryInvoker, o ...grpc.CallOption,
) error {
	if listing, ok := request.(*workflowservice.ListWorkflowExecutionsRequest); ok {
		listing.PageSize = 2
		if do := b.do; do != nil && len(listing.GetNextPageToken()) > 0 {
			b.do = nil
			do(context.WithoutCancel(ctx)) // the call that is held up has ten seconds in all
		}
	}
	return invoke(ctx, method, request, reply, connection, o...)
}

// Its former run goes from a page that is still to be read, and its archive run comes into one that was read.
func TestATaskThatIsArchivedWhileItIsListedIsNotMissed(t *testing.T) {
	t.Parallel()
	c := temporaltest.Dial(t)
	queue := temporaltest.UniqueName(t)
	actions := activities.NewRegistry()
	require.NoError(t, actions.Add(activities.Action{Name: "a", Run: func(context.Context, json.RawMessage) (task.Report, error) {
		return task.Success("done"), nil
	}}))
	w, err := worker.New(worker.Config{
		Client: c, Actions: actions, Logger: temporaltest.Logger(t), Queues: []worker.Queue{{Name: queue}},
	})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() { stop(); require.NoError(t, <-ended) })

	ids := make([]task.ID, 5)
	for i := range ids { // the first one ends first, and is listed last
		one := &task.Task{ID: task.NewID(), Action: "a", Parameters: task.EmptyParameters}
		one.Queue, one.CreatedAt = queue, time.Now().UTC().Truncate(time.Millisecond)
		require.NoError(t, broker.New(c).Enqueue(t.Context(), one))
		require.NoError(t, c.GetWorkflow(t.Context(), string(one.ID), "").Get(t.Context(), nil))
		ids[i] = one.ID
	}
	engine := visibility.New(visibility.Config{Client: c, Namespace: temporaltest.Namespace})
	log, err := tasklog.New(tasklog.Config{Client: c, Namespace: temporaltest.Namespace, Engine: engine})
	require.NoError(t, err)
	completed := tasklog.NewFilter().Eq(tasklog.Queue, queue).Eq(tasklog.Status, task.Completed)
	require.Eventually(t, func() bool {
		n, err := engine.Count(t.Context(), completed)
		require.NoError(t, err)
		return n == int64(len(ids))
	}, 2*time.Minute, 50*time.Millisecond)

	former, err := c.DescribeWorkflowExecution(t.Context(), string(ids[0]), "")
	require.NoError(t, err)
	between := &betweenPages{do: func(ctx context.Context) {
		if _, err := log.Archive(ctx, ids[0], tasklog.ControlOptions{}); !assert.NoError(t, err) {
			return
		}
		assert.Eventually(t, func() bool {
			listed, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
				Query: fmt.Sprintf("RunId = '%s'", former.GetWorkflowExecutionInfo().GetExecution().GetRunId()),
			})
			return assert.NoError(t, err) && listed.GetCount() == 0
		}, 2*time.Minute, 50*time.Millisecond, "the former run goes from the index")
	}}
	paged, err := client.Dial(client.Options{
		HostPort: temporaltest.Server().Address, Namespace: temporaltest.Namespace,
		ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{grpc.WithChainUnaryInterceptor(between.intercept)}},
	})
	require.NoError(t, err)
	t.Cleanup(paged.Close)
	// A sort that the List API does not have, so that all is read.
	page, err := visibility.New(visibility.Config{Client: paged, Namespace: temporaltest.Namespace}).
		Search(t.Context(), tasklog.NewFilter().Eq(tasklog.Queue, queue).SortBy(tasklog.TaskName))
	require.NoError(t, err)
	require.Nil(t, between.do, "it was archived in between")
	var found []task.ID
	for _, e := range page.Tasks {
		found = append(found, e.ID)
	}
	require.ElementsMatch(t, ids, found)
}
