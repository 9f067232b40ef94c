package tasklog_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"

	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// bin is a storage of files that only notes what is deleted.
type bin struct{ deleted chan string }

func (b bin) Delete(_ context.Context, name string) error {
	b.deleted <- name
	return nil
}

func export(context.Context, json.RawMessage) (task.Report, error) {
	return task.Success("exported").WithData("export.csv"), nil
}

func TestArchiveKeepsEverythingOfTheTask(t *testing.T) {
	t.Parallel()
	files := bin{make(chan string, 10)}
	c := newControl(t, func(config *tasklog.Config) { config.Files = files })
	c.work(t, 1, export)
	id := c.enqueue(t, func(one *task.Task) {
		one.Category, one.ParentID, one.Master = task.CategoryExport, "a-parent", true
		one.Parameters = json.RawMessage(`{"html":"<b>","long":"` + strings.Repeat("x", 64<<10) + `"}`)
	})
	before := c.awaitStatus(t, id, task.Completed)

	changed, err := c.log.Archive(t.Context(), id, tasklog.ControlOptions{})
	require.NoError(t, err)
	require.True(t, changed)
	after := c.get(t, id)
	require.Equal(t, task.Archived, after.Status)
	require.False(t, after.UpdatedAt.Before(before.UpdatedAt))
	require.JSONEq(t, before.Parameters, after.Parameters)
	before.Status, before.UpdatedAt, before.Parameters = after.Status, after.UpdatedAt, after.Parameters
	require.Equal(t, toJSON(t, before), toJSON(t, after))
	require.Equal(t, before.Owner+string(before.ParentID), after.Owner+string(after.ParentID))
	require.Equal(t, "export.csv", temporaltest.Receive(t, files.deleted))
	require.Equal(t, []string{"TaskLogArchived " + string(id) + " archived false"}, c.told())

	changed, err = c.log.Archive(t.Context(), id, tasklog.ControlOptions{})
	require.NoError(t, err)
	require.False(t, changed)
	require.Len(t, c.told(), 1, "nothing was changed")

	var refused *tasklog.NotEligibleError
	_, err = c.log.Cancel(t.Context(), id, tasklog.ControlOptions{Force: true})
	require.ErrorAs(t, err, &refused)
	require.Equal(t, task.Archived, c.get(t, id).Status)

	// The archive run closes by itself, and runs nothing.
	require.NoError(t, c.client.GetWorkflow(t.Context(), string(id), "").Get(t.Context(), nil))
	c.onlyOne(t, id, task.Archived)
}

// onlyOne waits until lists show the task with the status, and checks that they show it once.
func (c *control) onlyOne(t *testing.T, id task.ID, want task.Status) {
	t.Helper()
	f := tasklog.NewFilter().Eq(tasklog.ID, string(id))
	require.Eventually(t, func() bool {
		found, err := c.log.Search(t.Context(), f)
		require.NoError(t, err)
		require.LessOrEqual(t, len(found), 1)
		return len(found) == 1 && found[0].Status == want
	}, patience, 20*time.Millisecond)
}

func TestArchiveOfATaskThatWaits(t *testing.T) {
	t.Parallel()
	c := newControl(t, nil)
	id := c.enqueue(t, nil)
	changed, err := c.log.Archive(t.Context(), id, tasklog.ControlOptions{})
	require.NoError(t, err)
	require.True(t, changed)
	e := c.get(t, id)
	require.Equal(t, task.Archived, e.Status, "though no worker has closed its archive run")
	require.Contains(t, e.Report.Message, "was not processed")
	require.Equal(t, []string{"TaskLogArchived " + string(id) + " archived false"}, c.told())
	c.onlyOne(t, id, task.Archived)

	var ran atomic.Bool
	c.work(t, 1, func(context.Context, json.RawMessage) (task.Report, error) {
		ran.Store(true)
		return task.Report{}, nil
	})
	require.NoError(t, c.client.GetWorkflow(t.Context(), string(id), "").Get(t.Context(), nil))
	require.False(t, ran.Load())
	e = c.get(t, id)
	require.Equal(t, task.Archived, e.Status)
	require.Contains(t, e.Report.Message, "was not processed")
	c.onlyOne(t, id, task.Archived)
}

func TestArchiveOfARunningTaskNeedsForce(t *testing.T) {
	t.Parallel()
	c := newControl(t, nil)
	started, ended := make(chan struct{}), make(chan struct{})
	c.work(t, 1, func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
		close(started)
		<-ctx.Done()
		close(ended)
		return task.Report{}, ctx.Err()
	})
	id := c.enqueue(t, nil)
	temporaltest.Receive(t, started)
	_, err := c.log.Archive(t.Context(), id, tasklog.ControlOptions{})
	require.EqualError(t, err, `Task cannot be archived because it is in progress. Task "`+string(id)+`" is running.`)
	changed, err := c.log.Archive(t.Context(), id, tasklog.ControlOptions{Force: true})
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, task.Archived, c.get(t, id).Status)
	require.Equal(t, []string{"TaskLogArchived " + string(id) + " archived true"}, c.told())
	temporaltest.Receive(t, ended)
	c.onlyOne(t, id, task.Archived)
}

func TestManyArchiveTheSameTask(t *testing.T) {
	t.Parallel()
	c := newControl(t, nil)
	c.work(t, 1, export)
	id := c.enqueue(t, nil)
	c.awaitStatus(t, id, task.Completed)
	var changed atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			ok, err := c.log.Archive(t.Context(), id, tasklog.ControlOptions{})
			if err != nil {
				t.Error(err)
			}
			if ok {
				changed.Add(1)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 1, changed.Load())
	require.Len(t, c.told(), 1)
	c.onlyOne(t, id, task.Archived)
}

// laggingIndex is a connection to a server whose index is behind until it has caught up.
type laggingIndex struct {
	behind   func(*workflowservice.ListWorkflowExecutionsResponse) // makes its answer that of an index that is behind
	asked    chan struct{}
	caughtUp atomic.Bool
}

func (l *laggingIndex) intercept(
	ctx context.Context, method string, request, reply any, connection *grpc.ClientConn, invoke grpc.UnaryInvoker, o ...grpc.CallOption,
) error {
	if err := invoke(ctx, method, request, reply, connection, o...); err != nil {
		return err
	}
	listing, ok := request.(*workflowservice.ListWorkflowExecutionsRequest)
	if ok && strings.HasPrefix(listing.GetQuery(), "RunId IN ") && !l.caughtUp.Load() {
		l.behind(reply.(*workflowservice.ListWorkflowExecutionsResponse))
		select {
		case l.asked <- struct{}{}:
		default:
		}
	}
	return nil
}

// archiveWith makes the index the one that the worker asks, and archives a task that waits. It returns the task and its former run.
func (l *laggingIndex) archiveWith(t *testing.T, c *control) (task.ID, *workflowservice.DescribeWorkflowExecutionResponse) {
	t.Helper()
	lagging, err := client.Dial(client.Options{
		HostPort: temporaltest.Server().Address, Namespace: temporaltest.Namespace,
		ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{grpc.WithChainUnaryInterceptor(l.intercept)}},
	})
	require.NoError(t, err)
	t.Cleanup(lagging.Close)
	c.client = lagging
	id := c.enqueue(t, nil)
	former, err := c.client.DescribeWorkflowExecution(t.Context(), string(id), "")
	require.NoError(t, err)
	changed, err := c.log.Archive(t.Context(), id, tasklog.ControlOptions{})
	require.NoError(t, err)
	require.True(t, changed)
	return id, former
}

// requireOpen demands that the task's archive run is open.
func (c *control) requireOpen(t *testing.T, id task.ID, why string) {
	t.Helper()
	record, err := c.client.DescribeWorkflowExecution(t.Context(), string(id), "")
	require.NoError(t, err)
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, record.GetWorkflowExecutionInfo().GetStatus(), why)
}

// The server takes the former run out of its index, and puts the archive run in, in no certain order.
func TestTheFormerRunStaysUntilTheIndexHasTheArchiveRun(t *testing.T) {
	t.Parallel()
	index := &laggingIndex{asked: make(chan struct{}), behind: func(found *workflowservice.ListWorkflowExecutionsResponse) { found.Reset() }}
	c := newControl(t, nil)
	id, former := index.archiveWith(t, c)
	c.onlyOne(t, id, task.Archived)
	c.requireOpen(t, id, "without a worker it hides the former run")

	c.work(t, 1, export)
	temporaltest.Receive(t, index.asked) // by the worker
	temporaltest.Receive(t, index.asked)
	execution := former.GetWorkflowExecutionInfo().GetExecution()
	_, err := c.client.DescribeWorkflowExecution(t.Context(), execution.GetWorkflowId(), execution.GetRunId())
	require.NoError(t, err, "the former run is not deleted before the index has the archive run")
	c.requireOpen(t, id, "the archive run hides the former run")

	index.caughtUp.Store(true)
	require.NoError(t, c.client.GetWorkflow(t.Context(), string(id), "").Get(t.Context(), nil))
	c.awaitDeleted(t, former)
	c.onlyOne(t, id, task.Archived)
}

// While Elasticsearch is down the server deletes a run, and its index goes on having it.
func TestTheArchiveRunIsOpenUntilTheIndexHasLostTheFormerRun(t *testing.T) {
	t.Parallel()
	var former *workflowservice.DescribeWorkflowExecutionResponse
	index := &laggingIndex{asked: make(chan struct{}), behind: func(found *workflowservice.ListWorkflowExecutionsResponse) {
		found.Executions = append(found.Executions, former.GetWorkflowExecutionInfo())
	}}
	c := newControl(t, nil)
	var id task.ID
	id, former = index.archiveWith(t, c)
	c.work(t, 1, export)
	c.awaitDeleted(t, former)
	temporaltest.Receive(t, index.asked)
	c.requireOpen(t, id, "the archive run hides the former run")
	index.caughtUp.Store(true)
	require.NoError(t, c.client.GetWorkflow(t.Context(), string(id), "").Get(t.Context(), nil))
}

// awaitDeleted waits until the run is gone.
func (c *control) awaitDeleted(t *testing.T, run *workflowservice.DescribeWorkflowExecutionResponse) {
	t.Helper()
	execution := run.GetWorkflowExecutionInfo().GetExecution()
	require.Eventually(t, func() bool {
		_, err := c.client.DescribeWorkflowExecution(t.Context(), execution.GetWorkflowId(), execution.GetRunId())
		_, gone := errors.AsType[*serviceerror.NotFound](err)
		return gone
	}, patience, 100*time.Millisecond, "the former run is deleted")
}

// A file that cannot be deleted keeps its task from being archived, so that archiving what a filter finds comes to it again.
func TestArchiveDeletesTheFileFirst(t *testing.T) {
	t.Parallel()
	c := newControl(t, func(config *tasklog.Config) { config.Files = locked{} })
	c.work(t, 1, export)
	id := c.enqueue(t, func(one *task.Task) { one.Category = task.CategoryExport })
	c.awaitStatus(t, id, task.Completed)
	changed, err := c.log.Archive(t.Context(), id, tasklog.ControlOptions{})
	require.ErrorContains(t, err, `its file "export.csv" cannot be deleted: no access`)
	require.False(t, changed)
	require.Equal(t, task.Completed, c.get(t, id).Status)
}

// locked is a storage that deletes nothing.
type locked struct{}

func (locked) Delete(context.Context, string) error { return errors.New("no access") }
