package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/task"
)

// cancelled records that the task was cancelled, and returns the error that ends the execution as cancelled. The report is
// that of the action, if it has run.
func (r *run) cancelled(ctx workflow.Context, report task.Report, cause error) (task.Report, error) {
	// The context is cancelled; recording must go on all the same.
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	if report.Type == "" {
		report = NotProcessed(r.task.ID)
		if activity, ok := errors.AsType[*temporal.ActivityError](cause); r.here || ok && activity.StartedEventID() > 0 {
			report = Interrupted(r.task.ID)
		}
	}
	if err := r.record(ctx, task.Cancelled, report); err != nil {
		return task.Report{}, err
	}
	return task.Report{}, cause
}

// record writes the task's status and its report to where the task log reads them.
func (r *run) record(ctx workflow.Context, status task.Status, report task.Report) error {
	memo := map[string]any{attribute.MemoReport: report}
	if r.attempts > 0 {
		memo[attribute.MemoAttempts] = r.attempts
	}
	if err := workflow.UpsertMemo(ctx, memo); err != nil {
		return err
	}
	messages, at := report.Messages(), now(ctx)
	updates := []temporal.SearchAttributeUpdate{
		attribute.Status.ValueSet(string(status)),
		attribute.Text.ValueSet(attribute.FullText(r.task.Label, messages, string(r.task.Parameters))),
		attribute.UpdatedAt.ValueSet(at),
	}
	if said := headline(messages); said != "" { // what is not set is NULL in searches
		updates = append(updates, attribute.Report.ValueSet(attribute.Keyword(said)))
	}
	if status.Closed() {
		r.measure(ctx, status, at)
		updates = append(updates, attribute.Duration.ValueSet(at.Sub(r.task.CreatedAt).Milliseconds()))
	}
	return workflow.UpsertTypedSearchAttributes(ctx, updates...)
}

// headline is what people look for in a report: what the action said. The root's message is the same for every task.
func headline(messages []string) string {
	if len(messages) > 1 {
		return messages[1]
	}
	return messages[0]
}
