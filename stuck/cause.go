package stuck

import (
	"context"
	"errors"
	"fmt"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/worker"
)

// causeOf returns why nobody takes the task, "" if it is not stuck. The index may be behind, so Temporal itself is asked.
func (f *Finder) causeOf(ctx context.Context, e tasklog.Entity, queues map[string]queue) (Cause, error) {
	q, err := f.queue(ctx, e.Queue, queues)
	if err != nil || q.paused {
		return "", err
	}
	described, err := f.config.Temporal.DescribeWorkflowExecution(ctx, string(e.ID), "")
	if _, gone := errors.AsType[*serviceerror.NotFound](err); gone {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("describe: %w", err)
	}
	info := described.GetWorkflowExecutionInfo()
	if info.GetCloseTime() != nil || info.GetExecutionTime().AsTime().After(f.config.Clock()) { // it has ended, or its time has not come
		return "", nil
	}
	for _, action := range described.GetPendingActivities() {
		switch {
		case action.GetState() != enumspb.PENDING_ACTIVITY_STATE_SCHEDULED: // a worker has it, or an operator has paused it
			return "", nil
		case unknownAction(action):
			return UnknownAction, nil
		}
	}
	switch {
	case !q.served:
		return NoWorker, nil
	case !q.pollers:
		return NoTaker, nil
	}
	return "", nil
}

// unknownAction reports whether the worker that had the action last did not know it.
func unknownAction(a *workflowpb.PendingActivityInfo) bool {
	failure := a.GetLastFailure()
	return failure.GetApplicationFailureInfo().GetType() == worker.ErrorTypeHandedBack && strings.Contains(failure.GetMessage(), worker.ReasonUnknownAction)
}
