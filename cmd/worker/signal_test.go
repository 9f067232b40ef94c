//go:build unix

package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
)

// appendConfig adds lines to the configuration of the workers.
func (b *bundle) appendConfig(t *testing.T, text string) {
	t.Helper()
	file, err := os.OpenFile(b.config, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = file.WriteString(text)
	require.NoError(t, err)
	require.NoError(t, file.Close())
}

// pending returns the task's activity that has not ended.
func pending(t *testing.T, c client.Client, id task.ID) *workflowpb.PendingActivityInfo {
	t.Helper()
	d, err := c.DescribeWorkflowExecution(t.Context(), string(id), "")
	require.NoError(t, err)
	if len(d.GetPendingActivities()) == 0 {
		return nil // its workflow has not begun
	}
	return d.GetPendingActivities()[0]
}

func TestASecondInterruptEndsTheWorkerAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.appendConfig(t, "worker: {shutdownTimeout: 1h}\n")
	p := b.start(t, "--concurrency=1")
	b.enqueue(t, "/running")
	require.Equal(t, "/running", b.called(t))
	waiting := b.enqueue(t, "/waiting")
	p.signal(t, syscall.SIGINT)
	p.requireLogged(t, "The worker stops")
	p.signal(t, syscall.SIGINT) // the task still runs
	p.wait(t)
	require.Equal(t, syscall.SIGINT, p.command.ProcessState.Sys().(syscall.WaitStatus).Signal())

	b.requireStatus(t, waiting, task.Enqueued)
	b.start(t)
	require.Equal(t, "/waiting", b.called(t))
	b.answers <- struct{}{} // one of the two; the lost worker's call ends as nobody waits for it
	b.answers <- struct{}{}
	b.requireStatus(t, waiting, task.Completed)
}

// A worker may have received a task for which it has no permit. When it is stopped, such a task goes back, and has not run.
func TestAStoppingWorkerGivesBackWhatItHasNotStarted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	second := b.queue + "-second"
	text, err := os.ReadFile(b.config)
	require.NoError(t, err)
	two := strings.Replace(string(text), "queues: [", "queues: [{name: "+second+"}, ", 1)
	require.NoError(t, os.WriteFile(b.config, []byte(two), 0o600))
	connection := temporaltest.Dial(t)
	b.client, err = taskqueue.New(taskqueue.Config{Temporal: connection, Queues: []taskqueue.Queue{{Name: b.queue}, {Name: second}}})
	require.NoError(t, err)

	p := b.start(t, "--concurrency=1")
	// The poll that is open on the second queue will bring a task although the permit is taken.
	require.Eventually(t, func() bool {
		d, err := connection.DescribeTaskQueue(t.Context(), second, enumspb.TASK_QUEUE_TYPE_ACTIVITY)
		return err == nil && len(d.GetPollers()) > 0
	}, patience, 20*time.Millisecond)
	running := b.enqueue(t, "/running")
	require.Equal(t, "/running", b.called(t))
	made, err := b.client.CreateTask(t.Context(), "http.request", map[string]any{"url": b.url + "/held"}, "", &taskqueue.Options{Queue: second})
	require.NoError(t, err)
	held := made.ID
	require.Eventually(t, func() bool {
		a := pending(t, connection, held)
		return a.GetState() == enumspb.PENDING_ACTIVITY_STATE_STARTED || a.GetAttempt() > 1
	}, patience, 5*time.Millisecond, "the worker has not received the task")

	p.signal(t, syscall.SIGTERM)
	p.requireLogged(t, "The worker stops")
	b.answers <- struct{}{}
	require.Equal(t, 0, p.wait(t), p.stderr.String())
	b.requireStatus(t, running, task.Completed)
	b.requireStatus(t, held, task.Enqueued)
	require.Equal(t, enumspb.PENDING_ACTIVITY_STATE_SCHEDULED, pending(t, connection, held).GetState())
	require.Empty(t, b.calls)

	b.start(t)
	require.Equal(t, "/held", b.called(t))
	b.answers <- struct{}{}
	b.requireStatus(t, held, task.Completed)
	require.Empty(t, b.calls, "a task has run twice")
}

func TestEitherUserSignalPauses(t *testing.T) {
	t.Parallel()
	for _, s := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGUSR2} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			p := b.start(t)
			p.requireLogged(t, "The worker starts")
			p.signal(t, s)
			p.requireLogged(t, "The worker is paused")
			id := b.enqueue(t, "/")
			select {
			case path := <-b.calls:
				require.Fail(t, "a paused worker has run a task", path)
			case <-time.After(time.Second):
			}
			b.requireStatus(t, id, task.Enqueued)
			p.signal(t, syscall.SIGCONT)
			p.requireLogged(t, "The worker is resumed")
			b.called(t)
			b.answers <- struct{}{}
			b.requireStatus(t, id, task.Completed)

			// A worker that is paused can be stopped.
			p.signal(t, s)
			p.signal(t, syscall.SIGTERM)
			require.Equal(t, 0, p.wait(t), p.stderr.String())
		})
	}
}

func TestLimitIsExactWithSeveralTasksAtATime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const tasks, limit = 7, 5
	ids := make([]task.ID, tasks)
	for i := range ids {
		ids[i] = b.enqueue(t, fmt.Sprintf("/%d", i))
		b.answers <- struct{}{}
	}
	p := b.start(t, "--queue="+b.queue, fmt.Sprintf("--limit=%d", limit), "--concurrency=3")
	require.Equal(t, 0, p.wait(t), p.stderr.String())
	require.Len(t, b.calls, limit)
	statuses := map[task.Status]int{}
	for _, id := range ids {
		entity, err := b.client.TaskLog().Get(t.Context(), id)
		require.NoError(t, err)
		statuses[entity.Status]++
	}
	require.Equal(t, map[task.Status]int{task.Completed: limit, task.Enqueued: tasks - limit}, statuses)

	p = b.start(t, "--queue="+b.queue, fmt.Sprintf("--limit=%d", tasks-limit))
	require.Equal(t, 0, p.wait(t), p.stderr.String())
	calls := make([]string, tasks)
	for i := range calls {
		calls[i] = b.called(t)
	}
	slices.Sort(calls)
	require.Equal(t, []string{"/0", "/1", "/2", "/3", "/4", "/5", "/6"}, calls)
}
