package tasklog

import (
	"slices"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

// WorkflowType is the type of the workflows that are tasks; no other workflow is in the log.
const WorkflowType = workflows.TypeTask

// executionRules is the one table of what the state of a workflow execution makes of its task. An
// execution status that is not in it leaves the status to the attribute TaskStatus.
var executionRules = []struct {
	execution enumspb.WorkflowExecutionStatus
	effective task.Status // empty: the execution is in no list
}{
	{enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, task.Cancelled},
	{enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED, task.Cancelled},
	{enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT, task.Failed},
	{enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, task.Failed},
	// The run that it continued as is the task now.
	{enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW, ""},
}

// EffectiveStatus returns the status of a task from its attribute TaskStatus and from the state of its
// execution, which wins: so what is done to a task with Temporal's own tools shows in the log. It is
// false for an execution that is not listed. An attribute that holds no status gives task.Unknown; one
// that is not set is to be read as the column's Missing value.
func EffectiveStatus(attribute string, execution enumspb.WorkflowExecutionStatus) (task.Status, bool) {
	for _, rule := range executionRules {
		if rule.execution == execution {
			return rule.effective, rule.effective != ""
		}
	}
	status, err := task.ParseStatus(attribute)
	if err != nil {
		return task.Unknown, true
	}
	return status, true
}

// effectiveStatuses returns everything that EffectiveStatus can return.
func effectiveStatuses() []task.Status { return append(task.Statuses(), task.Unknown) }

// StatusCondition is a set of effective statuses in terms of what the index holds. A task is in the
// set if its execution's status is one of Executions; or else if its execution's status is not one of
// Decided and its attribute TaskStatus, the column's Missing value if it is not set, is one of
// Attributes, or is none of Attributes when Except is set.
type StatusCondition struct {
	Executions []enumspb.WorkflowExecutionStatus
	Decided    []enumspb.WorkflowExecutionStatus
	Attributes []task.Status
	Except     bool
}

// NewStatusCondition compiles a set of effective statuses.
func NewStatusCondition(set []task.Status) StatusCondition {
	var c StatusCondition
	for _, rule := range executionRules {
		c.Decided = append(c.Decided, rule.execution)
		if rule.effective != "" && slices.Contains(set, rule.effective) {
			c.Executions = append(c.Executions, rule.execution)
		}
	}
	// A damaged attribute can hold anything, so a set that has Unknown is told by what is not in it.
	c.Except = slices.Contains(set, task.Unknown)
	for _, s := range task.Statuses() {
		if slices.Contains(set, s) != c.Except {
			c.Attributes = append(c.Attributes, s)
		}
	}
	return c
}

// HoldsUnset reports whether a task is in the set whose execution's status is not one of Decided and
// whose attribute TaskStatus is not set.
func (c StatusCondition) HoldsUnset() bool {
	return slices.Contains(c.Attributes, task.Enqueued) != c.Except
}

// Empty reports whether no task can be in the set.
func (c StatusCondition) Empty() bool {
	return len(c.Executions) == 0 && len(c.Attributes) == 0 && !c.Except
}

// Full reports whether every listed task is in the set.
func (c StatusCondition) Full() bool {
	listed := 0
	for _, rule := range executionRules {
		if rule.effective != "" {
			listed++
		}
	}
	return c.Except && len(c.Attributes) == 0 && len(c.Executions) == listed
}
