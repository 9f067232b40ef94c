package workflows

import (
	"encoding/json"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/distributed-task-queue/taskqueue/task"
)

// outcome makes the task's report from what its action returned.
func outcome(ctx workflow.Context, t task.Task, result json.RawMessage, err error) task.Report {
	if err != nil {
		workflow.GetLogger(ctx).Error("The action failed", "error", err)
		return task.Error("Executing task %s failed", t.ID).Add(task.Error("%s", failureMessage(err)))
	}
	root := task.Info("Running task %s", t.ID)
	report, ok := asReport(result)
	if !ok {
		workflow.GetLogger(ctx).Warn("The action returned no report")
		report = task.Info("Task not returned any report.")
	}
	return root.Add(report)
}

// asReport reads an action's result. Actions in other languages may return anything.
func asReport(result json.RawMessage) (task.Report, bool) {
	var report task.Report
	if err := json.Unmarshal(result, &report); err != nil || report.Validate() != nil {
		return task.Report{}, false
	}
	return report, true
}

// failureMessage says for people why the activity failed.
func failureMessage(err error) string {
	if timeout, ok := errors.AsType[*temporal.TimeoutError](err); ok {
		switch timeout.TimeoutType() {
		case enumspb.TIMEOUT_TYPE_HEARTBEAT:
			return fmt.Sprintf("worker lost: the worker that ran the task gave no sign of life for %s", HeartbeatTimeout)
		case enumspb.TIMEOUT_TYPE_START_TO_CLOSE:
			return "the task took longer than its timeout"
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

// firstError returns the most telling message of a failed report: that of the deepest first error.
func firstError(r task.Report) string {
	for _, c := range r.Children {
		if c.Failed() {
			return firstError(c)
		}
	}
	return r.Message
}
