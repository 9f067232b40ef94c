package taskqueuetest_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/taskqueuetest"
)

// mail is a typed task with everything that a typed task can have.
type mail struct {
	taskqueue.Options `json:"-"`
	To                string `json:"to"`
	Unsent            string `json:"-"`
}

func (mail) Action() string          { return "mail.send" }
func (mail) QueueName() string       { return "mail" }
func (mail) Category() task.Category { return task.CategoryExport }

var (
	errDown    = errors.New("the server is down")
	errUnknown = errors.New("no such address")
)

// actionWith returns a registry with one action, "act".
func actionWith(t *testing.T, policy task.Policy, run func(context.Context, json.RawMessage) (task.Report, error)) *taskqueue.Registry {
	t.Helper()
	t.Parallel()
	registry := taskqueue.NewRegistry()
	require.NoError(t, registry.Add(taskqueue.Action{Name: "act", Policy: policy, Permanent: []error{errUnknown}, Run: run}))
	return registry
}

func act(t *testing.T, policy task.Policy, run func(context.Context) (task.Report, error)) taskqueuetest.Result {
	t.Helper()
	registry := actionWith(t, policy, func(ctx context.Context, _ json.RawMessage) (task.Report, error) { return run(ctx) })
	return taskqueuetest.RunAction(t, registry, "act", nil, &taskqueue.Options{ID: "42"})
}

func mailer(t *testing.T, run func(context.Context, mail) (task.Report, error)) *taskqueue.Registry {
	t.Helper()
	t.Parallel()
	registry := taskqueue.NewRegistry()
	require.NoError(t, taskqueue.Register(registry, run))
	return registry
}

func TestATypedActionRunsAsInAWorker(t *testing.T) {
	registry := mailer(t, func(ctx context.Context, m mail) (task.Report, error) {
		require.Empty(t, m.Unsent, "parameters go through JSON")
		require.EqualValues(t, "42", taskqueue.TaskID(ctx))
		taskqueue.Progress(ctx, 50, "half")
		taskqueue.Progress(ctx, 120, "all")
		return task.Success("sent to %s", m.To).WithData(map[string]int{"bytes": 3}), nil
	})
	result := taskqueuetest.Run(t, registry, mail{To: "ada", Unsent: "x", Options: taskqueue.Options{ID: "42", Owner: "u1", Queue: "slow"}})
	require.NoError(t, result.Err)
	require.Equal(t, task.Completed, result.Status)
	require.Equal(t, "info: Running task 42\n  success: sent to ada", result.Report.String())
	require.Equal(t, map[string]any{"bytes": 3.0}, result.Report.Children[0].Data, "the report goes through JSON")
	require.Equal(t, []task.Progress{{Percent: 50, Message: "half"}, {Percent: 100, Message: "all"}}, result.Progress)
	require.Equal(t, 1, result.Attempts)
	require.False(t, result.Retry)
	require.Equal(t, "u1", result.Task.Owner)
	require.Equal(t, "slow", result.Task.Queue)
	require.JSONEq(t, `{"to":"ada"}`, string(result.Task.Parameters))
}

func TestParametersThatDoNotFitFailTheTask(t *testing.T) {
	registry := mailer(t, func(context.Context, mail) (task.Report, error) { panic("must not run") })
	result := taskqueuetest.RunAction(t, registry, "mail.send", json.RawMessage(`{"too":"ada"}`), nil)
	require.Equal(t, task.Failed, result.Status)
	require.ErrorAs(t, result.Err, new(*task.InvalidError))
	require.Contains(t, result.Report.String(), `unknown field "too"`)
}

func TestNoReportCompletesTheTask(t *testing.T) {
	result := act(t, task.Policy{}, func(context.Context) (task.Report, error) { return task.Report{}, nil })
	require.Equal(t, task.Completed, result.Status)
	require.Equal(t, "Task not returned any report.", result.Report.Children[0].Message)
}

func TestAReportOfTypeErrorFailsTheTask(t *testing.T) {
	result := act(t, task.Policy{Attempts: 3}, func(context.Context) (task.Report, error) { return task.Error("refused"), nil })
	require.Equal(t, task.Failed, result.Status)
	require.NoError(t, result.Err)
	require.False(t, result.Retry)
}

func TestAReportOfNoTypeFailsTheTask(t *testing.T) {
	result := act(t, task.Policy{}, func(context.Context) (task.Report, error) { return task.Report{Type: "fine", Message: "m"}, nil })
	require.Equal(t, task.Failed, result.Status)
	require.ErrorContains(t, result.Err, `report type "fine" is not valid`)
}

func TestALargeReportIsCut(t *testing.T) {
	result := act(t, task.Policy{}, func(context.Context) (task.Report, error) {
		return task.Success("long").WithData(strings.Repeat("x", activities.MaxReportSize)), nil
	})
	require.Equal(t, task.Completed, result.Status)
	require.Contains(t, result.Report.String(), "its data and children were cut")
	require.Nil(t, result.Report.Children[0].Data)
}

func TestErrorsArePlacedByThePolicy(t *testing.T) {
	for name, c := range map[string]struct {
		policy task.Policy
		err    error
		after  time.Duration // 0: not tried again
	}{
		"at most once":                {err: errDown},
		"idempotent":                  {policy: task.Policy{Attempts: 3}, err: errDown, after: time.Second},
		"idempotent with its backoff": {policy: task.Policy{Attempts: 2, Backoff: time.Hour}, err: errDown, after: time.Hour},
		"permanent":                   {policy: task.Policy{Attempts: 3}, err: taskqueue.Permanent(errDown)},
		"permanent for the action":    {policy: task.Policy{Attempts: 3}, err: errUnknown},
		"with a delay":                {policy: task.Policy{Attempts: 3}, err: taskqueue.RetryAfter(errDown, time.Minute), after: time.Minute},
		"with a delay, but once":      {err: taskqueue.RetryAfter(errDown, time.Minute)},
		"fast":                        {policy: task.Policy{Attempts: 3, Fast: true}, err: errDown, after: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			result := act(t, c.policy, func(context.Context) (task.Report, error) { calls++; return task.Report{}, c.err })
			require.Equal(t, 1, calls)
			require.ErrorIs(t, result.Err, c.err)
			require.Equal(t, c.after > 0, result.Retry)
			require.Equal(t, c.after, result.RetryAfter)
			require.Equal(t, task.Failed, result.Status)
			require.Equal(t, []string{"Executing task 42 failed", c.err.Error()}, result.Report.Messages())
		})
	}
}

func TestAPanicFailsTheTask(t *testing.T) {
	for name, value := range map[string]any{"with text": "broken", "with an error": errDown} {
		for retries, policy := range map[string]task.Policy{"at most once": {}, "idempotent": {Attempts: 2}} {
			t.Run(name+" "+retries, func(t *testing.T) {
				result := act(t, policy, func(context.Context) (task.Report, error) { panic(value) })
				require.Equal(t, task.Failed, result.Status)
				require.ErrorContains(t, result.Err, "panic: ")
				require.Contains(t, result.Report.Messages()[1], "panic: ")
				require.Equal(t, policy.Idempotent(), result.Retry)
				if err, ok := value.(error); ok {
					require.ErrorIs(t, result.Err, err)
				}
			})
		}
	}
}

func TestAnActionThatEndsItsGoroutineFailsTheTask(t *testing.T) {
	result := act(t, task.Policy{}, func(context.Context) (task.Report, error) { (&fake{}).Fatalf("no"); return task.Report{}, nil })
	require.Equal(t, task.Failed, result.Status)
	require.ErrorContains(t, result.Err, "ended its goroutine")
}

func TestTheTimeoutEndsTheContext(t *testing.T) {
	result := act(t, task.Policy{Timeout: 20 * time.Millisecond}, func(ctx context.Context) (task.Report, error) {
		<-ctx.Done()
		return task.Report{}, ctx.Err()
	})
	require.Equal(t, task.Failed, result.Status)
	require.ErrorIs(t, result.Err, context.DeadlineExceeded)
	require.Equal(t, "the task took longer than its timeout of 20ms", result.Report.Messages()[1])
}

func TestALongActionHasNobodyToTellThatItRuns(t *testing.T) {
	result := act(t, task.Policy{}, func(context.Context) (task.Report, error) {
		time.Sleep(1200 * time.Millisecond) // a worker tells it after a second
		return task.Success("done"), nil
	})
	require.Equal(t, task.Completed, result.Status)
}

func TestWorkElsewhereIsAskedForOnce(t *testing.T) {
	for name, c := range map[string]struct {
		remote task.Status
		err    error
		want   task.Status
	}{
		"done":           {remote: task.Completed, want: task.Completed},
		"failed":         {remote: task.Failed, want: task.Failed},
		"not done":       {remote: task.Running, want: task.Running},
		"not known":      {err: errDown, want: task.Running},
		"never be known": {err: taskqueue.Permanent(errDown), want: task.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			registry := taskqueue.NewRegistry()
			require.NoError(t, registry.Add(taskqueue.Action{
				Name:         "act",
				Run:          func(context.Context, json.RawMessage) (task.Report, error) { return task.Success("started"), nil },
				RemoteStatus: func(context.Context, *task.Task) (task.Status, error) { return c.remote, c.err },
			}))
			result := taskqueuetest.RunAction(t, registry, "act", nil, nil)
			require.Equal(t, c.want, result.Status)
			require.Equal(t, c.want == task.Completed, result.Err == nil)
			require.Equal(t, c.want == task.Running, result.Report.Type == "")
		})
	}
}

func TestWhatCannotBeRunFailsTheTest(t *testing.T) {
	registry := mailer(t, func(context.Context, mail) (task.Report, error) { return task.Report{}, nil })
	require.Contains(t, failureOf(t, func(t testing.TB) { taskqueuetest.RunAction(t, registry, "mail.sent", nil, nil) }),
		`action "mail.sent" is not registered; registered are: mail.send`)
	require.Contains(t, failureOf(t, func(t testing.TB) {
		taskqueuetest.Run(t, registry, mail{Options: taskqueue.Options{Priority: 7}})
	}), "priority is 7")
}
