package stuck_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/stuck"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/worker"
)

func TestMain(m *testing.M) { temporaltest.Main(m) }

const patience = 2 * time.Minute

// bundle is a client whose default queue no other test uses.
type bundle struct {
	t        *testing.T
	queue    string
	temporal client.Client
	client   *taskqueue.Client
	finder   *stuck.Finder
}

func setup(t *testing.T) *bundle {
	t.Helper()
	t.Parallel()
	b := &bundle{t: t, queue: temporaltest.UniqueName(t), temporal: temporaltest.Dial(t)}
	b.client = b.newClient(nil)
	b.finder = stuck.New(stuck.Config{Client: b.client, Temporal: b.temporal, Namespace: temporaltest.Namespace})
	return b
}

// newClient returns a client that knows the action note, and sends some actions to a second queue.
func (b *bundle) newClient(associations map[string]string) *taskqueue.Client {
	b.t.Helper()
	actions := taskqueue.NewRegistry()
	require.NoError(b.t, actions.Add(taskqueue.Action{
		Name: "note", Run: func(context.Context, json.RawMessage) (task.Report, error) { return task.Success("noted"), nil },
	}))
	c, err := taskqueue.New(taskqueue.Config{
		Temporal: b.temporal, Actions: actions, Queues: []taskqueue.Queue{{Name: b.queue}, {Name: b.queue + "-new"}}, Associations: associations,
		Declared: []string{"unknown", "other"}, Logger: temporaltest.Logger(b.t),
	})
	require.NoError(b.t, err)
	return c
}

// enqueue enqueues a task that was created this long ago and may start after the delay.
func (b *bundle) enqueue(action string, ago, delay time.Duration) task.ID {
	b.t.Helper()
	id, now := task.NewID(), time.Now().UTC().Truncate(time.Millisecond)
	require.NoError(b.t, b.client.Dispatcher().Enqueue(b.t.Context(), &task.Task{
		ID: id, Action: action, Parameters: json.RawMessage(`{"n":1}`), Label: "from the past",
		Metadata: task.Metadata{Queue: b.queue, Owner: "jane", Category: task.CategoryImport, CreatedAt: now.Add(-ago), NotBefore: now.Add(delay)},
	}))
	return id
}

// work runs a worker until the test ends.
func (b *bundle) work(c *taskqueue.Client, paused bool) {
	b.t.Helper()
	w, err := c.NewWorker(worker.Config{})
	require.NoError(b.t, err)
	if paused {
		w.Pause()
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	b.t.Cleanup(func() { cancel(); require.NoError(b.t, <-ended) })
}

// find returns the causes of the stuck tasks.
func (b *bundle) find(q stuck.Query) map[task.ID]stuck.Cause {
	b.t.Helper()
	causes := map[task.ID]stuck.Cause{}
	for found, err := range b.finder.Find(b.t.Context(), q) {
		require.NoError(b.t, err)
		causes[found.ID] = found.Cause
	}
	return causes
}

// await waits until the stuck tasks are these.
func (b *bundle) await(q stuck.Query, want map[task.ID]stuck.Cause) {
	b.t.Helper()
	require.EventuallyWithT(b.t, func(c *assert.CollectT) { assert.Equal(c, want, b.find(q)) }, patience, 100*time.Millisecond)
}

// 56: an empty whitelist, and ages below the least, are refused.
func TestQueriesThatAreRefused(t *testing.T) {
	t.Parallel()
	for reason, q := range map[string]stuck.Query{
		"action is missing; name the actions whose tasks may be stuck": {Actions: []string{" ", ""}},
		"age is 2m59s; it must be 3m0s or more":                        {Actions: []string{"note"}, Age: 179 * time.Second},
		"age is -1s; it must be 3m0s or more":                          {Actions: []string{"note"}, Age: -time.Second},
	} {
		for _, err := range stuck.New(stuck.Config{}).Find(t.Context(), q) {
			require.EqualError(t, err, reason)
		}
	}
	require.Equal(t, 180*time.Second, stuck.Query{}.WithDefaults().Age)
}

func TestFindTheTasksThatNobodyWillTake(t *testing.T) {
	b := setup(t)
	old, older := b.enqueue("note", 10*time.Minute, 0), b.enqueue("note", 2*time.Hour, 0)
	b.enqueue("note", time.Minute, 0)            // too young
	b.enqueue("note", 10*time.Minute, time.Hour) // its time has not come
	b.enqueue("other", time.Hour, 0)             // not asked for
	q := stuck.Query{Actions: []string{"note", "absent"}, Queue: b.queue}
	b.await(q, map[task.ID]stuck.Cause{old: stuck.NoWorker, older: stuck.NoWorker})

	var order []task.ID
	for found, err := range b.finder.Find(t.Context(), q) {
		require.NoError(t, err)
		order = append(order, found.ID)
	}
	require.Equal(t, []task.ID{older, old}, order)
	b.await(stuck.Query{Actions: q.Actions, Queue: b.queue, Age: time.Hour}, map[task.ID]stuck.Cause{older: stuck.NoWorker})
	require.Empty(t, b.find(stuck.Query{Actions: q.Actions, Queue: b.queue + "-new"}))

	_, err := b.client.Queues().Pause(t.Context(), b.queue, "it is meant to wait")
	require.NoError(t, err)
	require.Empty(t, b.find(q))
	_, err = b.client.Queues().Resume(t.Context(), b.queue)
	require.NoError(t, err)
	require.Len(t, b.find(q), 2)

	// When a worker is there, nothing is stuck.
	b.work(b.client, false)
	b.await(q, map[task.ID]stuck.Cause{})
}

func TestFindActionsThatNoWorkerKnows(t *testing.T) {
	b := setup(t)
	b.work(b.client, false)
	unknown := b.enqueue("unknown", time.Hour, 0)
	b.await(stuck.Query{Actions: []string{"unknown", "note"}, Queue: b.queue}, map[task.ID]stuck.Cause{unknown: stuck.UnknownAction})
}

func TestFindTasksOfAQueueWhoseActionsNobodyAsksFor(t *testing.T) {
	b := setup(t)
	b.work(b.client, true) // it runs workflows, and no actions
	id := b.enqueue("note", time.Hour, 0)
	b.await(stuck.Query{Actions: []string{"note"}, Queue: b.queue}, map[task.ID]stuck.Cause{id: stuck.NoTaker})
}

// 57, 58: a task is restarted once, in the queue that it now belongs to.
func TestRestart(t *testing.T) {
	b := setup(t)
	id := b.enqueue("note", time.Hour, 0)
	q := stuck.Query{Actions: []string{"note"}, Queue: b.queue}
	b.await(q, map[task.ID]stuck.Cause{id: stuck.NoWorker})
	moved := b.newClient(map[string]string{"note": b.queue + "-new"})
	finder := stuck.New(stuck.Config{Client: moved, Temporal: b.temporal, Namespace: temporaltest.Namespace})
	for found, err := range finder.Find(t.Context(), q) {
		require.NoError(t, err)
		again, err := finder.Restart(t.Context(), found)
		require.NoError(t, err)
		require.NotEqual(t, id, again.ID)
		require.Equal(t, b.queue+"-new", again.Queue)
		require.Equal(t, "note", again.Action)
		require.JSONEq(t, `{"n":1}`, string(again.Parameters))
		require.Equal(t, "from the past", again.Label)
		require.Equal(t, "jane", again.Owner)
		require.Equal(t, task.CategoryImport, again.Category)

		former, err := b.client.TaskLog().Get(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, task.Cancelled, former.Status)
		_, err = finder.Restart(t.Context(), found)
		require.ErrorContains(t, err, "has been cancelled meanwhile")
	}
	b.await(q, map[task.ID]stuck.Cause{})
}

func TestRestartLeavesATaskAloneThatHasRun(t *testing.T) {
	b := setup(t)
	b.work(b.client, false)
	id := b.enqueue("note", time.Hour, 0)
	var e tasklog.Entity
	require.Eventually(t, func() bool {
		var err error
		e, err = b.client.TaskLog().Get(t.Context(), id)
		return err == nil && e.Status == task.Completed
	}, patience, 50*time.Millisecond)
	_, err := b.finder.Restart(t.Context(), stuck.Task{Entity: e})
	var refused *tasklog.NotEligibleError
	require.ErrorAs(t, err, &refused)
}
