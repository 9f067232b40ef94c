package workflows

import (
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/distributed-task-queue/taskqueue/task"
)

// outcome makes the task's report from what its action returned.
func (r *run) outcome(ctx workflow.Context, result Result, err error) task.Report {
	r.attempts = r.startsOf(result, err)
	if err != nil {
		workflow.GetLogger(ctx).Error("The action failed", "error", err)
		return task.Error("Executing task %s failed", r.task.ID).Add(task.Error("%s", task.Truncate(r.failureMessage(err), maxFailureText)))
	}
	root := task.Info("Running task %s", r.task.ID)
	if result.Report == nil {
		workflow.GetLogger(ctx).Warn("The action returned no report")
		return root.Add(task.Info("Task not returned any report."))
	}
	return root.Add(*result.Report)
}

// startsOf returns how often an idempotent action was started, 0 if that is not known. What was handed back was not started, but
// raised the number of the attempt and the limit alike.
func (r *run) startsOf(result Result, err error) int {
	if !r.policy.Idempotent() {
		return 0
	}
	notes := result.Notes
	if failed, ok := errors.AsType[*temporal.ApplicationError](err); ok && failed.HasDetails() {
		if failed.Details(&notes) != nil {
			notes = Notes{}
		}
	}
	if notes.Attempt > 0 {
		return int(notes.Attempt) - max(int(notes.AllowedAttempts)-r.policy.Attempts, 0)
	}
	if activity, ok := errors.AsType[*temporal.ActivityError](err); ok && activity.RetryState() == enumspb.RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED {
		return r.policy.Attempts
	}
	return 0
}

// failureMessage says for people why the activity failed.
func (r *run) failureMessage(err error) string {
	if timeout, ok := errors.AsType[*temporal.TimeoutError](err); ok {
		switch timeout.TimeoutType() {
		case enumspb.TIMEOUT_TYPE_HEARTBEAT:
			return fmt.Sprintf("worker lost: the worker that ran the task gave no sign of life for %s", r.heartbeatTimeout())
		case enumspb.TIMEOUT_TYPE_START_TO_CLOSE:
			return fmt.Sprintf("the task took longer than its timeout of %s, and its action did not end", r.timeout())
		case enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START:
			return fmt.Sprintf("worker lost: the process that enqueued the task has not started it within %s", lostAfter)
		default:
			return timeout.Error()
		}
	}
	if application, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return application.Message()
	}
	if panicked, ok := errors.AsType[*temporal.PanicError](err); ok {
		return fmt.Sprintf("panic: %v", panicked)
	}
	return err.Error()
}

const (
	maxFailureText = 64 << 10 // bytes of an error's text that a report keeps; workers in other languages, and panics, know no bound
	maxCauseText   = 4 << 10  // bytes of what Temporal's own tools show; the details hold the report
)

// firstError returns the most telling message of a failed report: that of the deepest first error.
func firstError(r task.Report) string {
	for _, c := range r.Children {
		if c.Failed() {
			return firstError(c)
		}
	}
	return r.Message
}
