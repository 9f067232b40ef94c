package taskqueuetest

import (
	"time"

	"github.com/distributed-task-queue/taskqueue/task"
)

// Result is what became of a task that was run.
type Result struct {
	// Task is the task as the worker got it.
	Task task.Task
	// Status is the task's status in the log: completed or failed; child_running for one that waits for children that have not ended,
	// and running for one whose work elsewhere has not ended.
	Status task.Status
	// Report is the task's report in the log: a root that names the task, with the action's report below. It is empty while work
	// elsewhere has not ended: the log has none until then.
	Report task.Report
	// Err is the error that the action returned, for errors.Is and errors.As. For an action that returned none it is why the task failed
	// all the same: a panic, parameters or a report that are not valid, or the error of its RemoteStatus. nil if there is none.
	Err error
	// Attempts is how often the action was started.
	Attempts int
	// Retry reports whether the action would be started again, and RetryAfter the wait until then: the policy's backoff, or what
	// taskqueue.RetryAfter said. Status and Report are those of a task for which trying again did not help. After RunAll Retry is false.
	Retry      bool
	RetryAfter time.Duration
	// Progress is what the action told of its progress, in order. A server gets at most one of them a second.
	Progress []task.Progress
	// Children are the children that the action enqueued through a client of NewClient, in order.
	Children []task.Task
}
