package worker_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/worker"
)

var errUnreachable = errors.New("the host is unreachable")

// one starts a worker with this action, and enqueues a task for it.
func (b *testBundle) one(action activities.Action) task.ID {
	b.t.Helper()
	require.NoError(b.t, b.actions.Add(action))
	b.start(worker.Config{Queues: []worker.Queue{{Name: b.queue("a")}}, Concurrency: 2})
	return b.enqueue(b.queue("a"), action.Name, `{}`)
}

// attempts returns what the log will say of how often the action was started.
func (b *testBundle) attempts(id task.ID) (n int) {
	b.t.Helper()
	payload := b.describe(id).GetWorkflowExecutionInfo().GetMemo().GetFields()[attribute.MemoAttempts]
	if payload != nil {
		require.NoError(b.t, converter.GetDefaultDataConverter().FromPayload(payload, &n))
	}
	return n
}

func TestAnIdempotentActionIsTriedAgain(t *testing.T) {
	b := setup(t)
	var calls atomic.Int32
	id := b.one(activities.Action{
		Name: "flaky", Policy: task.Policy{Attempts: 5, Backoff: 10 * time.Millisecond},
		Run: func(context.Context, json.RawMessage) (task.Report, error) {
			if calls.Add(1) < 3 {
				return task.Report{}, errUnreachable
			}
			return task.Success("reached"), nil
		},
	})
	report, err := b.result(id)
	require.NoError(t, err)
	require.Equal(t, "reached", report.Children[0].Message)
	require.EqualValues(t, 3, calls.Load())
	require.Equal(t, 3, b.attempts(id))
}

func TestAnIdempotentActionFailsWhenItsAttemptsAreUsedUp(t *testing.T) {
	b := setup(t)
	var calls atomic.Int32
	id := b.one(activities.Action{
		Name: "broken", Policy: task.Policy{Attempts: 2, Backoff: 10 * time.Millisecond},
		Run: func(context.Context, json.RawMessage) (task.Report, error) {
			calls.Add(1)
			return task.Report{}, errUnreachable
		},
	})
	_, err := b.result(id)
	require.ErrorContains(t, err, errUnreachable.Error())
	require.EqualValues(t, 2, calls.Load())
	require.Equal(t, 2, b.attempts(id))
}

func TestPermanentErrorsAreNotTriedAgain(t *testing.T) {
	for name, returned := range map[string]error{
		"declared": errors.Join(errors.New("call"), errUnreachable), "marked": activities.Permanent(errors.New("no such account")),
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			var calls atomic.Int32
			id := b.one(activities.Action{
				Name: "call", Policy: task.Policy{Attempts: 5, Backoff: 10 * time.Millisecond}, Permanent: []error{errUnreachable},
				Run: func(context.Context, json.RawMessage) (task.Report, error) {
					calls.Add(1)
					return task.Report{}, returned
				},
			})
			_, err := b.result(id)
			require.Error(t, err)
			require.EqualValues(t, 1, calls.Load())
			require.Equal(t, 1, b.attempts(id))
		})
	}
}

func TestRetryAfterReplacesTheBackoff(t *testing.T) {
	b := setup(t)
	var calls atomic.Int32
	id := b.one(activities.Action{
		Name: "throttled", Policy: task.Policy{Attempts: 2, Backoff: time.Hour},
		Run: func(context.Context, json.RawMessage) (task.Report, error) {
			if calls.Add(1) == 1 {
				return task.Report{}, activities.RetryAfter(errUnreachable, time.Millisecond)
			}
			return task.Success("done"), nil
		},
	})
	_, err := b.result(id)
	require.NoError(t, err)
}

func TestHandingBackIsNoAttempt(t *testing.T) {
	b := setup(t)
	var calls atomic.Int32
	require.NoError(t, b.actions.Add(activities.Action{
		Name: "flaky", Policy: task.Policy{Attempts: 2, Backoff: 10 * time.Millisecond},
		Run: func(context.Context, json.RawMessage) (task.Report, error) {
			if calls.Add(1) == 1 {
				return task.Report{}, errUnreachable
			}
			return task.Success("reached"), nil
		},
	}))
	stranger := &testBundle{t: t, client: b.client, actions: activities.NewRegistry(), prefix: b.prefix}
	_, stop, wait := stranger.start(worker.Config{Queues: []worker.Queue{{Name: b.queue("a")}}})
	policy := task.Policy{Attempts: 2, Backoff: 10 * time.Millisecond}
	id := b.enqueueWith(b.queue("a"), "flaky", &policy)
	require.Eventually(t, func() bool {
		pending := b.describe(id).GetPendingActivities()
		return len(pending) == 1 && pending[0].GetAttempt() > 1
	}, patience, 50*time.Millisecond)
	stop()
	require.NoError(t, wait())
	require.Zero(t, calls.Load())
	b.start(worker.Config{Queues: []worker.Queue{{Name: b.queue("a")}}})
	_, err := b.result(id)
	require.NoError(t, err)
	require.EqualValues(t, 2, calls.Load())
	require.Equal(t, 2, b.attempts(id))
}

func TestATimeoutEndsTheContextAndFailsTheTask(t *testing.T) {
	b := setup(t)
	id := b.one(activities.Action{
		Name: "slow", Policy: task.Policy{Timeout: 100 * time.Millisecond},
		Run: func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
			<-ctx.Done()
			return task.Report{}, ctx.Err()
		},
	})
	_, err := b.result(id)
	require.ErrorContains(t, err, "the task took longer than its timeout of 100ms")
}

func TestProgressReachesTheServer(t *testing.T) {
	b := setup(t)
	release := make(chan struct{})
	id := b.one(activities.Action{
		Name: "long",
		Run: func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
			activities.Progress(ctx, 40, "4 of 10 rows")
			<-release
			return task.Success("done"), nil
		},
	})
	var told task.Progress
	require.Eventually(t, func() bool {
		for _, pending := range b.describe(id).GetPendingActivities() {
			if details := pending.GetHeartbeatDetails(); details != nil {
				require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(details, &told))
				return true
			}
		}
		return false
	}, patience, 50*time.Millisecond)
	require.Equal(t, task.Progress{Percent: 40, Message: "4 of 10 rows"}, told)
	close(release)
	_, err := b.result(id)
	require.NoError(t, err)
}

func TestAFastActionNeedsNoActivityTask(t *testing.T) {
	b := setup(t)
	id := b.one(activities.Action{
		Name: "quick", Policy: task.Policy{Attempts: 3, Fast: true},
		Run: func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
			return task.Success("%s", activities.TaskID(ctx)), nil
		},
	})
	report, err := b.result(id)
	require.NoError(t, err)
	require.Equal(t, string(id), report.Children[0].Message)
	require.Zero(t, b.count(id, enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED))
	require.Equal(t, 1, b.attempts(id))
}

func TestAFastActionIsTriedAgainAsItsPolicySays(t *testing.T) {
	b := setup(t)
	var calls atomic.Int32
	id := b.one(activities.Action{
		Name: "quick", Policy: task.Policy{Attempts: 3, Fast: true, Timeout: 200 * time.Millisecond, Backoff: 300 * time.Millisecond},
		Run: func(context.Context, json.RawMessage) (task.Report, error) {
			if calls.Add(1) < 3 {
				return task.Report{}, errUnreachable
			}
			return task.Success("reached"), nil
		},
	})
	_, err := b.result(id)
	require.NoError(t, err)
	require.Equal(t, 3, b.attempts(id))
}

func TestAnErrorOfAnySizeFailsTheTask(t *testing.T) {
	b := setup(t)
	id := b.one(activities.Action{Name: "verbose", Run: func(context.Context, json.RawMessage) (task.Report, error) {
		return task.Report{}, errors.New(strings.Repeat("e", 3<<20))
	}})
	_, err := b.result(id)
	var failed *temporal.ApplicationError
	require.ErrorAs(t, err, &failed)
	require.Less(t, len(failed.Message()), 5<<10)
	var report task.Report
	require.NoError(t, failed.Details(&report))
	require.Contains(t, report.Children[0].Message, "eee")
}

func TestACancelledActionIsCancelledWhateverItReturns(t *testing.T) {
	b := setup(t)
	started := make(chan struct{})
	id := b.one(activities.Action{Name: "killed", Run: func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
		close(started)
		<-ctx.Done()
		return task.Report{}, errors.New("signal: killed")
	}})
	temporaltest.Receive(t, started)
	require.NoError(t, b.client.CancelWorkflow(t.Context(), string(id), ""))
	_, err := b.result(id)
	var canceled *temporal.CanceledError
	require.ErrorAs(t, err, &canceled)
}

func TestAFastActionThatThisWorkerDeclinesGoesTheWayOfAllOthers(t *testing.T) {
	b := setup(t)
	release := make(chan struct{})
	b.register("block", func(context.Context, json.RawMessage) (task.Report, error) {
		<-release
		return task.Success("done"), nil
	})
	require.NoError(t, b.actions.Add(activities.Action{Name: "quick", Policy: task.Policy{Attempts: 2, Fast: true}, Run: ok}))
	b.start(worker.Config{Queues: []worker.Queue{{Name: b.queue("a")}}})
	blocking := b.enqueue(b.queue("a"), "block", `{}`)
	require.Eventually(t, func() bool {
		pending := b.describe(blocking).GetPendingActivities()
		return len(pending) == 1 && pending[0].GetState() == enumspb.PENDING_ACTIVITY_STATE_STARTED
	}, patience, 20*time.Millisecond)
	id := b.enqueue(b.queue("a"), "quick", `{}`)
	require.Eventually(t, func() bool {
		return b.count(id, enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) == 1
	}, patience, 50*time.Millisecond)
	close(release)
	_, err := b.result(id)
	require.NoError(t, err)
}

func TestATaskWhoseWorkIsDoneElsewhereEndsWithThatWork(t *testing.T) {
	for name, last := range map[string]task.Status{"completed": task.Completed, "failed": task.Failed} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			var asked atomic.Int32
			id := b.one(activities.Action{
				Name: "render", Run: ok,
				RemoteStatus: func(_ context.Context, asking *task.Task) (task.Status, error) {
					require.Equal(t, "render", asking.Action)
					if asked.Add(1) == 1 {
						return task.Running, nil
					}
					return last, nil
				},
			})
			_, err := b.result(id)
			require.GreaterOrEqual(t, asked.Load(), int32(2))
			if last == task.Failed {
				require.ErrorContains(t, err, "failed where its work was done")
				return
			}
			require.NoError(t, err)
		})
	}
}

// count returns how many events of a type the task's history has.
func (b *testBundle) count(id task.ID, kind enumspb.EventType) (n int) {
	b.t.Helper()
	events := b.client.GetWorkflowHistory(b.t.Context(), string(id), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(b.t, err)
		if event.GetEventType() == kind {
			n++
		}
	}
	return n
}
