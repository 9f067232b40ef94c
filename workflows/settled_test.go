package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

func TestTheRecordOfAnArchivedTaskRunsNothing(t *testing.T) {
	env := environment(t) // which takes no attributes: none may be written
	archived := sample()
	archived.Archived = true
	env.ExecuteWorkflow(new(workflows.Workflows).Task, archived)
	require.NoError(t, env.GetWorkflowError())
	env.AssertActivityNotCalled(t, action, mock.Anything)
}

func TestAWithdrawnTaskDoesNotStart(t *testing.T) {
	env := environment(t)
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.SignalWithdraw, nil) }, 0)
	env.ExecuteWorkflow(new(workflows.Workflows).Task, sample())
	var canceled *temporal.CanceledError
	require.ErrorAs(t, env.GetWorkflowError(), &canceled)
	env.AssertActivityNotCalled(t, action, mock.Anything)
}

func TestATaskThatHasStartedIsNotWithdrawn(t *testing.T) {
	env := indexed(environment(t))
	env.OnActivity(action, mock.Anything).After(time.Minute).Return(task.Success("done"), nil)
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.SignalWithdraw, nil) }, time.Second)
	env.ExecuteWorkflow(new(workflows.Workflows).Task, sample())
	require.NoError(t, env.GetWorkflowError())
}
