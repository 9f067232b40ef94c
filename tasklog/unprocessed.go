package tasklog

import (
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

// CompleteReport fills in the report of a task that was ended from outside before its action started: that
// needs no worker, so nobody could store one. The attribute is what TaskStatus holds, the column's Missing
// value if it is not set; it says that a task waits for as long as the task is not known to run.
//
// Only readers see this report; conditions on the column are on what is stored.
func (e *Entity) CompleteReport(attribute string) {
	if e.Report == nil && e.Status == task.Cancelled && attribute == string(task.Enqueued) {
		report := workflows.NotProcessed(e.ID)
		e.Report = &report
	}
}
