package activities

import (
	"context"
	"errors"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

// errNotIndexed is benign: it makes the worker look again.
var errNotIndexed = temporal.NewApplicationErrorWithOptions("the archive run is not in the index yet", "NotIndexed",
	temporal.ApplicationErrorOptions{Category: temporal.ApplicationErrorCategoryBenign})

// DeleteSuperseded deletes the run that an archive run, which calls it, has replaced. That it is gone already is no error.
//
// The server puts the one run into its index and takes the other one out of it in no certain order. So that lists always have one of them,
// the former run stays until the index has the archive run: before that the error asks to be called again.
func (s *System) DeleteSuperseded(ctx context.Context, a workflows.Superseded) error {
	archiveRun := activity.GetInfo(ctx).WorkflowExecution.RunID
	indexed, err := s.index.has(ctx, archiveRun, func(ctx context.Context, runs []string) (map[string]bool, error) {
		return tasklog.Indexed(ctx, s.Client, s.Namespace, runs)
	})
	if err != nil {
		return fmt.Errorf("look for the archive run %s of task %s: %w", archiveRun, a.Task, err)
	}
	if !indexed {
		return errNotIndexed
	}
	_, err = s.Client.WorkflowService().DeleteWorkflowExecution(ctx, &workflowservice.DeleteWorkflowExecutionRequest{
		Namespace:         s.Namespace,
		WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: string(a.Task), RunId: a.Run},
	})
	if _, gone := errors.AsType[*serviceerror.NotFound](err); err != nil && !gone {
		return fmt.Errorf("delete the former run %s of archived task %s: %w", a.Run, a.Task, err)
	}
	return nil
}
