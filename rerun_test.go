package taskqueue_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

func TestRerunMakesANewTask(t *testing.T) {
	b := setup(t, func(c *taskqueue.Config) { c.Owner = "system" })
	first, err := b.client.CreateTask(t.Context(), "mail.send", mail{To: "ada"}, "Welcome", &taskqueue.Options{
		Owner: "u1", ParentID: "a-parent", Master: true, Category: task.CategoryImport, Queue: b.prefix + "-urgent",
	})
	require.NoError(t, err)
	changed, err := b.client.TaskLog().Archive(t.Context(), first.ID, tasklog.ControlOptions{})
	require.NoError(t, err)
	require.True(t, changed)

	again, err := b.client.Rerun(t.Context(), first.ID, nil)
	require.NoError(t, err)
	require.NotEqual(t, first.ID, again.ID)
	require.Equal(t, "mail.send Welcome", again.Action+" "+again.Label)
	require.JSONEq(t, string(first.Parameters), string(again.Parameters))
	require.Equal(t, "system", again.Owner)
	require.Equal(t, task.CategoryImport, again.Category)
	require.Equal(t, b.prefix+"-bulk", again.Queue, "chosen by the dispatcher")
	require.Empty(t, again.ParentID)
	require.False(t, again.Master)
	require.False(t, again.Archived)

	b.work(t)
	require.Equal(t, task.Completed, b.closed(t, again.ID).Status)
	require.Equal(t, task.Archived, b.closed(t, first.ID).Status)

	other, err := b.client.Rerun(t.Context(), again.ID, &taskqueue.Options{Owner: "u2", Category: task.CategoryCopy})
	require.NoError(t, err)
	require.Equal(t, "u2", other.Owner)
	require.Equal(t, task.CategoryCopy, other.Category)
	var notFound *tasklog.NotFoundError
	_, err = b.client.Rerun(t.Context(), "absent", nil)
	require.ErrorAs(t, err, &notFound)
}
