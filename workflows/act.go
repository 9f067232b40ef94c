package workflows

import (
	"cmp"
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/task"
)

const (
	// TimeoutGrace is how much later than the action's timeout the server gives up. Until then the worker reports the timeout itself,
	// when the action has really ended.
	TimeoutGrace = 30 * time.Second

	// Unlimited stands for "no limit" where Temporal demands one. Lost workers are noticed by their heartbeats.
	Unlimited = 365 * 24 * time.Hour

	defaultBackoff = time.Second
)

// ActivityRunHere is the local activity that runs a fast action: it gets the action's name and its parameters, and returns a
// Result. Every worker of tasks has it.
const ActivityRunHere = "taskqueue.runHere"

// ErrorTypeDeclined is the type of the error with which a worker declines to run a fast action.
const ErrorTypeDeclined = "Declined"

// act runs the action.
func (r *run) act(ctx workflow.Context) (Result, error) {
	if r.policy.Fast && r.task.RunOn == "" { // the worker that has the workflow need not be the one
		r.here = ctx.Err() == nil
		result, err := r.actHere(ctx)
		if declined, ok := errors.AsType[*temporal.ApplicationError](err); !ok || declined.Type() != ErrorTypeDeclined {
			return result, err
		}
		r.here = false
	}
	timeout := Unlimited
	if r.policy.Timeout > 0 {
		timeout = r.policy.Timeout + TimeoutGrace
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              r.task.RunOn,
		ScheduleToStartTimeout: r.startTimeout(),
		StartToCloseTimeout:    timeout,
		HeartbeatTimeout:       r.heartbeatTimeout(),
		// A cancelled action says itself when it has ended, so that it never runs on unseen.
		WaitForCancellation: true,
		RetryPolicy:         r.retryPolicy(),
	})
	action := workflow.ExecuteActivity(ctx, r.task.Action, r.task.Parameters)
	r.await(ctx, action)

	var result Result
	err := action.Get(ctx, &result)
	if withdrawn(err) && r.task.RunOn == "" {
		return Result{}, temporal.NewCanceledError()
	}
	return result, err
}

// heartbeatTimeout is how long the worker that runs the action may be silent.
func (r *run) heartbeatTimeout() time.Duration {
	return cmp.Or(r.policy.HeartbeatTimeout, task.DefaultHeartbeatTimeout)
}

// lostAfter is how long the one process that may run an action can take to start it. It waits for the task, so by then it is gone, or
// the server was.
const lostAfter = 5 * time.Minute

// startTimeout is how long the action may wait for a worker; 0 for as long as it takes.
func (r *run) startTimeout() time.Duration {
	if r.task.RunOn == "" {
		return 0
	}
	return lostAfter
}

// withdrawn reports whether the server gave the action up because no worker has started it in time. For an action that any worker may
// run only a cancellation sets such a time, when it keeps the action from workers: whoever cancelled it was lost before the end.
func withdrawn(err error) bool {
	timeout, ok := errors.AsType[*temporal.TimeoutError](err)
	return ok && timeout.TimeoutType() == enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START
}

// actHere runs the action in this worker's process.
func (r *run) actHere(ctx workflow.Context) (Result, error) {
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: r.timeout(),
		// By default that of one attempt bounds all attempts together.
		ScheduleToCloseTimeout: Unlimited,
		RetryPolicy:            r.retryPolicy(),
	})
	var result Result
	err := workflow.ExecuteLocalActivity(ctx, ActivityRunHere, r.task.Action, r.task.Parameters).Get(ctx, &result)
	return result, err
}

// timeout is how long an attempt may take that may not take as long as it takes: of a fast action none may.
func (r *run) timeout() time.Duration { return cmp.Or(r.policy.Timeout, task.MaxFastTimeout) }

// retryPolicy starts the action at most once, unless it is idempotent.
func (r *run) retryPolicy() *temporal.RetryPolicy {
	backoff := cmp.Or(r.policy.Backoff, defaultBackoff)
	return &temporal.RetryPolicy{
		MaximumAttempts:    int32(min(max(r.policy.Attempts, 1), task.MaxAttempts)),
		InitialInterval:    backoff,
		BackoffCoefficient: 2,
		MaximumInterval:    cmp.Or(r.policy.MaxBackoff, 100*backoff),
	}
}

// await returns when the activity has ended; meanwhile it notes that a worker runs it, and which children it gets.
func (r *run) await(ctx workflow.Context, activity workflow.Future) {
	selector := workflow.NewSelector(ctx)
	selector.AddFuture(activity, func(workflow.Future) {})
	selector.AddReceive(workflow.GetSignalChannel(ctx, SignalRunning), func(c workflow.ReceiveChannel, _ bool) {
		c.Receive(ctx, nil)
		if !activity.IsReady() {
			r.show(ctx, task.Running)
		}
	})
	selector.AddReceive(workflow.GetSignalChannel(ctx, SignalChildren), func(workflow.ReceiveChannel, bool) { r.receiveChildren(ctx) })
	for !activity.IsReady() {
		selector.Select(ctx)
	}
}

// show tells the task log how far the task has come. The task goes on if that fails.
func (r *run) show(ctx workflow.Context, status task.Status) {
	err := workflow.UpsertTypedSearchAttributes(ctx,
		attribute.Status.ValueSet(string(status)), attribute.UpdatedAt.ValueSet(now(ctx)))
	if err != nil {
		workflow.GetLogger(ctx).Error("The log cannot show the task's status", "status", status, "error", err)
	}
}

// now is the time of the workflow task.
func now(ctx workflow.Context) time.Time { return inLogTime(workflow.Now(ctx)) }

// inLogTime returns the time in the log's resolution.
func inLogTime(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
