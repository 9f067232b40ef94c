package tasklog_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// awaitCount waits until the index shows as many tasks of the test.
func (c *control) awaitCount(t *testing.T, want int64, statuses ...task.Status) {
	t.Helper()
	require.Eventually(t, func() bool {
		n, err := c.log.Count(t.Context(), tasklog.NewFilter().Eq(tasklog.Owner, c.queue).Narrow(statuses...))
		require.NoError(t, err)
		return n == want
	}, patience, 50*time.Millisecond)
}

func TestArchiveManyByIDsAllAndFilter(t *testing.T) {
	t.Parallel()
	c := newControl(t, nil)
	release := make(chan struct{})
	c.work(t, 20, func(_ context.Context, parameters json.RawMessage) (task.Report, error) {
		if string(parameters) == `"stay"` {
			<-release
		}
		return task.Success("done"), nil
	})
	t.Cleanup(func() { close(release) })
	var ids []task.ID
	created := time.Now().UTC().Truncate(time.Millisecond)
	for i := range 12 {
		ids = append(ids, c.enqueue(t, func(one *task.Task) { one.CreatedAt = created.Add(time.Duration(i/5) * time.Second) })) // five at a time
	}
	running := c.enqueue(t, func(one *task.Task) { one.Parameters = json.RawMessage(`"stay"`) })
	foreign := c.enqueue(t, func(one *task.Task) { one.Owner = "somebody else" })
	c.awaitStatus(t, running, task.Running)
	c.awaitCount(t, 12, task.Completed)
	c.awaitCount(t, 1, task.Running)
	mine := tasklog.BulkOptions{ControlOptions: tasklog.ControlOptions{User: c.queue}}
	dry := mine
	dry.DryRun = true

	selected := tasklog.Selection{IDs: []task.ID{ids[0], ids[1], ids[0], running, foreign, "unknown"}}
	counted, err := c.log.ArchiveMany(t.Context(), selected, dry)
	require.NoError(t, err)
	require.Equal(t, [4]int{2, 0, 3, 0}, counts(counted))
	require.Equal(t, task.Completed, c.get(t, ids[0]).Status)
	done, err := c.log.ArchiveMany(t.Context(), selected, mine)
	require.NoError(t, err)
	require.Equal(t, [4]int{2, 2, 3, 0}, counts(done))
	require.False(t, done.Success(), "one is in progress")
	require.Equal(t, map[string]int{"Task cannot be archived because it is in progress.": 1, "Task log not found.": 2}, done.Reasons)
	require.ElementsMatch(t, []tasklog.BulkTask{
		{ID: running, Reason: `Task cannot be archived because it is in progress. Task "` + string(running) + `" is running.`},
		{ID: foreign, Reason: "Task log not found."}, {ID: "unknown", Reason: "Task log not found."},
	}, done.Skips)
	require.NotEqual(t, task.Archived, c.get(t, foreign).Status)

	// All: batches that end among tasks of the same time. It is interrupted, and then goes on.
	ctx, interrupt := context.WithCancel(t.Context())
	all := mine
	all.BatchSize, all.Concurrency = 3, 2
	all.Progress = func(r tasklog.BulkResult) {
		if r.Changed == 4 {
			interrupt()
		}
	}
	part, err := c.log.ArchiveMany(ctx, tasklog.Selection{All: true}, all)
	require.ErrorIs(t, err, context.Canceled)
	require.Less(t, part.Changed, 10)
	all.Progress = nil
	rest, err := c.log.ArchiveMany(t.Context(), tasklog.Selection{All: true}, all)
	require.NoError(t, err)
	require.Zero(t, rest.Failed)
	c.awaitCount(t, 12, task.Archived)

	// A filter, with force.
	forced := mine
	forced.Force = true
	f := tasklog.NewFilter().Eq(tasklog.Queue, c.queue).Limit(0)
	counted, err = c.log.ArchiveMany(t.Context(), tasklog.Selection{Filter: f}, dry)
	require.NoError(t, err)
	require.Equal(t, [4]int{0, 0, 1, 0}, counts(counted))
	require.Equal(t, running, counted.Skips[0].ID)
	require.Equal(t, 1, counted.Refused)
	done, err = c.log.ArchiveMany(t.Context(), tasklog.Selection{Filter: f}, forced)
	require.NoError(t, err)
	require.Equal(t, [4]int{1, 1, 0, 0}, counts(done))
	require.True(t, done.Success())
	require.Equal(t, task.Archived, c.get(t, running).Status)
	require.NotEqual(t, task.Archived, c.get(t, foreign).Status)
	require.Len(t, c.told(), 13, "one event for each")
}

func TestCancelMany(t *testing.T) {
	t.Parallel()
	c := newControl(t, nil)
	var ids []task.ID
	for range 7 {
		ids = append(ids, c.enqueue(t, nil))
	}
	mine := tasklog.BulkOptions{ControlOptions: tasklog.ControlOptions{User: c.queue}, BatchSize: 2}
	done, err := c.log.CancelMany(t.Context(), tasklog.Selection{IDs: ids[:1]}, mine)
	require.NoError(t, err)
	require.True(t, done.Success(), "what was enqueued just now is cancelled, though the index may not know it")
	c.awaitCount(t, 6, task.Enqueued)
	done, err = c.log.CancelMany(t.Context(), tasklog.Selection{All: true}, mine)
	require.NoError(t, err)
	require.Equal(t, [4]int{6, 6, 0, 0}, counts(done))
	c.awaitCount(t, 7, task.Cancelled)
	done, err = c.log.CancelMany(t.Context(), tasklog.Selection{All: true}, mine)
	require.NoError(t, err)
	require.Equal(t, [4]int{}, counts(done))
	require.False(t, done.Success(), "nothing was changed")
	for _, id := range ids {
		require.True(t, slices.Contains(c.told(), "TaskLogCancelled "+string(id)+" cancelled false"))
	}
}

func TestSelectionMustBeOne(t *testing.T) {
	t.Parallel()
	c := newControl(t, nil)
	for _, s := range []tasklog.Selection{{}, {All: true, IDs: []task.ID{"a"}}, {Filter: tasklog.NewFilter(), All: true}} {
		_, err := c.log.ArchiveMany(t.Context(), s, tasklog.BulkOptions{})
		require.ErrorIs(t, err, tasklog.ErrSelection)
	}
	var wrong *tasklog.FilterError
	_, err := c.log.CancelMany(t.Context(), tasklog.Selection{Filter: tasklog.NewFilter().Eq("colour", "red")}, tasklog.BulkOptions{})
	require.ErrorAs(t, err, &wrong)
	none, err := c.log.CancelMany(t.Context(), tasklog.Selection{IDs: []task.ID{}}, tasklog.BulkOptions{})
	require.NoError(t, err)
	require.False(t, none.Success())
}

func counts(r tasklog.BulkResult) [4]int { return [4]int{r.Eligible, r.Changed, r.Skipped, r.Failed} }
