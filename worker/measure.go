package worker

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

// The timers that a worker keeps for each of its queues and actions, with the tag action, through the metrics handler of its Temporal client.
const (
	// MetricWait is how long a task's action waited for its first start, from when a worker had put it on its queue.
	MetricWait = "taskqueue_action_wait"
	// MetricRun is how long one run of an action took, with the tag status: completed, failed or cancelled.
	MetricRun = "taskqueue_action_run"
)

const tagAction = "action"

// errEndless is how a run has ended that did not return.
var errEndless = errors.New("the action panicked")

// timed measures the run, and before it how long the task has waited.
func (w *Worker) timed(
	ctx context.Context, action string, run func() (workflows.Result, error),
) (result workflows.Result, err error) {
	info := activity.GetInfo(ctx)
	metrics := activity.GetMetricsHandler(ctx).WithTags(map[string]string{tagAction: action})
	started := time.Now()
	if w.isFirstStart(info, action) {
		metrics.Timer(MetricWait).Record(max(started.Sub(info.ScheduledTime), 0))
	}
	err = errEndless
	defer func() {
		status, took := string(statusOf(result, err)), time.Since(started)
		metrics.WithTags(map[string]string{"status": status}).Timer(MetricRun).Record(took)
		w.config.Logger.DebugContext(ctx, "A run of an action has ended", "task", info.WorkflowExecution.ID, "action", action,
			"queue", info.TaskQueue, "status", status, "took", took)
	}()
	return run()
}

// isFirstStart reports whether the action has not been started before: that it was handed back does not count.
func (w *Worker) isFirstStart(info activity.Info, action string) bool {
	policy, _ := w.config.Actions.EffectivePolicy(action, w.config.Policies)
	handedBack := max(int(allowedAttempts(info))-max(policy.Attempts, 1), 0)
	return int(info.Attempt)-handedBack <= 1
}

// statusOf returns how a run has ended.
func statusOf(result workflows.Result, err error) task.Status {
	switch {
	case temporal.IsCanceledError(err):
		return task.Cancelled
	case err != nil:
		return task.Failed
	case result.Report == nil:
		return task.Completed
	default:
		return result.Report.Status()
	}
}
