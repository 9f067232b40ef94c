package tasklog_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"context"

	"go.temporal.io/sdk/activity"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/visibility"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

func TestMain(m *testing.M) { temporaltest.Main(m) }

// patience is how long a test waits for what must come, on a machine that does other things as well.
const patience = 2 * time.Minute

// testBundle is a task log and a worker whose one action, "work", runs when release is closed.
type testBundle struct {
	client  client.Client
	log     *tasklog.TaskLog
	name    string // unique: the queue, the owner and the prefix of ids
	release chan struct{}
	started chan string // the ids of the tasks that run
}

func setup(t *testing.T) *testBundle {
	t.Helper()
	c := temporaltest.Dial(t)
	log, err := tasklog.New(tasklog.Config{
		Client: c, Namespace: temporaltest.Namespace, IgnoredTasks: []string{"ignored"},
		Engine: visibility.New(visibility.Config{Client: c, Namespace: temporaltest.Namespace}),
		Clock:  func() time.Time { return time.Unix(2_000_000_000, 0) },
	})
	require.NoError(t, err)
	b := &testBundle{client: c, log: log, name: temporaltest.UniqueName(t), release: make(chan struct{}), started: make(chan string, 10)}
	w := worker.New(c, b.name, worker.Options{})
	w.RegisterWorkflowWithOptions(new(workflows.Workflows).Task, workflow.RegisterOptions{Name: tasklog.WorkflowType})
	work := func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
		b.started <- activity.GetInfo(ctx).WorkflowExecution.ID
		<-b.release
		return task.Success("worked"), nil
	}
	w.RegisterActivityWithOptions(work, activity.RegisterOptions{Name: "work"})
	w.RegisterActivityWithOptions(work, activity.RegisterOptions{Name: "ignored"})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	return b
}

func (b *testBundle) enqueue(t *testing.T, action, queue string, parameters string) task.ID {
	t.Helper()
	in := &task.Task{
		ID: task.NewID(), Action: action, Parameters: json.RawMessage(parameters), Label: "a label",
		Metadata: task.Metadata{Queue: queue, Owner: b.name, CreatedAt: time.Now().UTC().Truncate(time.Millisecond)},
	}
	_, err := b.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: string(in.ID), TaskQueue: queue, TypedSearchAttributes: attribute.ForNew(in),
	}, tasklog.WorkflowType, in)
	require.NoError(t, err)
	return in.ID
}

func (b *testBundle) get(t *testing.T, id task.ID) tasklog.Entity {
	t.Helper()
	e, err := b.log.Get(t.Context(), id)
	require.NoError(t, err)
	return e
}

func TestGetFollowsTheTask(t *testing.T) {
	t.Parallel()
	b := setup(t)
	parameters := `{"text":"` + strings.Repeat("x", 300_000) + `"}`

	waiting := b.enqueue(t, "work", b.name+"-without-worker", parameters)
	e := b.get(t, waiting)
	require.Equal(t, task.Enqueued, e.Status)
	require.Equal(t, parameters, e.Parameters)
	require.Equal(t, e.CreatedAt, e.UpdatedAt)
	require.Nil(t, e.Report)
	require.Equal(t, b.name+"-without-worker", e.Queue)
	require.NoError(t, b.client.TerminateWorkflow(t.Context(), string(waiting), "", "test"))
	require.Equal(t, task.Cancelled, b.get(t, waiting).Status)

	running := b.enqueue(t, "work", b.name, `{}`)
	require.Equal(t, string(running), temporaltest.Receive(t, b.started))
	e = b.get(t, running)
	require.Equal(t, task.Running, e.Status)
	require.False(t, e.UpdatedAt.Before(e.CreatedAt))
	close(b.release)
	require.NoError(t, b.client.GetWorkflow(t.Context(), string(running), "").Get(t.Context(), nil))
	e = b.get(t, running)
	require.Equal(t, task.Completed, e.Status)
	require.Equal(t, []string{"Running task " + string(running), "worked"}, e.Report.Messages())
	require.Equal(t, "a label", e.Label)
	require.Equal(t, task.CategoryUnknown, e.Category)
	require.Contains(t, toJSON(t, e), `"createdAtElapsed":`+toJSON(t, 2_000_000_000-e.CreatedAt.Unix()))
}

func TestGetNotFound(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var notFound *tasklog.NotFoundError
	for _, id := range []task.ID{"no-such-task", "", task.ID(strings.Repeat("x", 2000)), "a\nb"} {
		_, err := b.log.Get(t.Context(), id)
		require.ErrorAs(t, err, &notFound)
		require.Equal(t, id, notFound.ID)
	}
	require.EqualError(t, &tasklog.NotFoundError{ID: "x"}, `Task log for task "x" not found`)

	// Some other workflow is no task.
	id := b.name + "-other"
	_, err := b.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: b.name + "-none"}, "Other")
	require.NoError(t, err)
	_, err = b.log.Get(t.Context(), task.ID(id))
	require.ErrorAs(t, err, &notFound)
	require.NoError(t, b.client.TerminateWorkflow(t.Context(), id, "", "test"))
}

func TestGetReportsOtherErrors(t *testing.T) {
	t.Parallel()
	c, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1", Logger: nil})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	log, err := tasklog.New(tasklog.Config{Client: c, Engine: visibility.New(visibility.Config{Client: c})})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = log.Get(ctx, "x")
	require.ErrorContains(t, err, `get task "x"`)
	var notFound *tasklog.NotFoundError
	require.NotErrorAs(t, err, &notFound)
}

func TestGetByIDAndUser(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.enqueue(t, "work", b.name+"-without-worker", `{}`)
	for _, user := range []string{b.name, tasklog.SuperUser} {
		e, err := b.log.GetByIDAndUser(t.Context(), id, user, false)
		require.NoError(t, err)
		require.Equal(t, id, e.ID)
	}
	var notFound *tasklog.NotFoundError
	for _, user := range []string{"somebody else", ""} {
		_, err := b.log.GetByIDAndUser(t.Context(), id, user, false)
		require.ErrorAs(t, err, &notFound)
	}
	require.NoError(t, b.client.TerminateWorkflow(t.Context(), string(id), "", "test"))
	_, err := b.log.GetByIDAndUser(t.Context(), id, b.name, true)
	require.ErrorAs(t, err, &notFound, "a cancelled task is hidden even where archived ones are not")
}

func TestFindAvailableByUser(t *testing.T) {
	t.Parallel()
	b := setup(t)
	queue := b.name + "-without-worker"
	var ids []task.ID
	for range tasklog.DefaultLimit + 2 {
		ids = append(ids, b.enqueue(t, "work", queue, `{}`))
	}
	ids = append(ids, b.enqueue(t, "ignored", queue, `{}`))
	t.Cleanup(func() {
		for _, id := range ids {
			require.NoError(t, b.client.TerminateWorkflow(context.Background(), string(id), "", "test"))
		}
	})
	f := tasklog.NewFilter().Eq(tasklog.Owner, b.name)
	require.Eventually(t, func() bool {
		n, err := b.log.Count(t.Context(), f)
		return err == nil && n == int64(len(ids))
	}, patience, 50*time.Millisecond)

	found, err := b.log.FindAvailableByUser(t.Context(), b.name, nil, nil)
	require.NoError(t, err)
	require.Len(t, found, tasklog.DefaultLimit)
	found, err = b.log.FindAvailableByUser(t.Context(), b.name, new(100), new(1))
	require.NoError(t, err)
	require.Len(t, found, tasklog.DefaultLimit+1)
	found, err = b.log.FindAvailableByUser(t.Context(), b.name, new(0), nil)
	require.NoError(t, err)
	require.Equal(t, "[]", toJSON(t, found))
	found, err = b.log.Search(t.Context(), f)
	require.NoError(t, err)
	require.Len(t, found, len(ids), "only the list of the available leaves the ignored out")

	stats, err := b.log.Stats(t.Context(), b.name)
	require.NoError(t, err)
	require.Zero(t, stats, "what waits is in no count")
}

func TestNewNeedsClientAndEngine(t *testing.T) {
	t.Parallel()
	_, err := tasklog.New(tasklog.Config{})
	require.EqualError(t, err, "task log: Client needs to be set")
	_, err = tasklog.New(tasklog.Config{Client: temporaltest.Dial(t)})
	require.EqualError(t, err, "task log: Engine needs to be set")
}
