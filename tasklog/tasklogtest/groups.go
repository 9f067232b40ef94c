package tasklogtest

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// testGroups counts by every column that tasks can be grouped by.
func (b *bench) testGroups(t *testing.T) {
	t.Parallel()
	questions := []question{
		{}, {conditions: []condition{{"owner", "in", []any{"alice", "bob"}}}}, {conditions: []condition{{"status", "neq", "enqueued"}, {"label", "notLike", "%b%"}}},
		{text: "rows"}, {conditions: []condition{{"owner", "eq", "nobody at all"}}}, {conditions: []condition{{"id", "in", []any{}}}},
	}
	for _, by := range []tasklog.Column{"", tasklog.Status, tasklog.Category, tasklog.TaskName, tasklog.Owner, tasklog.Queue} {
		t.Run("by "+string(by), func(t *testing.T) {
			t.Parallel()
			for _, q := range questions {
				for _, top := range []int{0, 1, 2} {
					b.checkGroups(t, q, tasklog.Grouping{By: by, Top: top})
					b.checkGroups(t, q, tasklog.Grouping{By: by, Top: top, Times: true})
				}
			}
		})
	}
}

func (b *bench) checkGroups(t *testing.T, q question, g tasklog.Grouping) {
	t.Helper()
	q.limit = -1
	f := b.ask(t, q).Limit(1).Offset(1) // which change nothing
	groups, err := b.Engine.Group(t.Context(), f, g.WithDefaults())
	require.NoError(t, err)
	members := map[string][]record{}
	for _, r := range b.all(q) {
		value := ""
		if g.By != "" {
			value, _ = r[g.By].(string)
		}
		members[value] = append(members[value], r)
	}
	values := make([]string, 0, len(members))
	for value := range members {
		values = append(values, value)
	}
	slices.SortFunc(values, func(x, y string) int { return cmp.Or(len(members[y])-len(members[x]), cmp.Compare(x, y)) })
	others := int64(0)
	if g.Top > 0 {
		for _, value := range values[min(g.Top, len(values)):] {
			others += int64(len(members[value]))
		}
		values = values[:min(g.Top, len(values))]
	}
	require.Equal(t, others, groups.Others, "%s %+v", q, g)
	require.NotNil(t, groups.Groups, "%s %+v", q, g)
	require.Len(t, groups.Groups, len(values), "%s %+v", q, g)
	for i, value := range values {
		group := groups.Groups[i]
		require.Equal(t, value, group.Value, "%s %+v", q, g)
		require.Equal(t, int64(len(members[value])), group.Count, "%s %+v: %q", q, g, value)
		if !g.Times {
			require.Nil(t, group.Times)
			continue
		}
		checkTimes(t, members[value], group.Times)
	}
}

// checkTimes compares times with those of the records. The percentiles of an engine may be estimates.
func checkTimes(t *testing.T, of []record, got *tasklog.Times) {
	t.Helper()
	require.NotNil(t, got)
	var took []float64
	sum := 0.0
	for _, r := range of {
		if d, ok := r[duration].(time.Duration); ok {
			took = append(took, d.Seconds())
			sum += d.Seconds()
		}
	}
	n := len(took)
	if n == 0 {
		require.Zero(t, *got)
		return
	}
	slices.Sort(took)
	const millisecond = 0.001001
	require.Equal(t, int64(n), got.Count)
	require.InDelta(t, took[0], got.Min, millisecond)
	require.InDelta(t, took[n-1], got.Max, millisecond)
	require.InDelta(t, sum/float64(n), got.Mean, millisecond)
	for percent, value := range map[int]float64{50: got.P50, 95: got.P95} {
		nearest := (n*percent + 99) / 100
		require.GreaterOrEqual(t, value, took[max(nearest-2, 0)]-millisecond, "%d%% of %v", percent, took)
		require.LessOrEqual(t, value, took[min(nearest, n-1)]+millisecond, "%d%% of %v", percent, took)
	}
}

// testGrouping has answers that are written out, and what the task log refuses.
func (b *bench) testGrouping(t *testing.T) {
	t.Parallel()
	log, err := tasklog.New(tasklog.Config{Client: b.Client, Namespace: temporaltest.Namespace, Engine: b.Engine})
	require.NoError(t, err)
	groups, err := log.Group(t.Context(), b.filter().Neq(tasklog.Status, task.Enqueued), tasklog.Grouping{By: tasklog.Status, Top: 3})
	require.NoError(t, err)
	require.Equal(t, tasklog.Groups{
		Groups: []tasklog.Group{{Value: "completed", Count: 4}, {Value: "failed", Count: 4}, {Value: "cancelled", Count: 3}}, Others: 5,
	}, groups)
	groups, err = log.Group(t.Context(), b.filter().Eq(tasklog.Status, task.Completed), tasklog.Grouping{Times: true})
	require.NoError(t, err)
	require.Len(t, groups.Groups, 1)
	require.Equal(t, int64(4), groups.Groups[0].Count)
	require.Equal(t, int64(3), groups.Groups[0].Times.Count)
	require.InDelta(t, 1.867, groups.Groups[0].Times.Mean, 0.0001)
	for _, g := range []tasklog.Grouping{{By: tasklog.Label}, {By: "no_such_column"}, {Top: -1}, {Top: tasklog.MaxGroups + 1}} {
		_, err := log.Group(t.Context(), b.filter(), g)
		var wrong *tasklog.FilterError
		require.ErrorAs(t, err, &wrong, "%+v", g)
	}
}
