package tasklog_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/visibility"
)

// The tasks have no worker: their attributes say how far they are.
func TestExecutionTimes(t *testing.T) {
	t.Parallel()
	c := temporaltest.Dial(t)
	log, err := tasklog.New(tasklog.Config{
		Client: c, Namespace: temporaltest.Namespace, Engine: visibility.New(visibility.Config{Client: c, Namespace: temporaltest.Namespace}),
	})
	require.NoError(t, err)
	name := temporaltest.UniqueName(t)
	start := time.Date(2001, 2, 3, 4, 5, 6, 789_000_000, time.UTC) // no other test has tasks of that time
	enqueue := func(id string, status task.Status, created time.Time, took time.Duration) {
		attributes := []temporal.SearchAttributeUpdate{
			attribute.Status.ValueSet(string(status)), attribute.CreatedAt.ValueSet(created), attribute.Owner.ValueSet(name),
		}
		if took > 0 {
			attributes = append(attributes, attribute.UpdatedAt.ValueSet(created.Add(took)))
		}
		run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
			ID: name + id, TaskQueue: name, TypedSearchAttributes: temporal.NewSearchAttributes(attributes...),
		}, tasklog.WorkflowType)
		require.NoError(t, err)
		t.Cleanup(func() {
			require.NoError(t, c.TerminateWorkflow(context.WithoutCancel(t.Context()), run.GetID(), "", "the test is over"))
		})
	}
	enqueue("completed", task.Completed, start, 30*time.Second)
	enqueue("archived", task.Archived, start.Add(time.Minute), 93*time.Second)
	enqueue("never-updated", task.Completed, start.Add(time.Minute), 0)
	enqueue("failed", task.Failed, start.Add(time.Minute), time.Second)
	enqueue("running", task.Running, start.Add(time.Minute), time.Second)
	enqueue("before", task.Completed, start.Add(-time.Millisecond), time.Second)
	enqueue("after", task.Completed, start.Add(time.Minute+time.Millisecond), time.Second)
	require.Eventually(t, func() bool {
		n, err := log.Count(t.Context(), tasklog.NewFilter().Eq(tasklog.Owner, name))
		require.NoError(t, err)
		return n == 7
	}, patience, 50*time.Millisecond)

	times, err := log.ExecutionTimes(t.Context(), start, start.Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, map[task.ID]time.Duration{task.ID(name + "completed"): 30 * time.Second, task.ID(name + "archived"): 93 * time.Second}, times)
	times, err = log.ExecutionTimes(t.Context(), start.Add(time.Hour), start.Add(2*time.Hour))
	require.NoError(t, err)
	require.Empty(t, times)
}
