package workflows_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

const action = "mail.send"

func environment(t *testing.T) *testsuite.TestWorkflowEnvironment {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute}) // the machine may be busy
	env.RegisterActivityWithOptions(func(json.RawMessage) (any, error) { return nil, nil }, activity.RegisterOptions{Name: action})
	return env
}

// indexed takes what the workflow writes for the log.
func indexed(env *testsuite.TestWorkflowEnvironment) *testsuite.TestWorkflowEnvironment {
	env.OnUpsertTypedSearchAttributes(mock.Anything).Return(nil)
	env.OnUpsertMemo(mock.Anything).Return(nil)
	return env
}

func sample() task.Task {
	return task.Task{ID: "42", Action: action, Parameters: json.RawMessage(`{"to":"ada"}`), Label: "mail", Metadata: task.Metadata{CreatedAt: time.Unix(1, 0).UTC(), Queue: "q"}}
}

func TestAnActionInAnyLanguageMayReturnAnything(t *testing.T) {
	for name, result := range map[string]any{"null": nil, "text": "sent", "number": 3, "object": map[string]any{"type": "mail"}} {
		t.Run(name, func(t *testing.T) {
			env := indexed(environment(t))
			env.OnActivity(action, mock.Anything).Return(result, nil)
			env.ExecuteWorkflow(new(workflows.Workflows).Task, sample())
			require.NoError(t, env.GetWorkflowError())
			var report task.Report
			require.NoError(t, env.GetWorkflowResult(&report))
			require.Equal(t, "Task not returned any report.", report.Children[0].Message)
		})
	}
}

func TestALostWorkerFailsTheTaskWithAReportThatSaysSo(t *testing.T) {
	env := indexed(environment(t))
	env.OnActivity(action, mock.Anything).Return(nil, temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_HEARTBEAT, nil))
	env.ExecuteWorkflow(new(workflows.Workflows).Task, sample())
	var failed *temporal.ApplicationError
	require.ErrorAs(t, env.GetWorkflowError(), &failed)
	require.Contains(t, failed.Message(), "worker lost")
	var report task.Report
	require.NoError(t, failed.Details(&report))
	require.Equal(t, "Executing task 42 failed", report.Message)
}

func TestAnActionThatOnlyALostProcessMayRunFails(t *testing.T) {
	env := indexed(environment(t))
	env.OnActivity(action, mock.Anything).Return(nil, temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START, nil))
	lost := sample()
	lost.RunOn = "q@gone"
	env.ExecuteWorkflow(new(workflows.Workflows).Task, lost)
	var failed *temporal.ApplicationError
	require.ErrorAs(t, env.GetWorkflowError(), &failed)
	require.Contains(t, failed.Message(), "the process that enqueued the task has not started it within 5m0s")
}

func TestAnErrorIsNotRetried(t *testing.T) {
	env := indexed(environment(t))
	calls := 0
	env.OnActivity(action, mock.Anything).Return(func(json.RawMessage) (any, error) { calls++; return nil, errors.New("no") })
	env.ExecuteWorkflow(new(workflows.Workflows).Task, sample())
	require.ErrorContains(t, env.GetWorkflowError(), "no")
	require.Equal(t, 1, calls)
}

func TestALongTaskIsShownAsRunning(t *testing.T) {
	env := environment(t)
	env.OnActivity(action, mock.Anything).After(time.Minute).Return(task.Success("done"), nil)
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.SignalRunning, nil) }, time.Second)
	for _, status := range []task.Status{task.Running, task.Completed} {
		env.OnUpsertTypedSearchAttributes(mock.MatchedBy(func(a temporal.SearchAttributes) bool {
			got, _ := a.GetKeyword(attribute.Status)
			return got == string(status)
		})).Return(nil).Once()
	}
	env.OnUpsertMemo(mock.Anything).Return(nil)
	env.ExecuteWorkflow(new(workflows.Workflows).Task, sample())
	require.NoError(t, env.GetWorkflowError())
	env.AssertExpectations(t)
}

func TestASignalThatCannotBeReadHoldsNothingUp(t *testing.T) {
	env := indexed(environment(t))
	env.OnActivity(action, mock.Anything).After(time.Minute).Return(task.Success("done"), nil)
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.SignalRunning, "now") }, time.Second)
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.SignalChildren, "two") }, 2*time.Second)
	env.ExecuteWorkflow(new(workflows.Workflows).Task, sample())
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
}

func TestACancelledTaskEndsAsCancelled(t *testing.T) {
	env := indexed(environment(t))
	env.OnActivity(action, mock.Anything).After(time.Hour).Return(task.Success("done"), nil)
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Second)
	env.ExecuteWorkflow(new(workflows.Workflows).Task, sample())
	var canceled *temporal.CanceledError
	require.ErrorAs(t, env.GetWorkflowError(), &canceled)
}

// fast is a task whose action is run by the worker that has its workflow.
func fast() task.Task {
	quick := sample()
	quick.Policy = &task.Policy{Fast: true, Attempts: 2}
	return quick
}

func runHere(env *testsuite.TestWorkflowEnvironment, run func(context.Context) (workflows.Result, error)) {
	env.RegisterActivityWithOptions(func(ctx context.Context, _ string, _ json.RawMessage) (workflows.Result, error) { return run(ctx) },
		activity.RegisterOptions{Name: workflows.ActivityRunHere})
}

func TestAFastActionThatDoesNotEndFailsWithTheTimeoutThatItHad(t *testing.T) {
	env := indexed(environment(t))
	runHere(env, func(context.Context) (workflows.Result, error) {
		return workflows.Result{}, temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_START_TO_CLOSE, nil)
	})
	env.ExecuteWorkflow(new(workflows.Workflows).Task, fast())
	require.ErrorContains(t, env.GetWorkflowError(), "the task took longer than its timeout of 10s")
}

func TestAFastActionThatIsCancelledHasRun(t *testing.T) {
	env := environment(t)
	runHere(env, func(ctx context.Context) (workflows.Result, error) {
		env.CancelWorkflow()
		<-ctx.Done()
		return workflows.Result{}, ctx.Err()
	})
	env.OnUpsertTypedSearchAttributes(mock.Anything).Return(nil)
	var report task.Report
	env.OnUpsertMemo(mock.Anything).Run(func(args mock.Arguments) {
		report = args.Get(0).(map[string]any)[attribute.MemoReport].(task.Report) //nolint:forcetypeassert // it panics if not
	}).Return(nil)
	env.ExecuteWorkflow(new(workflows.Workflows).Task, fast())
	var canceled *temporal.CanceledError
	require.ErrorAs(t, env.GetWorkflowError(), &canceled)
	require.Equal(t, workflows.Interrupted("42"), report)
}
