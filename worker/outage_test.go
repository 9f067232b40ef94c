package worker_test

import (
	"context"
	"encoding/json"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/worker"
)

// errTimeUp is the answer to a call that the server has not answered in time.
var errTimeUp = status.Error(codes.DeadlineExceeded, "the server does not answer")

// setupFaulty is setup with a connection on which calls fail as fail says.
func setupFaulty(t *testing.T, fail func(ctx context.Context, request any) error) *testBundle {
	b := setup(t)
	b.client = temporaltest.Dial(t, grpc.WithChainUnaryInterceptor(func(
		ctx context.Context, method string, request, reply any, cc *grpc.ClientConn, invoker grpc.UnaryInvoker, opts ...grpc.CallOption,
	) error {
		if err := fail(ctx, request); err != nil {
			return err
		}
		return invoker(ctx, method, request, reply, cc, opts...)
	}))
	return b
}

// patient leaves time for a heartbeat that comes late, as on a slow machine.
var patient = task.Policy{HeartbeatTimeout: 12 * time.Second}

func TestAHeartbeatThatFailsDisturbsNothing(t *testing.T) {
	var heartbeats atomic.Int32
	again := make(chan struct{})
	b := setupFaulty(t, func(ctx context.Context, request any) error {
		if _, ok := request.(*workflowservice.RecordActivityTaskHeartbeatRequest); ok {
			switch heartbeats.Add(1) {
			case 1:
				<-ctx.Done()
				return status.FromContextError(ctx.Err()).Err()
			case 2:
				close(again)
			}
		}
		return nil
	})
	id := b.one(activities.Action{Name: "long", Policy: patient, Run: func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
		select {
		case <-again:
			return task.Success("done"), nil
		case <-ctx.Done():
			return task.Report{}, context.Cause(ctx)
		}
	}})
	_, err := b.result(id)
	require.NoError(t, err)
}

func TestAResultIsReportedUntilItIsAccepted(t *testing.T) {
	var until atomic.Pointer[time.Time]
	b := setupFaulty(t, func(_ context.Context, request any) error {
		if _, ok := request.(*workflowservice.RespondActivityTaskCompletedRequest); ok {
			end := time.Now().Add(patient.HeartbeatTimeout) // so heartbeats must go on
			until.CompareAndSwap(nil, &end)
			if time.Now().Before(*until.Load()) {
				return errTimeUp
			}
		}
		return nil
	})
	id := b.one(activities.Action{Name: "short", Policy: patient, Run: ok})
	_, err := b.result(id)
	require.NoError(t, err)
}

func TestAWorkerStopsWhenItsResultsAreAccepted(t *testing.T) {
	tried, reachable := make(chan struct{}), make(chan struct{})
	var tries atomic.Int32
	b := setupFaulty(t, func(_ context.Context, request any) error {
		if _, ok := request.(*workflowservice.RespondActivityTaskCompletedRequest); ok {
			if tries.Add(1) == 1 {
				close(tried)
			}
			select {
			case <-reachable:
			default:
				return errTimeUp
			}
		}
		return nil
	})
	b.register("short", ok)
	_, cancel, wait := b.start(worker.Config{Queues: []worker.Queue{{Name: b.queue("a")}}})
	id := b.enqueue(b.queue("a"), "short", `{}`)
	temporaltest.Receive(t, tried)
	cancel()
	ended := make(chan error, 1)
	go func() { ended <- wait() }()
	select {
	case <-ended:
		require.Fail(t, "the worker left its result behind")
	case <-time.After(time.Second):
	}
	close(reachable)
	require.NoError(t, temporaltest.Receive(t, ended))
	_, err := b.result(id) // nobody serves the queue any more
	require.NoError(t, err)
}

func TestAResultThatIsRefusedFailsTheTask(t *testing.T) {
	b := setupFaulty(t, func(_ context.Context, request any) error {
		if _, ok := request.(*workflowservice.RespondActivityTaskCompletedRequest); ok {
			return status.Error(codes.InvalidArgument, "no such result")
		}
		return nil
	})
	id := b.one(activities.Action{Name: "short", Run: ok})
	_, err := b.result(id)
	require.ErrorContains(t, err, "the result could not be reported: no such result")
}

func TestATaskIsHandedBackWhenTheServerIsThereAgain(t *testing.T) {
	var heartbeats atomic.Int32
	b := setupFaulty(t, func(_ context.Context, request any) error {
		switch request.(type) {
		case *workflowservice.RecordActivityTaskHeartbeatRequest:
			if heartbeats.Add(1) == 1 {
				return errTimeUp
			}
		case *workflowservice.UpdateActivityOptionsRequest:
			if heartbeats.Load() == 0 {
				return errTimeUp
			}
		}
		return nil
	})
	b.start(worker.Config{Queues: []worker.Queue{{Name: b.queue("a")}}})
	id := b.enqueueWith(b.queue("a"), "later", &patient)
	require.Eventually(t, func() bool {
		pending := b.describe(id).GetPendingActivities()
		return len(pending) == 1 && pending[0].GetAttempt() >= 2
	}, patience, 50*time.Millisecond, "the task was not handed back")
	b.register("later", ok)
	_, err := b.result(id)
	require.NoError(t, err)
}

func TestAnActionEndsWhenItsWorkerCountsAsLost(t *testing.T) {
	var lost atomic.Bool
	b := setupFaulty(t, func(_ context.Context, request any) error {
		switch request.(type) {
		case *workflowservice.RecordActivityTaskHeartbeatRequest, *workflowservice.RespondActivityTaskFailedRequest:
			if !lost.Load() {
				return errTimeUp
			}
		}
		return nil
	})
	ended := make(chan error, 1)
	id := b.one(activities.Action{
		Name: "long", Policy: task.Policy{HeartbeatTimeout: task.MinHeartbeatTimeout},
		Run: func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
			<-ctx.Done()
			ended <- context.Cause(ctx)
			return task.Report{}, ctx.Err()
		},
	})
	require.EqualError(t, temporaltest.Receive(t, ended), "worker lost: Temporal could not be reached for 3s")
	_, err := b.result(id)
	lost.Store(true)
	require.ErrorContains(t, err, "worker lost: the worker that ran the task gave no sign of life for 3s")
}

// TEST_THOROUGH makes the outage longer than the default heartbeat timeout.
func TestWhatRunsSurvivesAnOutageShorterThanItsHeartbeatTimeout(t *testing.T) {
	lasts, policy := 3*time.Second, task.Policy{HeartbeatTimeout: 12 * time.Second}
	if os.Getenv("TEST_THOROUGH") != "" {
		lasts, policy.HeartbeatTimeout = task.DefaultHeartbeatTimeout+5*time.Second, 2*task.DefaultHeartbeatTimeout
	}
	var end atomic.Int64 // of the outage
	b := setupFaulty(t, func(context.Context, any) error {
		if time.Now().UnixNano() < end.Load() {
			return status.Error(codes.Unavailable, "the server is away")
		}
		return nil
	})
	begun := make(chan struct{}, 2)
	run := func(ends time.Duration) activities.Func {
		return func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
			begun <- struct{}{}
			select {
			case <-time.After(ends):
				return task.Success("done"), nil
			case <-ctx.Done():
				return task.Report{}, context.Cause(ctx)
			}
		}
	}
	require.NoError(t, b.actions.Add(activities.Action{Name: "meanwhile", Policy: policy, Run: run(lasts / 2)}))
	require.NoError(t, b.actions.Add(activities.Action{Name: "after", Policy: policy, Run: run(2 * lasts)}))
	b.start(worker.Config{Queues: []worker.Queue{{Name: b.queue("a")}}, Concurrency: 2})
	meanwhile, after := b.enqueue(b.queue("a"), "meanwhile", `{}`), b.enqueue(b.queue("a"), "after", `{}`)
	temporaltest.Receive(t, begun)
	temporaltest.Receive(t, begun)
	end.Store(time.Now().Add(lasts).UnixNano())
	time.Sleep(lasts) // the outage is of this connection, so of the test's calls too
	for _, id := range []task.ID{meanwhile, after} {
		_, err := b.result(id)
		require.NoError(t, err)
	}
}

func TestAPanicKeepsItsStackTrace(t *testing.T) {
	b := setup(t)
	id := b.one(activities.Action{Name: "panic", Run: func(context.Context, json.RawMessage) (task.Report, error) { panic("boom") }})
	_, err := b.result(id)
	var failed *temporal.ApplicationError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, "panic: boom", failed.Message())
	events := b.client.GetWorkflowHistory(t.Context(), string(id), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		if failure := event.GetActivityTaskFailedEventAttributes().GetFailure(); failure != nil {
			require.Equal(t, "PanicError", failure.GetApplicationFailureInfo().GetType())
			require.Contains(t, failure.GetStackTrace(), "TestAPanicKeepsItsStackTrace")
			return
		}
	}
	require.Fail(t, "the history has no failed activity")
}
