package worker_test

import (
	"context"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/worker"
)

func TestALongTaskKeepsNoOtherTaskFromAnIdleWorker(t *testing.T) {
	b := setup(t)
	bound := patience // of a machine that does other things as well
	if os.Getenv(thorough) != "" {
		bound = 2 * time.Second
	}
	blocked, release := make(chan struct{}), make(chan struct{})
	b.register("long", func(context.Context, json.RawMessage) (task.Report, error) {
		close(blocked)
		<-release
		return task.Success("done"), nil
	})
	started := make(chan time.Time, 1)
	b.register("short", func(context.Context, json.RawMessage) (task.Report, error) {
		started <- time.Now()
		return task.Success("done"), nil
	})
	queues := []worker.Queue{{Name: b.queue("a")}, {Name: b.queue("b")}}
	b.start(worker.Config{Queues: queues})
	for _, q := range queues {
		b.awaitPoll(q.Name)
	}
	long := b.enqueue(b.queue("a"), "long", `{}`)
	temporaltest.Receive(t, blocked)
	b.start(worker.Config{Queues: queues})
	for i := range 10 {
		// The worker that is busy has a poll open in queue b, and so may get its first task.
		enqueued := time.Now()
		id := b.enqueue(queues[(i+1)%2].Name, "short", `{}`)
		select {
		case at := <-started:
			require.Less(t, at.Sub(enqueued), bound)
			t.Logf("started after %s", at.Sub(enqueued).Round(time.Millisecond))
		case <-time.After(patience):
			t.Fatal("the idle worker did not get the task")
		}
		_, err := b.result(id)
		require.NoError(t, err)
	}
	close(release)
	_, err := b.result(long)
	require.NoError(t, err)
}

// awaitPoll waits until somebody polls the queue for activities.
func (b *testBundle) awaitPoll(queue string) {
	b.t.Helper()
	require.Eventually(b.t, func() bool {
		described, err := b.client.DescribeTaskQueue(b.t.Context(), queue, enumspb.TASK_QUEUE_TYPE_ACTIVITY)
		return err == nil && len(described.GetPollers()) > 0
	}, patience, 10*time.Millisecond)
}
