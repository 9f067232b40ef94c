package brokertest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/task"
)

var cases = []struct {
	name string
	run  func(*testing.T, *bundle)
}{
	{"a task is in the log as it was enqueued", testTaskIsInTheLog},
	{"a task that fails was enqueued all the same", testFailure},
	{"an id runs once", testDuplicate},
	{"large tasks are taken, too large ones refused", testSizes},
	{"any text comes through", testText},
	{"a delayed task waits", testDelay},
	{"many enqueue at a time", testConcurrentEnqueuers},
	{"initializing may be repeated", testInitialize},
	{"a caller that has gone enqueues nothing", testCancelledContext},
	{"the dispatcher knows whether it is sync", testSync},
}

func testTaskIsInTheLog(t *testing.T, b *bundle) {
	b.work(t)
	created := b.enqueue(t, "note", map[string]any{"day": "Monday"}, taskqueue.Options{
		Owner: "jane", Category: task.CategoryExport, ParentID: task.NewID(), Master: true, Priority: 2,
	})
	entity := b.closed(t, created.ID)
	require.Equal(t, task.Completed, entity.Status)
	require.Equal(t, "note", entity.TaskName)
	require.Equal(t, "a label", entity.Label)
	require.Equal(t, b.queue, entity.Queue)
	require.Equal(t, "jane", entity.Owner)
	require.Equal(t, task.CategoryExport, entity.Category)
	require.Equal(t, created.ParentID, entity.ParentID)
	require.True(t, entity.MasterStatus)
	require.JSONEq(t, `{"day": "Monday"}`, entity.Parameters)
	require.Equal(t, created.CreatedAt, entity.CreatedAt.UTC())
	require.Equal(t, "noted", entity.Report.Children[0].Message)
	b.requireOnce(t, []task.ID{created.ID})
	if b.Broker.Sync() {
		require.Equal(t, entity.Report, created.Report, "the report is in hand when enqueuing returns")
	} else {
		require.Nil(t, created.Report)
	}
}

func testFailure(t *testing.T, b *bundle) {
	b.work(t)
	created := b.enqueue(t, "fail", nil, taskqueue.Options{})
	entity := b.closed(t, created.ID)
	require.Equal(t, task.Failed, entity.Status)
	require.Contains(t, entity.Report.Messages(), "out of ink")
	if b.Broker.Sync() {
		require.True(t, created.Report.Failed())
	}
}

func testDuplicate(t *testing.T, b *bundle) {
	b.work(t)
	o := taskqueue.Options{ID: task.NewID()}
	b.enqueue(t, "note", nil, o)
	again := func() {
		_, err := b.client.CreateTask(t.Context(), "note", nil, "", &o)
		if _, duplicate := errors.AsType[*task.DuplicateError](err); !duplicate {
			require.NoError(t, err, "a store may take it, and drop it later")
		}
	}
	again()
	b.closed(t, o.ID)
	again()
	// The second one overtakes nothing: what follows it has run, so it has been dealt with.
	last := b.enqueue(t, "note", nil, taskqueue.Options{})
	b.requireOnce(t, []task.ID{o.ID, last.ID})
}

func testSizes(t *testing.T, b *bundle) {
	b.work(t)
	large := b.enqueue(t, "echo", map[string]string{"text": strings.Repeat("x", 1_500_000)}, taskqueue.Options{})
	entity := b.closed(t, large.ID)
	require.Equal(t, task.Completed, entity.Status)
	require.Equal(t, "1500011 bytes", entity.Report.Children[0].Message)

	_, err := b.client.CreateTask(t.Context(), "echo", strings.Repeat("x", temporal.MaxTaskSize), "", nil)
	var tooLarge *task.TooLargeError
	require.ErrorAs(t, err, &tooLarge)
}

func testText(t *testing.T, b *bundle) {
	b.work(t)
	const text = "Zoë's \"quoted\" \\ 漢字 🖨 <b> & \t\n %s $1 ? \u2028"
	created, err := b.client.CreateTask(t.Context(), "note", map[string]string{"text": text + "\x00"}, text, &taskqueue.Options{Owner: text})
	require.NoError(t, err)
	entity := b.closed(t, created.ID)
	require.Equal(t, text, entity.Label)
	require.Equal(t, text, entity.Owner)
	require.JSONEq(t, string(created.Parameters), entity.Parameters)
}

func testDelay(t *testing.T, b *bundle) {
	b.work(t)
	const delay = 2 * time.Second
	began := time.Now()
	created := b.enqueue(t, "note", nil, taskqueue.Options{Delay: delay})
	b.requireOnce(t, []task.ID{created.ID})
	require.GreaterOrEqual(t, time.Since(began), delay)
}

func testConcurrentEnqueuers(t *testing.T, b *bundle) {
	b.work(t)
	const enqueuers, each = 8, 12
	ids := make([]task.ID, enqueuers*each)
	var running sync.WaitGroup
	for e := range enqueuers {
		running.Go(func() {
			for i := range each {
				created, err := b.client.CreateTask(t.Context(), "note", nil, "", nil)
				if err != nil {
					t.Errorf("enqueue: %v", err)
					return
				}
				ids[e*each+i] = created.ID
			}
		})
	}
	running.Wait()
	b.requireOnce(t, ids)
}

func testInitialize(t *testing.T, b *bundle) {
	created := make(chan task.ID, 1)
	if !b.Broker.Sync() {
		created <- b.enqueue(t, "note", nil, taskqueue.Options{}).ID
	}
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			if err := b.Broker.Initialize(t.Context(), b.queue); err != nil {
				t.Errorf("initialize: %v", err)
			}
		})
	}
	running.Wait()
	if b.Broker.Sync() {
		created <- b.enqueue(t, "note", nil, taskqueue.Options{}).ID
	}
	b.work(t)
	b.requireOnce(t, []task.ID{<-created})
}

func testCancelledContext(t *testing.T, b *bundle) {
	b.work(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := b.client.CreateTask(gone, "note", nil, "", nil)
	require.ErrorContains(t, err, "cancel")
	last := b.enqueue(t, "note", nil, taskqueue.Options{})
	b.requireOnce(t, []task.ID{last.ID})
}

func testSync(t *testing.T, b *bundle) {
	require.Equal(t, b.Broker.Sync(), b.client.Dispatcher().IsSync())
	if !b.Broker.Sync() {
		b.enqueue(t, "note", nil, taskqueue.Options{})
		require.Eventually(t, func() bool {
			n, err := b.Broker.Count(t.Context(), b.queue)
			return err == nil && n == 1
		}, Patience, 100*time.Millisecond)
		b.work(t)
	} else {
		b.enqueue(t, "note", nil, taskqueue.Options{})
	}
	require.Eventually(t, func() bool {
		n, err := b.Broker.Count(t.Context(), b.queue)
		return err == nil && n == 0
	}, Patience, 100*time.Millisecond)
}
