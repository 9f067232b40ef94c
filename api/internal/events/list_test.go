package events

import (
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func entity(id string, updated int64, status task.Status) tasklog.Entity {
	return tasklog.Entity{ID: task.ID(id), Status: status, CreatedAt: time.Unix(1000, 0), UpdatedAt: time.Unix(updated, 0)}
}

func page(total int64, tasks ...tasklog.Entity) tasklog.Page {
	return tasklog.Page{Tasks: tasks, Total: total}
}

func TestWhatHasChangedInAList(t *testing.T) {
	t.Parallel()
	a, b, c := entity("a", 1, task.Enqueued), entity("b", 2, task.Enqueued), entity("c", 3, task.Enqueued)
	full := make([]tasklog.Entity, window)
	for i := range full {
		full[i] = entity(strconv.Itoa(i), int64(2000-i), task.Completed)
	}
	for name, tc := range map[string]struct {
		before, now   tasklog.Page
		changed, gone []task.ID
		more          bool
	}{
		"a new one":                         {page(1, a), page(2, b, a), []task.ID{"b"}, nil, false},
		"another status":                    {page(2, b, a), page(2, entity("a", 3, task.Running), b), []task.ID{"a"}, nil, false},
		"one that left":                     {page(3, c, b, a), page(2, c, a), nil, []task.ID{"b"}, false},
		"one that left, one that came":      {page(2, b, a), page(2, c, b), []task.ID{"c"}, []task.ID{"a"}, false},
		"pushed out of the window":          {page(100, full...), page(101, append([]tasklog.Entity{entity("new", 3000, task.Running)}, full[:window-1]...)...), []task.ID{"new"}, nil, false},
		"left from within the window":       {page(101, full...), page(100, append(slices.Clone(full[1:]), entity("old", 1, task.Completed))...), []task.ID{"old"}, []task.ID{"0"}, true},
		"only the total tells":              {page(300, full...), page(299, full...), nil, nil, true},
		"everything":                        {page(0), page(100, full...), ids(full), nil, true},
		"nothing but a new page of nothing": {page(0), page(0), nil, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := ListUpdate{Total: tc.now.Total}
			require.NoError(t, u.compare(tc.before, tc.now))
			require.ElementsMatch(t, tc.changed, slices.Collect(maps.Keys(u.Changed)))
			require.ElementsMatch(t, tc.gone, slices.Collect(maps.Keys(u.Gone)))
			require.Equal(t, tc.more, u.More)
		})
	}
}

func ids(tasks []tasklog.Entity) (all []task.ID) {
	for _, e := range tasks {
		all = append(all, e.ID)
	}
	return all
}

func TestUpdatesThatWereMissedAreMerged(t *testing.T) {
	t.Parallel()
	update := func(total int64, changed []tasklog.Entity, gone ...task.ID) ListUpdate {
		u := ListUpdate{Changed: map[task.ID]tasklog.View{}, Gone: map[task.ID]struct{}{}, Total: total, ID: strconv.FormatInt(total, 10)}
		for _, e := range changed {
			u.Changed[e.ID] = tasklog.View{Entity: e}
		}
		for _, id := range gone {
			u.Gone[id] = struct{}{}
		}
		return u
	}
	a, a2, b, c := entity("a", 1, task.Enqueued), entity("a", 5, task.Running), entity("b", 2, task.Enqueued), entity("c", 3, task.Enqueued)

	first := update(3, []tasklog.Entity{a, b}, "c")
	merged := update(2, []tasklog.Entity{a2, c}, "b").After(first)
	require.Equal(t, []tasklog.View{{Entity: a2}, {Entity: c}}, merged.Tasks())
	require.Equal(t, map[task.ID]struct{}{"b": {}}, merged.Gone)
	require.Equal(t, "2", merged.ID)
	require.Equal(t, update(3, []tasklog.Entity{a, b}, "c"), first, "other readers have it too")
	require.Equal(t, ListUpdate{Total: 2, ID: "2"}, merged.Snapshot())
	require.False(t, merged.Final())

	var pending ListUpdate
	for i := range 10 * window {
		pending = update(int64(i), []tasklog.Entity{entity(strconv.Itoa(i), int64(i), task.Enqueued)}).After(pending)
		require.LessOrEqual(t, len(pending.Changed), 2*window)
	}
	require.True(t, pending.More, "it has stopped gathering tasks")
}

func TestAFingerprintIsOfTheTaskAndNotOfTheMoment(t *testing.T) {
	t.Parallel()
	a := entity("a", 1, task.Enqueued)
	one, err := fingerprint(a.WithClock(func() time.Time { return time.Unix(1, 0) }))
	require.NoError(t, err)
	two, err := fingerprint(a.WithClock(func() time.Time { return time.Unix(2, 0) }))
	require.NoError(t, err)
	require.Equal(t, one, two)
	a.Progress = &task.Progress{Percent: 1}
	three, err := fingerprint(a)
	require.NoError(t, err)
	require.NotEqual(t, one, three)
}
