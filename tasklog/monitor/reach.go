package monitor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/workflowservice/v1"
)

// resolution is how exactly the end of the oldest task is looked for.
const resolution = time.Minute

// Reach is how far the log reaches back.
type Reach struct {
	// Retention is how long the namespace keeps a task after it ended.
	Retention time.Duration
	// Since is the time since which the log is complete: no task that ended at or after it has been removed by retention. It is the retention
	// ago, or when the oldest task that is left ended (to within a minute before it), if that was later: the log is young then, or the
	// retention was longer lately than what it was when older tasks ended. It never goes back. Tasks that have not ended are
	// all in the log.
	Since time.Time
}

// horizon is what is known of the beginning of the log.
type horizon struct {
	removed time.Time // what ended before may have been removed at some time
	empty   time.Time // no task that ended before is left
}

// measureReach asks for the retention, and looks for the oldest task that ended.
func (m *Monitor) measureReach(ctx context.Context) error {
	retention, err := m.retention(ctx)
	if err != nil {
		return err
	}
	now := m.config.Clock()
	m.horizon.removed = latest(m.horizon.removed, now.Add(-retention))
	oldest, err := m.oldestEnd(ctx, latest(m.horizon.removed, m.horizon.empty), now)
	if err != nil {
		return err
	}
	m.horizon.empty = latest(m.horizon.empty, oldest)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reach = &Reach{Retention: retention, Since: latest(m.horizon.removed, oldest)}
	return nil
}

func (m *Monitor) retention(ctx context.Context) (retention time.Duration, err error) {
	err = m.call(ctx, fmt.Sprintf("ask for the retention of the namespace %q", m.config.Namespace), func(ctx context.Context) error {
		described, err := m.config.Client.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: m.config.Namespace})
		retention = described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()
		if err == nil && retention <= 0 {
			err = errors.New("the server does not say how long it keeps what has ended")
		}
		return err
	})
	return retention, err
}

// oldestEnd returns when the first task in this time ended, or up to a minute before; the zero time if none did. The List API cannot sort by
// that time, so it is found by halving.
func (m *Monitor) oldestEnd(ctx context.Context, from, to time.Time) (time.Time, error) {
	// Mostly it is where it was last time.
	n, err := m.countEnded(ctx, from, from.Add(resolution))
	if err != nil || n > 0 {
		return from, err
	}
	if n, err = m.countEnded(ctx, from, to); err != nil || n == 0 {
		return time.Time{}, err
	}
	for to.Sub(from) > resolution {
		middle := from.Add(to.Sub(from) / 2)
		if n, err = m.countEnded(ctx, from, middle); err != nil {
			return time.Time{}, err
		}
		if n > 0 {
			to = middle
		} else {
			from = middle
		}
	}
	return from, nil
}

// latest returns the latest of two times.
func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
