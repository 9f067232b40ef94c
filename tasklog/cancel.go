package tasklog

import (
	"context"
	"fmt"

	"go.temporal.io/api/workflowservice/v1"

	"github.com/distributed-task-queue/taskqueue/task"
)

// Cancel cancels a task that has not started: it ends at once, even if no worker is there, and is never run. With
// Force a task that is in progress is asked to end: its action's context ends with its next heartbeat, and the
// task is cancelled when the action has returned.
//
// It returns whether something was changed; a task that is cancelled already stays as it is. The error is a
// *NotFoundError, or a *NotEligibleError for a task that has started or ended.
func (l *TaskLog) Cancel(ctx context.Context, id task.ID, o ControlOptions) (bool, error) {
	o = o.WithDefaults()
	r, err := l.current(ctx, id, o.User)
	if err != nil || r.row.Status == task.Cancelled {
		return false, err
	}
	changed := false
	if r.waits() {
		if changed, err = l.withdraw(ctx, r, o.User); err != nil {
			return false, err
		}
	}
	if !changed {
		// It has started or ended, before or meanwhile.
		if r, err = l.describe(ctx, r.execution()); err != nil || r.row.Status == task.Cancelled {
			return false, err
		}
		if !o.Force || !r.open() || r.row.Status.Closed() {
			return false, &NotEligibleError{ID: id, Verb: Cancelling, Status: r.row.Status}
		}
		if changed, err = l.requestCancel(ctx, r, o.User); err != nil || !changed {
			return false, err
		}
	}
	if r, err = l.describe(ctx, r.execution()); err != nil {
		return true, fmt.Errorf("task %q is cancelled, but cannot be read: %w", id, err)
	}
	l.notify(ctx, Event{Type: TaskLogCancelled, Entity: r.row.Entity.WithClock(l.config.Clock), Forced: o.Force})
	return true, nil
}

// requestCancel asks a run to end. It is false if the run has ended.
func (l *TaskLog) requestCancel(ctx context.Context, r run, user string) (bool, error) {
	_, err := l.config.Client.WorkflowService().RequestCancelWorkflowExecution(ctx, &workflowservice.RequestCancelWorkflowExecutionRequest{
		Namespace: l.config.Namespace, WorkflowExecution: r.execution(), Identity: identity(user), Reason: reasonBy("cancelled", user),
	})
	if gone(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("cancel task %q: %w", r.row.ID, err)
	}
	return true, nil
}
