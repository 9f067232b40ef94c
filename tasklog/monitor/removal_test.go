package monitor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"
)

// between returns the middle of two times.
func between(a, b time.Time) time.Time { return a.Add(b.Sub(a) / 2) }

func TestRemovedTasksAreCountedBeforeTheyGo(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	ended := b.endTasks(5)
	require.NoError(t, b.countRemoved(t.Context()))
	require.Zero(t, b.Removed(), "none is old enough")

	// The tasks that ended before the mark go before the look after the next one.
	countedUntil := func(mark time.Time) time.Time { return mark.Add(retention - looksAhead*b.config.Interval) }
	b.clock.set(countedUntil(between(ended[2], ended[3])))
	require.NoError(t, b.countRemoved(t.Context()))
	require.EqualValues(t, 3, b.Removed())
	require.NoError(t, b.countRemoved(t.Context()))
	require.EqualValues(t, 3, b.Removed(), "once each")

	b.clock.set(countedUntil(ended[4].Add(time.Hour)))
	require.NoError(t, b.countRemoved(t.Context()))
	require.EqualValues(t, 5, b.Removed())
	require.Contains(t, scrape(t, b.Monitor), "\ntaskqueue_log_removed_total 5\n")

	// A process that was down then counts what the server has not deleted yet.
	restarted := b.newMonitor(b.client, 10*time.Second)
	require.NoError(t, restarted.countRemoved(t.Context()))
	require.EqualValues(t, 5, restarted.Removed())

	b.setRetention(30 * 24 * time.Hour)
	require.NoError(t, b.countRemoved(t.Context()))
	require.EqualValues(t, 5, b.Removed(), "a longer retention removes nothing")
}

func TestTheReachIsTheRetentionOrTheOldestTask(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	reach := func() time.Time {
		require.NoError(t, b.measureReach(t.Context()))
		return b.Reach().Since
	}
	start := b.clock.now()
	require.Equal(t, start.Add(-retention), reach(), "nothing has ended")

	oldest := b.endTasks(1)[0]
	b.clock.set(oldest.Add(time.Second))
	require.WithinRange(t, reach(), oldest.Add(-resolution), oldest, "the log is young")
	b.clock.set(oldest.Add(retention / 2))
	require.WithinRange(t, reach(), oldest.Add(-resolution), oldest)

	// What is shown goes on with the time, without another measurement.
	b.clock.set(oldest.Add(retention + time.Minute))
	require.Equal(t, oldest.Add(time.Minute), b.Reach().Since)
	require.Equal(t, oldest.Add(time.Minute), reach())

	b.setRetention(2 * retention)
	require.Equal(t, oldest.Add(time.Minute), reach(), "a longer retention does not bring back what may have gone")
	require.Equal(t, 2*retention, b.Reach().Retention)
}

func (b *bundle) setRetention(d time.Duration) {
	b.t.Helper()
	_, err := b.client.WorkflowService().UpdateNamespace(b.t.Context(), &workflowservice.UpdateNamespaceRequest{
		Namespace: b.namespace, Config: &namespace.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(d)},
	})
	require.NoError(b.t, err)
}
