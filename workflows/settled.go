package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/distributed-task-queue/taskqueue/task"
)

// SignalWithdraw asks that the task be cancelled if its action has not been scheduled yet. Later it changes nothing.
const SignalWithdraw = "withdraw"

// ActivityDeleteSuperseded is the local activity that gets Superseded and deletes that run. Every worker of tasks has it.
const ActivityDeleteSuperseded = "taskqueue.deleteSuperseded"

// Superseded is the argument of ActivityDeleteSuperseded.
type Superseded struct {
	Task task.ID `json:"task"`
	Run  string  `json:"run"`
}

// How often the deletion of a superseded run is tried. At first that is only to wait for the index, which has the archive run within a moment
// or, if it is Elasticsearch, within two seconds; one try takes a second of them. Then it is to wait for the server, which deletes a run that
// ended just now after up to half a minute, or after its index was down. The waits soon grow beyond those for which a worker holds a place for
// the workflow.
const (
	deleteTimeout       = 10 * time.Second
	deleteBackoff       = 250 * time.Millisecond
	deleteBackoffGrowth = 4
	maxDeleteBackoff    = time.Minute
)

// settled reports whether there is nothing to run: the execution is the record of an archived task, or the task was
// withdrawn before its action was scheduled, which the error then says.
func settled(ctx workflow.Context, t task.Task) (bool, error) {
	if t.Archived {
		return true, deleteSuperseded(ctx, t)
	}
	if workflow.GetSignalChannel(ctx, SignalWithdraw).ReceiveAsync(nil) {
		return true, temporal.NewCanceledError()
	}
	return false, nil
}

// deleteSuperseded deletes the run that an archive run replaces, when the index has the archive run. That is open for as long as the other
// one is there, or in the index, so that lists know which one to leave out.
func deleteSuperseded(ctx workflow.Context, t task.Task) error {
	if t.Supersedes == "" { // archived by a version that did not say so, or by somebody else
		return nil
	}
	ctx, _ = workflow.NewDisconnectedContext(ctx) // a record that is cancelled stays one
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: deleteTimeout,
		// By default that of one attempt bounds all attempts together.
		ScheduleToCloseTimeout: Unlimited,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: deleteBackoff, BackoffCoefficient: deleteBackoffGrowth, MaximumInterval: maxDeleteBackoff,
		},
	})
	superseded := Superseded{Task: workflowID(ctx), Run: t.Supersedes}
	return workflow.ExecuteLocalActivity(ctx, ActivityDeleteSuperseded, superseded).Get(ctx, nil)
}

// workflowID is the id of the task that the execution is, whatever its input says.
func workflowID(ctx workflow.Context) task.ID {
	return task.ID(workflow.GetInfo(ctx).WorkflowExecution.ID)
}

// NotProcessed is the report of a task that was cancelled before its action started.
func NotProcessed(id task.ID) task.Report {
	return task.Info("Task %s has been cancelled, message was not processed.", id)
}

// Interrupted is the report of a task that was cancelled after its action had started.
func Interrupted(id task.ID) task.Report {
	return task.Info("Task %s has been cancelled while it ran.", id)
}
