package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/distributed-task-queue/taskqueue/task"
)

// MetricTask is the timer of how long tasks took, from when they were enqueued, or due, to their end, with the tags action and status. The
// worker that records a task's end keeps it, through the metrics handler of its Temporal client.
const MetricTask = "taskqueue_task"

// measure measures a task that has ended. Nothing is measured in a replay.
func (r *run) measure(ctx workflow.Context, status task.Status, at time.Time) {
	due := r.task.CreatedAt
	if r.task.NotBefore.After(due) {
		due = r.task.NotBefore
	}
	metrics := workflow.GetMetricsHandler(ctx).WithTags(map[string]string{"action": r.task.Action, "status": string(status)})
	metrics.Timer(MetricTask).Record(max(at.Sub(due), 0))
}
