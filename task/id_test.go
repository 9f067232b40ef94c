package task_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/task"
)

func TestAnIDOfAKeyIsAlwaysTheSameAndIsKnownAsOne(t *testing.T) {
	t.Parallel()
	require.EqualValues(t, "41286361-47d6-89f6-a9de-3baca77c774c", task.IDOfKey("order 17"), "it may never change")
	require.NotEqual(t, task.IDOfKey("order 17"), task.IDOfKey("order 18"))
	require.True(t, task.IDOfKey("order 17").MayBeOfKey())
	require.NoError(t, task.IDOfKey("order 17").Validate())
	for _, id := range []task.ID{task.NewID(), "order 17", ""} {
		require.False(t, id.MayBeOfKey(), "%q", id)
	}
}
