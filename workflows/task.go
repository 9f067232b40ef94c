package workflows

import (
	"encoding/json"
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/task"
)

// TypeTask is the name of the workflow type.
const TypeTask = "Task"

// SignalRunning tells the workflow that a worker has been running the action for a while. Tasks that are done
// sooner send no signal, and so cost no extra write.
const SignalRunning = "running"

// ErrorTypeFailed is the type of the error with which a failed task's workflow ends; its details hold the report.
const ErrorTypeFailed = "TaskFailed"

// HeartbeatTimeout is how long a running action may be silent before its worker counts as lost.
const HeartbeatTimeout = 30 * time.Second

// unlimited stands for "no limit" where Temporal demands one. Lost workers are noticed by their heartbeats.
const unlimited = 365 * 24 * time.Hour

// Task runs the action as an activity of the action's name, and keeps the search attributes that
// the task log reads.
func Task(ctx workflow.Context, t task.Task) (task.Report, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: unlimited,
		HeartbeatTimeout:    HeartbeatTimeout,
		// A cancelled action says itself when it has ended, so that it never runs on unseen.
		WaitForCancellation: true,
		// At most once: what was started is never started again.
		RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
	})
	action := workflow.ExecuteActivity(ctx, t.Action, t.Parameters)
	awaitAction(ctx, action)

	var result json.RawMessage
	err := action.Get(ctx, &result)
	if temporal.IsCanceledError(err) {
		return cancelled(ctx, t, err)
	}
	report := outcome(ctx, t, result, err)
	if err := record(ctx, t, report.Status(), report); err != nil {
		return task.Report{}, err
	}
	if report.Failed() {
		// The execution ends as failed, so that Temporal's own tools show it red.
		return task.Report{}, temporal.NewNonRetryableApplicationError(firstError(report), ErrorTypeFailed, nil, report)
	}
	return report, nil
}

// awaitAction returns when the action has ended; meanwhile it notes that a worker runs it.
func awaitAction(ctx workflow.Context, action workflow.Future) {
	running := workflow.GetSignalChannel(ctx, SignalRunning)
	selector := workflow.NewSelector(ctx)
	selector.AddFuture(action, func(workflow.Future) {})
	selector.AddReceive(running, func(c workflow.ReceiveChannel, _ bool) {
		c.Receive(ctx, nil)
		if action.IsReady() {
			return
		}
		err := workflow.UpsertTypedSearchAttributes(ctx,
			attribute.Status.ValueSet(string(task.Running)),
			attribute.UpdatedAt.ValueSet(now(ctx)))
		if err != nil {
			workflow.GetLogger(ctx).Error("The log cannot show that the task runs", "error", err)
		}
	})
	for !action.IsReady() {
		selector.Select(ctx)
	}
}

// cancelled records that the task was cancelled, and returns the error that ends the execution as cancelled.
func cancelled(ctx workflow.Context, t task.Task, cause error) (task.Report, error) {
	// The context is cancelled; recording must go on all the same.
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	report := task.Info("Task %s has been cancelled, message was not processed.", t.ID)
	if activity, ok := errors.AsType[*temporal.ActivityError](cause); ok && activity.StartedEventID() > 0 {
		report = task.Info("Task %s has been cancelled while it ran.", t.ID)
	}
	if err := record(ctx, t, task.Cancelled, report); err != nil {
		return task.Report{}, err
	}
	return task.Report{}, cause
}

// record writes the task's last status and its report to where the task log reads them.
func record(ctx workflow.Context, t task.Task, status task.Status, report task.Report) error {
	if err := workflow.UpsertMemo(ctx, map[string]any{attribute.MemoReport: report}); err != nil {
		return err
	}
	messages := report.Messages()
	return workflow.UpsertTypedSearchAttributes(ctx,
		attribute.Status.ValueSet(string(status)),
		attribute.Report.ValueSet(attribute.Keyword(headline(messages))),
		attribute.Text.ValueSet(attribute.FullText(t.Label, messages, string(t.Parameters))),
		attribute.UpdatedAt.ValueSet(now(ctx)))
}

// headline is what people look for in a report: what the action said. The root's message is the same for every task.
func headline(messages []string) string {
	if len(messages) > 1 {
		return messages[1]
	}
	return messages[0]
}

// now is the time of the workflow task, in the log's resolution.
func now(ctx workflow.Context) time.Time { return workflow.Now(ctx).UTC().Truncate(time.Millisecond) }
