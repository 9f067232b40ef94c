package tasklog

import (
	"slices"

	"go.temporal.io/api/workflowservice/v1"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
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

// correctReport makes of a filled-in report the one of a task that did start, but was ended before anybody noted that: what a worker
// had when the execution was ended is known for as long as the execution is. The index does not tell.
func (e *Entity) correctReport(described *workflowservice.DescribeWorkflowExecutionResponse) {
	_, stored := described.GetWorkflowExecutionInfo().GetMemo().GetFields()[attribute.MemoReport]
	if !stored && e.Report != nil && slices.ContainsFunc(described.GetPendingActivities(), hasStarted) {
		report := workflows.Interrupted(e.ID)
		e.Report = &report
	}
}
