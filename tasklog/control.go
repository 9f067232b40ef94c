package tasklog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/distributed-task-queue/taskqueue/task"
)

// defaultIdentity is who Temporal's histories name when nobody is known.
const defaultIdentity = "taskqueue"

// ControlOptions say how tasks are archived or cancelled. The zero value is the default of each field.
type ControlOptions struct {
	// Force ends tasks that are in progress too. Default: these are refused.
	Force bool
	// User is who wants it: only the user's own tasks are touched, others are as if they did not exist.
	// Default SuperUser, who may touch everybody's.
	User string
}

// WithDefaults returns the options with defaults in place of what is not set.
func (o ControlOptions) WithDefaults() ControlOptions {
	o.User = cmp.Or(o.User, SuperUser)
	return o
}

// run is one execution of a task's workflow, as Temporal describes it.
type run struct {
	row       Row
	described *workflowservice.DescribeWorkflowExecutionResponse
}

// current returns the latest run of a task that the user may touch, else a *NotFoundError.
func (l *TaskLog) current(ctx context.Context, id task.ID, user string) (run, error) {
	if id.Validate() != nil {
		return run{}, &NotFoundError{ID: id}
	}
	r, err := l.describe(ctx, &commonpb.WorkflowExecution{WorkflowId: string(id)})
	if err != nil {
		return run{}, err
	}
	if !l.holds(r.row) || !NewFilter().ownedBy(user).Match(r.row) {
		return run{}, &NotFoundError{ID: id}
	}
	return r, nil
}

func (l *TaskLog) describe(ctx context.Context, e *commonpb.WorkflowExecution) (run, error) {
	id := task.ID(e.GetWorkflowId())
	described, err := l.config.Client.DescribeWorkflowExecution(ctx, e.GetWorkflowId(), e.GetRunId())
	if err != nil {
		return run{}, getError(id, err)
	}
	row, listed, err := FromExecution(described.GetWorkflowExecutionInfo(), l.config.DataConverter)
	if err != nil {
		return run{}, err
	}
	if !listed {
		return run{}, &NotFoundError{ID: id}
	}
	row.correctReport(described)
	r := run{row: row, described: described}
	if row.Status == task.Enqueued && r.started() {
		r.row.Status = task.Running // the attribute is not written when an action starts
	}
	return r, nil
}

func (r run) execution() *commonpb.WorkflowExecution {
	return &commonpb.WorkflowExecution{WorkflowId: string(r.row.ID), RunId: r.row.RunID}
}

// open reports whether the execution has not ended.
func (r run) open() bool {
	switch r.described.GetWorkflowExecutionInfo().GetStatus() {
	case enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED:
		return true
	default:
		return false
	}
}

// started reports whether a worker has the action.
func (r run) started() bool {
	return slices.ContainsFunc(r.described.GetPendingActivities(), hasStarted)
}

// waits reports whether the task may be cancelled without force, as far as the run as it was read can tell.
func (r run) waits() bool { return r.open() && r.row.Status == task.Enqueued }

// terminate ends the run at once. It is false if it had ended already.
func (l *TaskLog) terminate(ctx context.Context, e *commonpb.WorkflowExecution, reason, user string) (bool, error) {
	_, err := l.config.Client.WorkflowService().TerminateWorkflowExecution(ctx, &workflowservice.TerminateWorkflowExecutionRequest{
		Namespace: l.config.Namespace, WorkflowExecution: e, Reason: reasonBy(reason, user), Identity: identity(user),
	})
	if gone(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("terminate task %q: %w", e.GetWorkflowId(), err)
	}
	return true, nil
}

// gone reports whether Temporal says that the execution has ended, or does not exist.
func gone(err error) bool {
	_, notFound := errors.AsType[*serviceerror.NotFound](err)
	return notFound
}

func reasonBy(reason, user string) string {
	if user == SuperUser {
		return reason
	}
	return reason + " by " + user
}

func identity(user string) string {
	if user == SuperUser {
		return defaultIdentity
	}
	return user
}

// sleep waits a moment before something is asked again.
func sleep(ctx context.Context, wait time.Duration) error {
	select {
	case <-time.After(wait):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
