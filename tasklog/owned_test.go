package tasklog_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func TestOwnedByHasOnlyTheOwnersTasks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.enqueue(t, "work", b.name+"-unserved", `{}`)
	own, others := b.log.OwnedBy(b.name), b.log.OwnedBy("somebody else")
	require.Same(t, b.log, b.log.OwnedBy(tasklog.SuperUser))
	byID := func() *tasklog.Filter { return tasklog.NewFilter().Eq(tasklog.ID, string(id)) }
	require.Eventually(t, func() bool {
		n, err := own.Count(t.Context(), byID())
		return err == nil && n == 1
	}, patience, 50*time.Millisecond)
	_, err := own.Get(t.Context(), id)
	require.NoError(t, err)

	// What filters and options say widens nothing, nor does a second owner.
	for _, log := range []*tasklog.TaskLog{others, own.OwnedBy("somebody else"), others.OwnedBy(b.name)} {
		var missing *tasklog.NotFoundError
		_, err := log.Get(t.Context(), id)
		require.ErrorAs(t, err, &missing)
		_, err = log.Tree(t.Context(), id)
		require.ErrorAs(t, err, &missing)
		_, err = log.Cancel(t.Context(), id, tasklog.ControlOptions{User: b.name})
		require.ErrorAs(t, err, &missing)
		_, err = log.Archive(t.Context(), id, tasklog.ControlOptions{Force: true})
		require.ErrorAs(t, err, &missing)
		found, err := log.Search(t.Context(), byID().Eq(tasklog.Owner, b.name))
		require.NoError(t, err)
		require.Empty(t, found)
		n, err := log.Count(t.Context(), byID())
		require.NoError(t, err)
		require.Zero(t, n)
		stats, err := log.Stats(t.Context(), tasklog.SuperUser)
		require.NoError(t, err)
		require.Zero(t, stats)
		groups, err := log.Group(t.Context(), byID(), tasklog.Grouping{By: tasklog.Owner})
		require.NoError(t, err)
		require.Empty(t, groups.Groups)
		for _, s := range []tasklog.Selection{{IDs: []task.ID{id}}, {Filter: byID()}, {All: true}} {
			result, err := log.CancelMany(t.Context(), s, tasklog.BulkOptions{})
			require.NoError(t, err)
			require.Zero(t, result.Changed+result.Eligible)
		}
	}
	require.Equal(t, task.Enqueued, b.get(t, id).Status)
	changed, err := own.Cancel(t.Context(), id, tasklog.ControlOptions{})
	require.NoError(t, err)
	require.True(t, changed)
}

func TestOwnedByKeepsErrors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var invalid *tasklog.FilterError
	_, err := b.log.OwnedBy(b.name).Search(t.Context(), tasklog.NewFilter().Eq("colour", "red"))
	require.ErrorAs(t, err, &invalid)
	_, err = b.log.OwnedBy("\xff").Count(t.Context(), tasklog.NewFilter())
	require.ErrorAs(t, err, &invalid, "a wrong owner finds nothing and not everything")
}
