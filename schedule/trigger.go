package schedule

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	schedulepb "go.temporal.io/api/schedule/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/distributed-task-queue/taskqueue/task"
)

// maxTriggerAge is how far back an unused time for a triggered run is looked for.
const maxTriggerAge = time.Minute

// Trigger runs the task now, also while the schedule is paused, and returns the task's id. There is no such task if the
// overlap policy leaves the run out; it says what happens while another run has not ended.
func (s *Schedules) Trigger(ctx context.Context, id string) (task.ID, error) {
	if _, _, err := s.find(ctx, id); err != nil {
		return "", err
	}
	at, err := s.unused(ctx, id, time.Now().UTC().Truncate(time.Second))
	if err != nil {
		return "", err
	}
	_, err = s.config.Temporal.WorkflowService().PatchSchedule(ctx, &workflowservice.PatchScheduleRequest{
		Namespace: s.config.Namespace, ScheduleId: id, RequestId: uuid.NewString(),
		// The SDK's own call leaves the time to the server, which would give two runs of a second the same id.
		Patch: &schedulepb.SchedulePatch{TriggerImmediately: &schedulepb.TriggerImmediatelyRequest{ScheduledTime: timestamppb.New(at)}},
	})
	if err != nil {
		return "", failure("trigger", id, Spec{}, err)
	}
	return taskID(id, at), nil
}

// unused returns the last second up to now that no task of the schedule has run for.
func (s *Schedules) unused(ctx context.Context, id string, now time.Time) (time.Time, error) {
	for at := now; at.After(now.Add(-maxTriggerAge)); at = at.Add(-time.Second) {
		_, err := s.config.Temporal.DescribeWorkflowExecution(ctx, string(taskID(id, at)), "")
		if _, free := errors.AsType[*serviceerror.NotFound](err); free {
			return at, nil
		}
		if err != nil {
			return time.Time{}, fmt.Errorf("trigger schedule %q: look for an id: %w", id, err)
		}
	}
	return time.Time{}, fmt.Errorf("trigger schedule %q: it has run every second of the last %s", id, maxTriggerAge)
}
