package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/distributed-task-queue/taskqueue/task"
)

// SignalWithdraw asks that the task be cancelled if its action has not been scheduled yet. Later it changes nothing.
const SignalWithdraw = "withdraw"

// settled reports whether there is nothing to run: the execution is the record of an archived task, or the task was
// withdrawn before its action was scheduled, which the error then says.
func settled(ctx workflow.Context, t task.Task) (bool, error) {
	if t.Archived {
		return true, nil
	}
	if workflow.GetSignalChannel(ctx, SignalWithdraw).ReceiveAsync(nil) {
		return true, temporal.NewCanceledError()
	}
	return false, nil
}

// NotProcessed is the report of a task that was cancelled before its action started.
func NotProcessed(id task.ID) task.Report {
	return task.Info("Task %s has been cancelled, message was not processed.", id)
}
