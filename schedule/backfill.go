package schedule

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue/workflows"
)

// maxTaken is how many tasks may be in the way of one backfill: each splits it, and the server queues a thousand parts.
const maxTaken = 500

// Backfill runs the task for the times of the schedule from one moment to another, inclusively, that have no task yet, now. Both must be
// past. The overlap policy is for these runs alone; "" is OverlapBufferAll, which runs one after the other. The
// runs are in the schedule's times of the past, but their tasks are created now.
func (s *Schedules) Backfill(ctx context.Context, id string, from, to time.Time, overlap Overlap) (Schedule, error) {
	overlap = cmp.Or(overlap, OverlapBufferAll)
	if err := overlap.validate(); err != nil {
		return Schedule{}, err
	}
	if from.IsZero() {
		return Schedule{}, invalid("from", "is missing")
	}
	if to.Before(from) {
		return Schedule{}, invalid("to", "is %s, which is before from, %s", to.Format(time.RFC3339), from.Format(time.RFC3339))
	}
	if to.After(time.Now()) {
		return Schedule{}, invalid("to", "is %s, which is not past", to.Format(time.RFC3339))
	}
	handle, _, err := s.find(ctx, id)
	if err != nil {
		return Schedule{}, err
	}
	taken, err := s.taken(ctx, id, from, to)
	if err != nil {
		return Schedule{}, err
	}
	parts := gaps(from, to, taken)
	for i := range parts {
		parts[i].Overlap = overlap.temporal()
	}
	if len(parts) > 0 {
		if err := handle.Backfill(ctx, client.ScheduleBackfillOptions{Backfill: parts}); err != nil {
			return Schedule{}, failure("backfill", id, Spec{}, err)
		}
	}
	return s.Get(ctx, id)
}

// taken returns the times in the range that have a task, in their order. The server would run them again, under the same ids.
func (s *Schedules) taken(ctx context.Context, id string, from, to time.Time) ([]time.Time, error) {
	var taken []time.Time
	var token []byte
	for {
		page, err := s.config.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: fmt.Sprintf("WorkflowType = '%s' AND WorkflowId BETWEEN '%s' AND '%s'",
				workflows.TypeTask, taskID(id, from), taskID(id, to)),
			NextPageToken: token,
		})
		if err != nil {
			return nil, fmt.Errorf("backfill schedule %q: look for the tasks that exist: %w", id, err)
		}
		for _, execution := range page.GetExecutions() {
			if at, ok := timeOf(id, execution.GetExecution().GetWorkflowId()); ok {
				taken = append(taken, at)
			}
		}
		if len(taken) > maxTaken {
			return nil, invalid("from", "is %s; from there to %s there are more than %d tasks of this schedule already; give a shorter time",
				from.Format(time.RFC3339), to.Format(time.RFC3339), maxTaken)
		}
		if token = page.GetNextPageToken(); len(token) == 0 {
			slices.SortFunc(taken, time.Time.Compare)
			return taken, nil
		}
	}
}

// gaps returns what remains of a range without the times that are taken, which are whole seconds without jitter. Jitter needs no margin:
// the server looks for the first time after the start of a range as the schedule names it, and jitter never moves a time as far as to
// the next one.
func gaps(from, to time.Time, taken []time.Time) []client.ScheduleBackfill {
	var parts []client.ScheduleBackfill
	add := func(start, end time.Time) {
		if !end.Before(start) {
			parts = append(parts, client.ScheduleBackfill{Start: start, End: end})
		}
	}
	for _, at := range taken {
		add(from, at.Add(-time.Millisecond))
		if next := at.Add(time.Second); next.After(from) {
			from = next
		}
	}
	add(from, to)
	return parts
}
