package tasklog_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"

	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// lostAfterMove is the connection of a program that is lost right after it has moved an action away from the workers.
type lostAfterMove struct {
	client.Client

	lost *atomic.Bool
}

func (l lostAfterMove) WorkflowService() workflowservice.WorkflowServiceClient {
	return lostService{l.Client.WorkflowService(), l.lost}
}

func (l lostAfterMove) DescribeWorkflowExecution(
	ctx context.Context, id, run string,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if l.lost.Load() {
		return nil, errLost
	}
	return l.Client.DescribeWorkflowExecution(ctx, id, run)
}

var errLost = errors.New("connection lost")

type lostService struct {
	workflowservice.WorkflowServiceClient

	lost *atomic.Bool
}

func (l lostService) UpdateActivityOptions(
	ctx context.Context, in *workflowservice.UpdateActivityOptionsRequest, o ...grpc.CallOption,
) (*workflowservice.UpdateActivityOptionsResponse, error) {
	if l.lost.Swap(true) {
		return nil, errLost
	}
	return l.WorkflowServiceClient.UpdateActivityOptions(ctx, in, o...)
}

func TestAWorkerFinishesACancellationThatWasInterrupted(t *testing.T) {
	t.Parallel()
	c := newControl(t, func(config *tasklog.Config) { config.Client = lostAfterMove{config.Client, new(atomic.Bool)} })
	var ran atomic.Int32
	release := make(chan struct{})
	c.work(t, 1, func(context.Context, json.RawMessage) (task.Report, error) {
		ran.Add(1)
		<-release
		return task.Success("ran"), nil
	})
	first := c.enqueue(t, nil)
	require.Eventually(t, func() bool { return ran.Load() == 1 }, patience, 10*time.Millisecond, "it takes the only permit")
	id := c.enqueue(t, nil)
	require.Eventually(t, func() bool {
		described, err := c.client.DescribeWorkflowExecution(t.Context(), string(id), "")
		require.NoError(t, err)
		pending := described.GetPendingActivities()
		return len(pending) == 1 && pending[0].GetState() == enumspb.PENDING_ACTIVITY_STATE_SCHEDULED
	}, patience, time.Millisecond)
	_, err := c.log.Cancel(t.Context(), id, tasklog.ControlOptions{})
	require.ErrorIs(t, err, errLost)
	close(release)

	reader := newControl(t, nil)
	reader.awaitStatus(t, first, task.Completed)
	require.Eventually(t, func() bool { return reader.get(t, id).Status == task.Cancelled }, 90*time.Second, 100*time.Millisecond,
		"the server gives the action up, and a worker ends the task")
	require.Contains(t, reader.get(t, id).Report.Message, "was not processed")
	require.EqualValues(t, 1, ran.Load(), "it never ran")
}

func TestATaskThatIsTerminatedAtOnceSaysWhetherItRan(t *testing.T) {
	t.Parallel()
	c := newControl(t, nil)
	id := c.enqueue(t, nil)
	started := make(chan struct{})
	c.work(t, 1, func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
		close(started)
		<-ctx.Done()
		return task.Report{}, ctx.Err()
	})
	temporaltest.Receive(t, started)
	require.NoError(t, c.client.TerminateWorkflow(t.Context(), string(id), "", "an operator"))
	e := c.get(t, id)
	require.Equal(t, task.Cancelled, e.Status)
	require.Equal(t, "Task "+string(id)+" has been cancelled while it ran.", e.Report.Message)
	changed, err := c.log.Archive(t.Context(), id, tasklog.ControlOptions{})
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, e.Report, c.get(t, id).Report, "it is stored")
}
