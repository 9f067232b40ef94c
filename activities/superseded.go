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

// Both are benign: they make the worker look again.
var (
	errNotIndexed = temporal.NewApplicationErrorWithOptions("the archive run is not in the index yet", "NotIndexed",
		temporal.ApplicationErrorOptions{Category: temporal.ApplicationErrorCategoryBenign})
	errNotGone = temporal.NewApplicationErrorWithOptions("the former run is not deleted yet", "NotGone",
		temporal.ApplicationErrorOptions{Category: temporal.ApplicationErrorCategoryBenign})
)

// DeleteSuperseded deletes the run that an archive run, which calls it, has replaced. It returns nil when neither the server nor its index has
// that run any more.
//
// The server puts the one run into its index and takes the other one out of it in no certain order. So that lists always have one of them,
// the former run stays until the index has the archive run. And so that they never have both, the archive run stays open, which hides the
// former one, until the index has lost that: the server accepts to delete it at once, and does so in its own time. Until then the error
// asks to be called again.
func (s *System) DeleteSuperseded(ctx context.Context, a workflows.Superseded) error {
	archiveRun := activity.GetInfo(ctx).WorkflowExecution.RunID
	indexed, err := s.index.find(ctx, []string{archiveRun, a.Run}, func(ctx context.Context, runs []string) (map[string]bool, error) {
		return tasklog.Indexed(ctx, s.Client, s.Namespace, runs)
	})
	if err != nil {
		return fmt.Errorf("look for the archive run %s of task %s: %w", archiveRun, a.Task, err)
	}
	if !indexed[archiveRun] {
		return errNotIndexed
	}
	_, err = s.Client.WorkflowService().DeleteWorkflowExecution(ctx, &workflowservice.DeleteWorkflowExecutionRequest{
		Namespace:         s.Namespace,
		WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: string(a.Task), RunId: a.Run},
	})
	_, deleted := errors.AsType[*serviceerror.NotFound](err)
	if err != nil && !deleted {
		return fmt.Errorf("delete the former run %s of archived task %s: %w", a.Run, a.Task, err)
	}
	if !deleted || indexed[a.Run] {
		return errNotGone
	}
	return nil
}
