package tasklog

import (
	"context"
	"errors"
	"fmt"
	"time"

	activitypb "go.temporal.io/api/activity/v1"
	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/distributed-task-queue/taskqueue/workflows"
)

const (
	// withdrawnQueue is a queue that no worker serves.
	withdrawnQueue = "taskqueue-withdrawn"
	// withdrawnFor is how long an action waits there, which is milliseconds unless the program that cancels is lost. Then the server gives
	// it up, and its workflow ends as cancelled.
	withdrawnFor = 30 * time.Second
	// withdrawPoll is how often a workflow task that is being worked on is looked at. It takes milliseconds.
	withdrawPoll = 20 * time.Millisecond
	// withdrawPatience is more than the ten seconds after which the server gives up a workflow task whose worker is lost.
	withdrawPatience = 15 * time.Second
)

// withdraw ends a run whose action has not started, so that it never will; no worker is needed for that.
// It is false if nothing was ended: the action has started, or the run has ended otherwise.
//
// A worker may take the task at any moment in between. Terminating is final and asks for no condition, so first the
// task is brought into a state in which it cannot start, and then it is looked at again: an action that is scheduled
// is moved to a queue without workers; a workflow that has not scheduled it yet gets a signal upon which it ends instead.
func (l *TaskLog) withdraw(ctx context.Context, r run, user string) (bool, error) {
	signalled := false
	for deadline := time.Now().Add(withdrawPatience); r.waits(); {
		scheduled := scheduledActivity(r)
		beingWorkedOn := r.described.GetPendingWorkflowTask().GetState() == enumspb.PENDING_WORKFLOW_TASK_STATE_STARTED
		switch {
		case scheduled != nil:
			return l.withdrawScheduled(ctx, r, scheduled, user)
		case beingWorkedOn && time.Now().After(deadline):
			return false, fmt.Errorf("cancel task %q: a worker has had its workflow task for %s: %w", r.row.ID, withdrawPatience, context.DeadlineExceeded)
		case beingWorkedOn:
			// That worker has taken the workflow perhaps before a signal came, and is about to schedule the action.
			if err := sleep(ctx, withdrawPoll); err != nil {
				return false, err
			}
		case signalled:
			// Whichever worker takes the workflow from now on sees the signal first.
			return l.withdrawUnscheduled(ctx, r, user)
		default:
			if err := l.signalWithdraw(ctx, r); err != nil {
				return false, err
			}
			signalled = true
		}
		var err error
		if r, err = l.describe(ctx, r.execution()); err != nil {
			return false, err
		}
	}
	// It may have ended itself upon the signal.
	return signalled && r.described.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED, nil
}

// scheduledActivity returns the action that waits for a worker, nil if there is none.
func scheduledActivity(r run) *workflowpb.PendingActivityInfo {
	for _, a := range r.described.GetPendingActivities() {
		return a
	}
	return nil
}

// withdrawScheduled ends a run whose action waits for a worker. To pause the action would be another way to keep it
// from being started, but one that has just started would have its context cancelled.
func (l *TaskLog) withdrawScheduled(ctx context.Context, r run, scheduled *workflowpb.PendingActivityInfo, user string) (bool, error) {
	// The server counts from when the action was scheduled.
	moved, err := l.moveAction(ctx, r, scheduled, withdrawnQueue, time.Since(scheduled.GetScheduledTime().AsTime())+withdrawnFor)
	if err == nil && !moved {
		return false, nil
	}
	if err == nil {
		var ended bool
		if ended, err = l.endMoved(ctx, r, user); ended {
			return true, nil
		}
	}
	// Whatever happened, an action that goes on must be offered to workers: it may have been moved even if that gave an error.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), withdrawPatience)
	defer cancel()
	_, moveErr := l.moveAction(ctx, r, scheduled, r.row.Queue, 0)
	return false, errors.Join(err, moveErr)
}

// endMoved ends a run whose action was moved, unless it had started before that.
func (l *TaskLog) endMoved(ctx context.Context, r run, user string) (bool, error) {
	r, err := l.describe(ctx, r.execution())
	if err != nil {
		return false, err
	}
	if !r.waits() || scheduledActivity(r) == nil {
		return false, nil
	}
	return l.terminate(ctx, r.execution(), "cancelled", user)
}

// moveAction moves an action to another queue, in which the server gives it up if it is not started in time; 0 is no
// limit. One that has started runs on where it is. It is false if the action has ended.
func (l *TaskLog) moveAction(
	ctx context.Context, r run, action *workflowpb.PendingActivityInfo, queue string, startWithin time.Duration,
) (bool, error) {
	_, err := l.config.Client.WorkflowService().UpdateActivityOptions(ctx, &workflowservice.UpdateActivityOptionsRequest{
		Namespace: l.config.Namespace, Execution: r.execution(), Identity: defaultIdentity,
		Activity: &workflowservice.UpdateActivityOptionsRequest_Id{Id: action.GetActivityId()},
		ActivityOptions: &activitypb.ActivityOptions{
			TaskQueue: &taskqueuepb.TaskQueue{Name: queue}, ScheduleToStartTimeout: durationpb.New(max(startWithin, 0)),
		},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"task_queue.name", "schedule_to_start_timeout"}},
	})
	if gone(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("cancel task %q: move its action to queue %q: %w", r.row.ID, queue, err)
	}
	return true, nil
}

// withdrawUnscheduled ends a run that has no action scheduled, and will not schedule it any more.
func (l *TaskLog) withdrawUnscheduled(ctx context.Context, r run, user string) (bool, error) {
	ran, err := l.hasScheduled(ctx, r)
	if err != nil || ran {
		return false, err
	}
	ended, err := l.terminate(ctx, r.execution(), "cancelled", user)
	if err != nil || ended {
		return ended, err
	}
	if r, err = l.describe(ctx, r.execution()); err != nil {
		return false, err
	}
	return r.described.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED, nil
}

func (l *TaskLog) signalWithdraw(ctx context.Context, r run) error {
	err := l.config.Client.SignalWorkflow(ctx, string(r.row.ID), r.row.RunID, workflows.SignalWithdraw, nil)
	if err != nil && !gone(err) {
		return fmt.Errorf("cancel task %q: signal its workflow: %w", r.row.ID, err)
	}
	return nil
}

// hasScheduled reports whether the run has ever scheduled its action. One that has and does not wait for it any more
// has run it, and only has to record how it ended.
func (l *TaskLog) hasScheduled(ctx context.Context, r run) (bool, error) {
	events := l.config.Client.GetWorkflowHistory(ctx, string(r.row.ID), r.row.RunID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return false, getError(r.row.ID, err)
		}
		if event.GetEventType() == enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED {
			return true, nil
		}
	}
	return false, nil
}
