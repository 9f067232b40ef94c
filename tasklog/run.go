package tasklog

import (
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/distributed-task-queue/taskqueue/task"
)

// hasStarted reports whether a worker has the activity.
func hasStarted(a *workflowpb.PendingActivityInfo) bool {
	switch a.GetState() {
	case enumspb.PENDING_ACTIVITY_STATE_STARTED, enumspb.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED,
		enumspb.PENDING_ACTIVITY_STATE_PAUSE_REQUESTED:
		return true
	default:
		return false
	}
}

// addRun adds what is known of the run of a task that has not ended: from its activity, as the attributes are not written when an
// action starts. That would cost every short task a write.
func (l *TaskLog) addRun(e *Entity, t task.Task, activities []*workflowpb.PendingActivityInfo) {
	i := slices.IndexFunc(activities, func(a *workflowpb.PendingActivityInfo) bool { return a.GetActivityType().GetName() == e.TaskName })
	if i < 0 {
		return
	}
	action := activities[i]
	if e.Status == task.Enqueued && hasStarted(action) {
		e.Status, e.UpdatedAt = task.Running, action.GetLastStartedTime().AsTime().Truncate(time.Millisecond)
	}
	if t.Policy != nil && t.Policy.Idempotent() {
		// What was handed back was not started, but raised the number and the limit alike.
		e.Attempts = int(action.GetAttempt()) - max(int(action.GetMaximumAttempts())-t.Policy.Attempts, 0)
		if !hasStarted(action) {
			e.Attempts-- // that is the number of the one to come
		}
	}
	if details := action.GetHeartbeatDetails(); e.Status == task.Running && len(details.GetPayloads()) > 0 {
		var p task.Progress
		// A worker in another language may heartbeat whatever it likes.
		if l.config.DataConverter.FromPayloads(details, &p) == nil {
			e.Progress = &p
		}
	}
}
