package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/distributed-task-queue/taskqueue/task"
)

// SystemQueue is the Temporal task queue of ActivityAwaitChildren. Every worker serves it beside its queues, outside of the gate: who
// waits for children needs no permit.
const SystemQueue = "taskqueue-system"

// Activities that are no tasks.
const (
	// ActivityAwaitChildren gets AwaitChildren and returns, when all children of a task have ended, how many of them failed.
	ActivityAwaitChildren = "taskqueue.awaitChildren"
	// ActivityRemoteStatus gets RemoteStatus. It fails for good if the work elsewhere has failed. As long as that is not done it fails
	// too, and is tried again. It is on the task's own queue, whose workers know the action.
	ActivityRemoteStatus = "taskqueue.remoteStatus"
)

// AwaitChildren is the argument of ActivityAwaitChildren.
type AwaitChildren struct {
	Parent task.ID `json:"parent"`
	// Enqueued is how many children are known to have been enqueued: the index may not have them all yet.
	Enqueued int `json:"enqueued"`
}

// RemoteStatus is the argument of ActivityRemoteStatus.
type RemoteStatus struct {
	Task task.Task `json:"task"`
}

// The remote status is asked for again and again, with growing waits.
const (
	remoteTimeout    = time.Minute
	remoteBackoff    = 3 * time.Second
	maxRemoteBackoff = time.Minute
)

// awaitChildren returns when all children have ended: task.Failed if any has failed, else task.Completed.
func (r *run) awaitChildren(ctx workflow.Context, report task.Report) (task.Status, error) {
	status := task.Completed
	for awaited := 0; ; {
		r.receiveChildren(ctx)
		if r.children <= awaited { // no more than before
			return status, nil
		}
		if awaited == 0 {
			if err := r.record(ctx, task.ChildRunning, report); err != nil {
				return "", err
			}
		}
		awaited = r.children
		activities := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			TaskQueue:           SystemQueue,
			StartToCloseTimeout: Unlimited,
			HeartbeatTimeout:    task.DefaultHeartbeatTimeout,
		})
		children := workflow.ExecuteActivity(activities, ActivityAwaitChildren, AwaitChildren{Parent: r.task.ID, Enqueued: awaited})
		r.await(ctx, children)
		var failed int
		if err := children.Get(ctx, &failed); err != nil {
			return "", err
		}
		if failed > 0 {
			status, r.cause = task.Failed, "a child task failed"
		}
	}
}

// receiveChildren takes what has been told of children since. It never waits: what is no number is dropped, and a channel that is waited for
// would hold the task up until the next one.
func (r *run) receiveChildren(ctx workflow.Context) {
	told := workflow.GetSignalChannel(ctx, SignalChildren)
	for more := 0; told.ReceiveAsync(&more); more = 0 {
		r.children += more
	}
}

// awaitRemote returns when the work that is done elsewhere has ended; the error says how it failed.
func (r *run) awaitRemote(ctx workflow.Context) error {
	r.show(ctx, task.Running)
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           r.task.RunOn,
		StartToCloseTimeout: remoteTimeout,
		// Before the tasks that wait in the queue: it is short, and its task has waited there already.
		Priority: temporal.Priority{PriorityKey: task.MinPriority},
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: remoteBackoff, BackoffCoefficient: 1.5, MaximumInterval: maxRemoteBackoff,
		},
	})
	asked := workflow.ExecuteActivity(ctx, ActivityRemoteStatus, RemoteStatus{Task: r.task})
	r.await(ctx, asked)
	return asked.Get(ctx, nil)
}
