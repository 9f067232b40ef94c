package schedule

import (
	"encoding/json"
	"fmt"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	sdktemporal "go.temporal.io/sdk/temporal"

	"github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

// actionOf returns what starts the workflow of a run, as the broker starts that of a task.
func actionOf(id string, t *task.Task) (*client.ScheduleWorkflowAction, error) {
	encoded, err := json.Marshal(Task{
		Action: t.Action, Parameters: t.Parameters, Label: t.Label, Queue: t.Queue, Owner: t.Owner, Category: t.Category,
		Master: t.Master, Priority: t.Priority, Policy: t.Policy,
	})
	if err != nil {
		return nil, fmt.Errorf("encode the task of schedule %q: %w", id, err)
	}
	if len(encoded) > temporal.MaxTaskSize {
		return nil, &task.TooLargeError{Size: len(encoded), Limit: temporal.MaxTaskSize}
	}
	return &client.ScheduleWorkflowAction{
		ID: id, Workflow: workflows.TypeTask, Args: []any{json.RawMessage(encoded)}, TaskQueue: t.Queue,
		// So that the log shows a run also before a worker has seen it.
		TypedSearchAttributes: attribute.ForRecurring(t),
		StaticSummary:         temporal.Summary(t.Label),
		Priority:              temporal.PriorityOf(t),
	}, nil
}

// listed returns the search attributes of the schedule itself, for lists.
func listed(t *task.Task) sdktemporal.SearchAttributes {
	updates := []sdktemporal.SearchAttributeUpdate{
		attribute.Name.ValueSet(t.Action), attribute.Label.ValueSet(t.Label), attribute.Category.ValueSet(string(t.Category)),
	}
	if t.Owner != "" {
		updates = append(updates, attribute.Owner.ValueSet(t.Owner))
	}
	return sdktemporal.NewSearchAttributes(updates...)
}

// update returns the schedule with the definition in it. What only other tools can set stays.
func update(id string, current client.Schedule, d Definition, t *task.Task) (*client.ScheduleUpdate, error) {
	action, err := actionOf(id, t)
	if err != nil {
		return nil, err
	}
	current.Action = action
	current.Spec = d.Spec.temporal(current.Spec)
	current.Policy.Overlap = d.Overlap.temporal()
	current.Policy.CatchupWindow = time.Duration(d.CatchUp)
	current.State.Paused = d.Paused
	current.State.Note = d.Note
	attributes := listed(t)
	return &client.ScheduleUpdate{Schedule: &current, TypedSearchAttributes: &attributes}, nil
}

// temporal returns the times as Temporal has them. Exceptions from the current ones stay.
func (s Spec) temporal(current *client.ScheduleSpec) *client.ScheduleSpec {
	spec := &client.ScheduleSpec{
		CronExpressions: s.Cron, StartAt: s.StartAt, EndAt: s.EndAt, Jitter: time.Duration(s.Jitter), TimeZoneName: s.TimeZone,
	}
	for _, i := range s.Intervals {
		spec.Intervals = append(spec.Intervals, client.ScheduleIntervalSpec{Every: time.Duration(i.Every), Offset: time.Duration(i.Offset)})
	}
	if current != nil {
		spec.Skip = current.Skip
	}
	return spec
}

func specOf(s *client.ScheduleSpec) Spec {
	if s == nil {
		return Spec{}
	}
	spec := Spec{TimeZone: s.TimeZoneName, StartAt: s.StartAt, EndAt: s.EndAt, Jitter: Duration(s.Jitter)}
	for _, c := range s.Calendars {
		spec.Cron = append(spec.Cron, cronOf(c))
	}
	for _, i := range s.Intervals {
		spec.Intervals = append(spec.Intervals, Interval{Every: Duration(i.Every), Offset: Duration(i.Offset)})
	}
	return spec
}

func scheduleOf(id string, described *client.ScheduleDescription) (Schedule, error) {
	current, info := described.Schedule, described.Info
	s := Schedule{
		ID: id,
		Definition: Definition{
			Spec: specOf(current.Spec), Overlap: overlapOf(current.Policy.Overlap), CatchUp: Duration(current.Policy.CatchupWindow),
			Paused: current.State.Paused, Note: current.State.Note,
		}.withDefaults(),
		NextRuns: info.NextActionTimes, RecentRuns: runsOf(info.RecentActions), Running: []task.ID{},
		Runs: info.NumActions, Skipped: info.NumActionsSkippedOverlap, Missed: info.NumActionsMissedCatchupWindow,
		CreatedAt: info.CreatedAt,
	}
	if info.LastUpdateAt.Unix() > 0 { // a schedule that was never updated says 1970
		s.UpdatedAt = info.LastUpdateAt
	}
	for _, running := range info.RunningWorkflows {
		s.Running = append(s.Running, task.ID(running.WorkflowID))
	}
	action, ok := current.Action.(*client.ScheduleWorkflowAction)
	if !ok || len(action.Args) == 0 {
		return s, nil
	}
	input, ok := action.Args[0].(*commonpb.Payload)
	if !ok {
		return s, nil
	}
	if err := converter.GetDefaultDataConverter().FromPayload(input, &s.Task); err != nil {
		return Schedule{}, fmt.Errorf("decode the task of schedule %q: %w", id, err)
	}
	s.Task.Queue = action.TaskQueue
	return s, nil
}

func runsOf(results []client.ScheduleActionResult) []Run {
	runs := []Run{}
	for _, r := range results {
		if r.StartWorkflowResult != nil {
			runs = append(runs, Run{TaskID: task.ID(r.StartWorkflowResult.WorkflowID), ScheduledAt: r.ScheduleTime, StartedAt: r.ActualTime})
		}
	}
	return runs
}

func summaryOf(e *client.ScheduleListEntry) (Summary, error) {
	s := Summary{
		ID: e.ID, Spec: specOf(e.Spec), Paused: e.Paused, Note: e.Note,
		NextRuns: e.NextActionTimes, RecentRuns: runsOf(e.RecentActions),
	}
	for key, target := range map[sdktemporal.SearchAttributeKey]any{
		attribute.Name: &s.Action, attribute.Label: &s.Label, attribute.Owner: &s.Owner, attribute.Category: &s.Category,
	} {
		payload, ok := e.SearchAttributes.GetIndexedFields()[key.GetName()]
		if !ok {
			continue
		}
		if err := converter.GetDefaultDataConverter().FromPayload(payload, target); err != nil {
			return Summary{}, fmt.Errorf("read schedule %q: decode search attribute %s: %w", e.ID, key.GetName(), err)
		}
	}
	return s, nil
}
