package tasklog_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func TestEffectiveStatus(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		attribute string
		execution enumspb.WorkflowExecutionStatus
		want      task.Status
		listed    bool
	}{
		{"running", enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, task.Running, true},
		{"completed", enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, task.Completed, true},
		{"archived", enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, task.Archived, true},
		{"running", enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, task.Cancelled, true},
		{"completed", enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED, task.Cancelled, true},
		{"running", enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT, task.Failed, true},
		{"running", enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, task.Failed, true},
		{"bogus", enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, task.Unknown, true},
		{"running", enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW, "", false},
	} {
		got, listed := tasklog.EffectiveStatus(tt.attribute, tt.execution)
		require.Equal(t, tt.want, got, tt)
		require.Equal(t, tt.listed, listed, tt)
	}
}

// TestStatusCondition holds the compiled condition to EffectiveStatus for every set of statuses.
func TestStatusCondition(t *testing.T) {
	t.Parallel()
	all := append(task.Statuses(), task.Unknown)
	attributes := []string{"bogus"}
	for _, s := range task.Statuses() {
		attributes = append(attributes, string(s))
	}
	for bits := range 1 << len(all) {
		var set []task.Status
		for i, s := range all {
			if bits&(1<<i) != 0 {
				set = append(set, s)
			}
		}
		c := tasklog.NewStatusCondition(set)
		require.Equal(t, len(set) == 0, c.Empty(), set)
		require.Equal(t, len(set) == len(all), c.Full(), set)
		require.Equal(t, slices.Contains(set, task.Enqueued), c.HoldsUnset(), set)
		for execution := range enumspb.WorkflowExecutionStatus_name {
			for _, attribute := range attributes {
				execution := enumspb.WorkflowExecutionStatus(execution)
				status, listed := tasklog.EffectiveStatus(attribute, execution)
				got := slices.Contains(c.Executions, execution) ||
					!slices.Contains(c.Decided, execution) && slices.Contains(c.Attributes, task.Status(attribute)) != c.Except
				require.Equal(t, listed && slices.Contains(set, status), got, "%v: %s %s", set, attribute, execution)
			}
		}
	}
}
