package monitor

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// looksAhead is how many intervals before they go tasks are counted, so that a look may be late.
const looksAhead = 2

// removal is what is known of the tasks that go.
type removal struct {
	counted time.Time // tasks that ended before have been counted
}

// countRemoved counts the tasks whose retention ends before the next look but one. It must count them before they go, because nothing is left of
// them then. The first look also counts those whose retention is over and that the server has not deleted yet, as it
// does in its own time.
func (m *Monitor) countRemoved(ctx context.Context) error {
	retention, err := m.retention(ctx)
	if err != nil {
		return err
	}
	until := m.config.Clock().Add(looksAhead*m.config.Interval - retention)
	if !until.After(m.removal.counted) {
		return nil // the retention was made longer
	}
	n, err := m.countEnded(ctx, m.removal.counted, until)
	if err != nil {
		return err
	}
	m.removal.counted = until
	m.mu.Lock()
	defer m.mu.Unlock()
	m.removed += n
	return nil
}

// countEnded counts the tasks that ended at or after from, if it is not zero, and before to.
func (m *Monitor) countEnded(ctx context.Context, from, to time.Time) (n int64, err error) {
	query := fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus != '%s' AND CloseTime < '%s'", tasklog.WorkflowType,
		enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW, to.UTC().Format(time.RFC3339Nano))
	if !from.IsZero() {
		query += fmt.Sprintf(" AND CloseTime >= '%s'", from.UTC().Format(time.RFC3339Nano))
	}
	err = m.call(ctx, "count the tasks that ended in a time", func(ctx context.Context) error {
		count, err := m.config.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: m.config.Namespace, Query: query})
		n = count.GetCount()
		return err
	})
	return n, err
}
