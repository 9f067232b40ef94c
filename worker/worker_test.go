package worker_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/distributed-task-queue/taskqueue/activities"
	broker "github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/internal/attribute"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/worker"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

const patience = 2 * time.Minute

// testBundle is what one test works with: a server, an action registry, and a queue prefix of its own.
type testBundle struct {
	t       *testing.T
	client  client.Client
	actions *activities.Registry
	prefix  string
}

func setup(t *testing.T) *testBundle {
	t.Parallel()
	return &testBundle{t: t, client: temporaltest.Dial(t), actions: activities.NewRegistry(), prefix: temporaltest.UniqueName(t)}
}

func (b *testBundle) register(name string, run activities.Func) {
	b.t.Helper()
	require.NoError(b.t, b.actions.Add(activities.Action{Name: name, Run: run}))
}

// queue returns the full name of a queue of this test.
func (b *testBundle) queue(name string) string { return b.prefix + "-" + name }

// start runs a worker on the given queues until the test ends, and returns it with a function that waits for its end.
func (b *testBundle) start(config worker.Config) (*worker.Worker, context.CancelFunc, func() error) {
	b.t.Helper()
	config.Client, config.Actions, config.Logger = b.client, b.actions, temporaltest.Logger(b.t)
	config.Namespace = temporaltest.Namespace
	w, err := worker.New(config)
	require.NoError(b.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	var once sync.Once
	var result error
	wait := func() error {
		once.Do(func() {
			select {
			case result = <-ended:
			case <-time.After(patience):
				result = errors.New("the worker did not end")
			}
		})
		return result
	}
	b.t.Cleanup(func() { cancel(); _ = wait() })
	return w, cancel, wait
}

func (b *testBundle) enqueue(queue, action string, parameters string) task.ID {
	b.t.Helper()
	return b.put(&task.Task{Action: action, Parameters: json.RawMessage(parameters), Metadata: task.Metadata{Queue: queue}})
}

// enqueueWith enqueues a task with the policy of an action that the worker may not know.
func (b *testBundle) enqueueWith(queue, action string, policy *task.Policy) task.ID {
	b.t.Helper()
	return b.put(&task.Task{Action: action, Parameters: task.EmptyParameters, Metadata: task.Metadata{Queue: queue, Policy: policy}})
}

func (b *testBundle) put(t *task.Task) task.ID {
	b.t.Helper()
	t.ID, t.CreatedAt = task.NewID(), time.Now().UTC().Truncate(time.Millisecond)
	require.NoError(b.t, broker.New(b.client).Enqueue(b.t.Context(), t))
	return t.ID
}

// result waits for the task's end.
func (b *testBundle) result(id task.ID) (task.Report, error) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	var report task.Report
	err := b.client.GetWorkflow(ctx, string(id), "").Get(ctx, &report)
	require.NoError(b.t, ctx.Err(), "task %s did not end", id)
	return report, err
}

func (b *testBundle) describe(id task.ID) *workflowservice.DescribeWorkflowExecutionResponse {
	b.t.Helper()
	d, err := b.client.DescribeWorkflowExecution(b.t.Context(), string(id), "")
	require.NoError(b.t, err)
	return d
}

// staysOpen looks for so long that the task does not end.
func (b *testBundle) staysOpen(id task.ID, duration time.Duration) {
	b.t.Helper()
	for end := time.Now().Add(duration); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		require.Equal(b.t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, b.describe(id).GetWorkflowExecutionInfo().GetStatus())
	}
}

func ok(context.Context, json.RawMessage) (task.Report, error) { return task.Success("done"), nil }

func TestRunsTheActionAndKeepsItsReport(t *testing.T) {
	b := setup(t)
	b.register("greet", func(_ context.Context, p json.RawMessage) (task.Report, error) {
		return task.Success("hello %s", p).WithData("greeting.txt"), nil
	})
	b.start(worker.Config{Queues: []worker.Queue{{Name: b.queue("a")}}})
	id := b.enqueue(b.queue("a"), "greet", `{"name":"Ada"}`)
	report, err := b.result(id)
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf("Running task %s", id), report.Message)
	require.Equal(t, task.TypeInfo, report.Type)
	require.Equal(t, `hello {"name":"Ada"}`, report.Children[0].Message)
	require.Equal(t, "greeting.txt", report.FileName())
}

func TestErrorsPanicsAndErrorReportsFailTheTask(t *testing.T) {
	b := setup(t)
	b.register("error", func(context.Context, json.RawMessage) (task.Report, error) {
		return task.Report{}, errors.New("the disk is full")
	})
	b.register("panic", func(context.Context, json.RawMessage) (task.Report, error) { panic("boom") })
	b.register("report", func(context.Context, json.RawMessage) (task.Report, error) {
		return task.Success("fine").Add(task.Info("deeper").Add(task.Error("not fine"))), nil
	})
	b.register("unencodable", func(context.Context, json.RawMessage) (task.Report, error) {
		return task.Success("fine").WithData(make(chan int)), nil
	})
	b.start(worker.Config{Queues: []worker.Queue{{Name: b.queue("a")}}, Concurrency: 4})
	for action, message := range map[string]string{
		"error": "the disk is full", "panic": "boom", "report": "not fine", "unencodable": "cannot be written as JSON",
	} {
		id := b.enqueue(b.queue("a"), action, `{}`)
		_, err := b.result(id)
		var failed *temporal.ApplicationError
		require.ErrorAs(t, err, &failed)
		require.Equal(t, workflows.ErrorTypeFailed, failed.Type())
		require.Contains(t, failed.Message(), message)
		var report task.Report
		require.NoError(t, failed.Details(&report))
		require.True(t, report.Failed())
	}
}

func TestWhateverAnActionSaysIsRecorded(t *testing.T) {
	b := setup(t)
	b.register("echo", func(_ context.Context, p json.RawMessage) (task.Report, error) {
		var text string
		err := json.Unmarshal(p, &text)
		return task.Success("%s", text), err
	})
	b.start(worker.Config{Queues: []worker.Queue{{Name: b.queue("a")}}, Concurrency: 4})
	for _, text := range []string{strings.Repeat(`"`, 1500), strings.Repeat("<td>x</td>", 400), strings.Repeat("😀", 3000), "\x00"} {
		parameters, err := json.Marshal(text)
		require.NoError(t, err)
		report, err := b.result(b.enqueue(b.queue("a"), "echo", string(parameters)))
		require.NoError(t, err)
		require.Equal(t, text, report.Children[0].Message)
	}
}

func TestAReportWithoutTypeIsAnError(t *testing.T) {
	b := setup(t)
	b.register("untyped", func(context.Context, json.RawMessage) (task.Report, error) {
		return task.Report{Message: "m"}.Add(task.Error("broken")), nil
	})
	b.start(worker.Config{Queues: []worker.Queue{{Name: b.queue("a")}}})
	_, err := b.result(b.enqueue(b.queue("a"), "untyped", `{}`))
	require.ErrorContains(t, err, "report type")
}

func TestReturningNoReportCompletes(t *testing.T) {
	b := setup(t)
	b.register("silent", func(context.Context, json.RawMessage) (task.Report, error) { return task.Report{}, nil })
	b.start(worker.Config{Queues: []worker.Queue{{Name: b.queue("a")}}})
	report, err := b.result(b.enqueue(b.queue("a"), "silent", `{}`))
	require.NoError(t, err)
	require.Equal(t, "Task not returned any report.", report.Children[0].Message)
}

func TestReportsUpToTheLimitAreKeptAndLargerOnesAreCut(t *testing.T) {
	b := setup(t)
	b.register("talk", func(_ context.Context, p json.RawMessage) (task.Report, error) {
		var n int
		err := json.Unmarshal(p, &n)
		return task.Success("done").WithData(strings.Repeat("x", n)), err
	})
	b.start(worker.Config{Queues: []worker.Queue{{Name: b.queue("a")}}})
	fits := activities.MaxReportSize - 200
	report, err := b.result(b.enqueue(b.queue("a"), "talk", strconv.Itoa(fits)))
	require.NoError(t, err)
	require.Len(t, report.Children[0].Data, fits)

	report, err = b.result(b.enqueue(b.queue("a"), "talk", strconv.Itoa(2*activities.MaxReportSize)))
	require.NoError(t, err)
	require.Nil(t, report.Children[0].Data)
	require.Contains(t, report.Children[0].Children[0].Message, "were cut")
}

func TestAnActionThatNoWorkerKnowsStaysEnqueuedUntilOneDoes(t *testing.T) {
	b := setup(t)
	b.start(worker.Config{Queues: []worker.Queue{{Name: b.queue("a")}}})
	id := b.enqueue(b.queue("a"), "later", `{}`)
	require.Eventually(t, func() bool {
		pending := b.describe(id).GetPendingActivities()
		return len(pending) == 1 && pending[0].GetAttempt() >= 2
	}, patience, 50*time.Millisecond, "the task was not handed back")
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, b.describe(id).GetWorkflowExecutionInfo().GetStatus())

	b.register("later", ok)
	report, err := b.result(id)
	require.NoError(t, err)
	require.Equal(t, "done", report.Children[0].Message)
}

func TestNeverMoreRunThanPermitsAndHeldTasksGoToIdleWorkers(t *testing.T) {
	b := setup(t)
	var running, most atomic.Int64
	release := make(chan struct{})
	b.register("block", func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
		most.Store(max(most.Load(), running.Add(1)))
		defer running.Add(-1)
		select {
		case <-release:
		case <-ctx.Done():
		}
		return task.Success("done"), nil
	})
	queues := []worker.Queue{{Name: b.queue("a")}, {Name: b.queue("b")}}
	b.start(worker.Config{Queues: queues})
	for _, q := range queues {
		b.awaitPoll(q.Name)
	}
	first := b.enqueue(b.queue("a"), "block", `{}`)
	require.Eventually(t, func() bool { return running.Load() == 1 }, patience, time.Millisecond)

	// The only permit is taken: the second task comes by the parked poll and must go back, uncounted.
	second := b.enqueue(b.queue("b"), "block", `{}`)
	require.Eventually(t, func() bool {
		pending := b.describe(second).GetPendingActivities()
		return len(pending) == 1 && pending[0].GetAttempt() == 2 && pending[0].GetState() == enumspb.PENDING_ACTIVITY_STATE_SCHEDULED
	}, patience, 20*time.Millisecond, "the held task was not handed back")
	require.EqualValues(t, 1, most.Load())

	// An idle worker takes it.
	b.start(worker.Config{Queues: queues})
	require.Eventually(t, func() bool { return running.Load() == 2 }, patience, time.Millisecond)
	close(release)
	for _, id := range []task.ID{first, second} {
		_, err := b.result(id)
		require.NoError(t, err)
	}
}

func TestLimitEndsTheWorkerAfterThatManyTasks(t *testing.T) {
	b := setup(t)
	var runs atomic.Int64
	b.register("count", func(context.Context, json.RawMessage) (task.Report, error) {
		runs.Add(1)
		return task.Success("done"), nil
	})
	for range 8 {
		b.enqueue(b.queue("a"), "count", `{}`)
	}
	_, _, wait := b.start(worker.Config{
		Queues: []worker.Queue{{Name: b.queue("a")}}, Queue: b.queue("a"), Limit: 5, Concurrency: 3,
	})
	require.NoError(t, wait())
	require.EqualValues(t, 5, runs.Load())
}

func TestStoppingWaitsForWhatRuns(t *testing.T) {
	b := setup(t)
	started := make(chan struct{})
	release := make(chan struct{})
	b.register("slow", func(context.Context, json.RawMessage) (task.Report, error) {
		close(started)
		<-release
		return task.Success("done"), nil
	})
	_, cancel, wait := b.start(worker.Config{Queues: []worker.Queue{{Name: b.queue("a")}}})
	id := b.enqueue(b.queue("a"), "slow", `{}`)
	temporaltest.Receive(t, started)
	cancel()
	close(release)
	require.NoError(t, wait())
	// It is recorded although nobody serves the queue any more.
	report, err := b.result(id)
	require.NoError(t, err)
	require.Equal(t, "done", report.Children[0].Message)
}

func TestStoppingCancelsWhatRunsPastTheShutdownTimeout(t *testing.T) {
	b := setup(t)
	started := make(chan struct{})
	b.register("endless", func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
		close(started)
		<-ctx.Done()
		return task.Report{}, context.Cause(ctx)
	})
	_, cancel, wait := b.start(worker.Config{Queues: []worker.Queue{{Name: b.queue("a")}}, ShutdownTimeout: 200 * time.Millisecond})
	id := b.enqueue(b.queue("a"), "endless", `{}`)
	temporaltest.Receive(t, started)
	cancel()
	require.NoError(t, wait())
	_, err := b.result(id)
	require.ErrorContains(t, err, "shut down")
}

func TestPausedWorkerTakesNothingUntilResumed(t *testing.T) {
	b := setup(t)
	b.register("ok", ok)
	w, _, _ := b.start(worker.Config{Queues: []worker.Queue{{Name: b.queue("a")}}})
	w.Pause()
	id := b.enqueue(b.queue("a"), "ok", `{}`)
	b.staysOpen(id, time.Second)
	w.Resume()
	_, err := b.result(id)
	require.NoError(t, err)
}

func TestCancellingARunningTaskEndsItsContext(t *testing.T) {
	b := setup(t)
	started := make(chan struct{})
	b.register("endless", func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
		close(started)
		<-ctx.Done()
		return task.Report{}, ctx.Err()
	})
	b.start(worker.Config{Queues: []worker.Queue{{Name: b.queue("a")}}})
	id := b.enqueue(b.queue("a"), "endless", `{}`)
	temporaltest.Receive(t, started)
	require.NoError(t, b.client.CancelWorkflow(t.Context(), string(id), ""))
	_, err := b.result(id)
	var canceled *temporal.CanceledError
	require.ErrorAs(t, err, &canceled)
	described := b.describe(id).GetWorkflowExecutionInfo()
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED, described.GetStatus())
	var report task.Report
	require.NoError(t, converter.GetDefaultDataConverter().FromPayload(described.GetMemo().GetFields()[attribute.MemoReport], &report))
	require.Contains(t, report.Message, "while it ran")
}

func TestADedicatedWorkerNeedsNoPermitsForOtherQueues(t *testing.T) {
	b := setup(t)
	_, err := worker.New(worker.Config{
		Client: b.client, Actions: b.actions, Queues: []worker.Queue{{Name: "a", Reserved: 3}, {Name: "b"}}, Queue: "b",
	})
	require.NoError(t, err)
}

func TestConfigErrorsNameTheField(t *testing.T) {
	b := setup(t)
	queues := []worker.Queue{{Name: "a"}}
	for want, config := range map[string]worker.Config{
		"Queues is empty":                          {},
		"Concurrency is -1":                        {Queues: queues, Concurrency: -1},
		`"fair" does not exist`:                    {Queues: queues, Strategy: "fair"},
		`queue "b" does not exist`:                 {Queues: queues, Queue: "b"},
		worker.ErrLimitNeedsQueue.Error():          {Queues: queues, Limit: 3},
		"Limit is -3":                              {Queues: queues, Queue: "a", Limit: -3},
		`"a" reserves -1 permits`:                  {Queues: []worker.Queue{{Name: "a", Reserved: -1}}},
		`with queue "b", 3 permits are reserved`:   {Queues: []worker.Queue{{Name: "a", Reserved: 1}, {Name: "b", Reserved: 2}}, Concurrency: 2},
		`other queues than "b"`:                    {Queues: []worker.Queue{{Name: "a", Reserved: 2}, {Name: "b"}}, Concurrency: 2},
		"ShutdownTimeout is -1s; it cannot be neg": {Queues: queues, ShutdownTimeout: -time.Second},
	} {
		config.Client, config.Actions = b.client, b.actions
		_, err := worker.New(config)
		require.ErrorContains(t, err, want)
	}
}
