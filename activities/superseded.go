package activities

import (
	"context"
	"errors"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/distributed-task-queue/taskqueue/workflows"
)

// DeleteSuperseded deletes the run that an archive run has replaced. That it is gone already is no error.
func (s *System) DeleteSuperseded(ctx context.Context, a workflows.Superseded) error {
	_, err := s.Client.WorkflowService().DeleteWorkflowExecution(ctx, &workflowservice.DeleteWorkflowExecutionRequest{
		Namespace:         s.Namespace,
		WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: string(a.Task), RunId: a.Run},
	})
	if _, gone := errors.AsType[*serviceerror.NotFound](err); err != nil && !gone {
		return fmt.Errorf("delete the former run %s of archived task %s: %w", a.Run, a.Task, err)
	}
	return nil
}
