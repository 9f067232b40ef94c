package taskqueue_test

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/task"
)

func TestEnqueuedTasksAreCounted(t *testing.T) {
	b := setup(t, nil)
	enqueue := func(action string, o taskqueue.Options) error {
		_, err := b.client.CreateTask(t.Context(), action, nil, "", &o)
		return err
	}
	bulk, urgent := b.prefix+"-bulk", b.prefix+"-urgent"
	require.NoError(t, enqueue("a", taskqueue.Options{ID: task.ID(b.prefix), Queue: bulk}))
	require.NoError(t, enqueue("a", taskqueue.Options{Queue: bulk}))
	require.Error(t, enqueue("a", taskqueue.Options{ID: task.ID(b.prefix), Queue: bulk}))
	for range 2 { // the second is answered with the first
		require.NoError(t, enqueue("a", taskqueue.Options{IdempotencyKey: b.prefix, Queue: urgent}))
	}
	require.Error(t, enqueue("", taskqueue.Options{Queue: bulk}))
	require.Error(t, enqueue("a", taskqueue.Options{Queue: "nowhere"}))
	_, err := b.client.CreateTaskTx(t.Context(), nil, "a", nil, "", &taskqueue.Options{Queue: bulk})
	require.Error(t, err)
	want := strings.NewReplacer("BULK", bulk, "URGENT", urgent).Replace(`
# HELP taskqueue_enqueued_total Tasks that this process was asked to enqueue, by result: enqueued, duplicate, refused or failed.
# TYPE taskqueue_enqueued_total counter
taskqueue_enqueued_total{broker="",queue="",result="refused"} 1
taskqueue_enqueued_total{broker="temporal",queue="BULK",result="duplicate"} 1
taskqueue_enqueued_total{broker="temporal",queue="BULK",result="enqueued"} 2
taskqueue_enqueued_total{broker="temporal",queue="BULK",result="failed"} 0
taskqueue_enqueued_total{broker="temporal",queue="BULK",result="refused"} 2
taskqueue_enqueued_total{broker="temporal",queue="URGENT",result="duplicate"} 1
taskqueue_enqueued_total{broker="temporal",queue="URGENT",result="enqueued"} 1
taskqueue_enqueued_total{broker="temporal",queue="URGENT",result="failed"} 0
taskqueue_enqueued_total{broker="temporal",queue="URGENT",result="refused"} 0
`)
	require.NoError(t, testutil.CollectAndCompare(b.client, strings.NewReader(want)))
}
