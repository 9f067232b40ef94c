package logbench

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func lines(t *testing.T, g generator) string {
	t.Helper()
	var b bytes.Buffer
	for number := range g.tasks {
		rec := g.record(number)
		require.NoError(t, rec.addTo(&b))
	}
	return b.String()
}

func TestTheSameSeedMakesTheSameLog(t *testing.T) {
	t.Parallel()
	g := generator{seed: 1, tasks: 300}
	first := lines(t, g)
	require.Equal(t, first, lines(t, generator{seed: 1, tasks: 300}))
	require.NotEqual(t, first, lines(t, generator{seed: 2, tasks: 300}))
}

func TestTheLogIsOneThatTasksCouldHaveLeft(t *testing.T) {
	t.Parallel()
	g := generator{seed: 1, tasks: 20_000}
	ids, runs := map[task.ID]bool{}, map[string]bool{}
	effective, actions, byOwner := map[task.Status]int{}, map[string]int{}, map[string]int{}
	for number := range g.tasks {
		rec := g.record(number)
		require.NoError(t, rec.Validate())
		ids[rec.ID], runs[rec.runID] = true, true
		status, listed := tasklog.EffectiveStatus(string(rec.status), rec.execution)
		require.True(t, listed)
		effective[status]++
		actions[rec.Action]++
		byOwner[rec.Owner]++

		require.False(t, rec.CreatedAt.Before(end.Add(-span)) || rec.CreatedAt.After(end), "within the log's time")
		require.Equal(t, rec.CreatedAt.Truncate(time.Millisecond), rec.CreatedAt)
		require.Equal(t, rec.execution == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, rec.closed.IsZero())
		require.Equal(t, rec.status == task.Archived, rec.supersedes != "")
		require.False(t, !rec.closed.IsZero() && rec.closed.Before(rec.started))
		require.NotEqual(t, rec.runID, rec.supersedes)
	}
	require.Len(t, ids, g.tasks)
	require.Len(t, runs, g.tasks)
	require.Len(t, actions, len(kinds))
	require.Greater(t, byOwner[ownerName(0)], 20*byOwner[ownerName(owners-1)], "some enqueue far more than others")
	for _, s := range task.Statuses() {
		require.Positive(t, effective[s], s)
	}
	require.Greater(t, effective[task.Completed], g.tasks*3/4)
}

func TestWordsAreThoseThatFullTextFinds(t *testing.T) {
	t.Parallel()
	for _, w := range words {
		require.Equal(t, []tasklog.SearchWord{{Text: w}}, tasklog.NewFilter().Text(w).Words())
		require.GreaterOrEqual(t, len(w), 3, "parameters have its first three letters")
	}
}

func TestPercentileIsTheNearestRank(t *testing.T) {
	t.Parallel()
	values := []float64{5, 1, 4, 2, 3}
	for p, want := range map[float64]float64{0: 1, 0.2: 1, 0.21: 2, 0.5: 3, 0.95: 5, 1: 5} {
		require.LessOrEqual(t, math.Abs(percentile(values, p)-want), 0.0, "%v", p)
	}
	require.Equal(t, []float64{5, 1, 4, 2, 3}, values, "the values stay as they were")
}
