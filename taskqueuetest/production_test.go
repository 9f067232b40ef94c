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
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/taskqueuetest"
	"github.com/distributed-task-queue/taskqueue/worker"
)

func TestMain(m *testing.M) { temporaltest.Main(m) }

// endings are actions that end in every way.
func endings() []taskqueue.Action {
	returning := func(report task.Report, err error) activities.Func {
		return func(context.Context, json.RawMessage) (task.Report, error) { return report, err }
	}
	panicking := func(value any) activities.Func {
		return func(context.Context, json.RawMessage) (task.Report, error) { panic(value) }
	}
	twice := task.Policy{Attempts: 2, Backoff: time.Millisecond}
	return []taskqueue.Action{
		{Name: "success", Run: returning(task.Success("done").WithData(map[string]int{"rows": 3}), nil)},
		{Name: "warning", Run: returning(task.Success("done").Add(task.Warning("hm")), nil)},
		{Name: "error.report", Run: returning(task.Success("done").Add(task.Error("one failed")), nil)},
		{Name: "no.report", Run: returning(task.Report{}, nil)},
		{Name: "invalid.report", Run: returning(task.Report{Type: "fine", Message: "m"}, nil)},
		{Name: "report.not.json", Run: returning(task.Success("done").WithData(make(chan int)), nil)},
		{Name: "large.report", Run: returning(task.Success("%s", strings.Repeat("x", activities.MaxReportSize)), nil)},
		{Name: "error", Run: returning(task.Report{}, errDown)},
		{Name: "error.idempotent", Policy: twice, Run: returning(task.Report{}, errDown)},
		{Name: "error.permanent", Policy: twice, Run: returning(task.Report{}, taskqueue.Permanent(errDown))},
		{Name: "error.fast", Policy: task.Policy{Attempts: 2, Backoff: time.Millisecond, Fast: true}, Run: returning(task.Report{}, errDown)},
		{Name: "panic", Run: panicking("broken")},
		{Name: "panic.error", Policy: twice, Run: panicking(errors.New("broken"))},
		{Name: "panic.fast", Policy: task.Policy{Attempts: 2, Backoff: time.Millisecond, Fast: true}, Run: panicking("broken")},
		{
			Name: "timeout", Policy: task.Policy{Timeout: 50 * time.Millisecond},
			Run: func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
				<-ctx.Done()
				return task.Report{}, ctx.Err()
			},
		},
		{
			Name: "remote.failed", Run: returning(task.Success("started"), nil),
			RemoteStatus: func(context.Context, *task.Task) (task.Status, error) { return task.Failed, nil },
		},
	}
}

func TestTasksEndAsInProduction(t *testing.T) {
	t.Parallel()
	registry := taskqueue.NewRegistry()
	for _, action := range endings() {
		require.NoError(t, registry.Add(action))
	}
	client, err := taskqueue.New(taskqueue.Config{
		Temporal: temporaltest.Dial(t), Actions: registry, Logger: temporaltest.Logger(t),
		Queues: []taskqueue.Queue{{Name: temporaltest.UniqueName(t)}},
	})
	require.NoError(t, err)
	w, err := client.NewWorker(worker.Config{Concurrency: 4})
	require.NoError(t, err)
	working, stop := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- w.Run(working) }()
	t.Cleanup(func() { stop(); require.NoError(t, <-stopped) })

	for _, action := range registry.Names() {
		created, err := client.CreateTask(t.Context(), action, nil, "", nil)
		require.NoError(t, err)
		result := taskqueuetest.RunAction(t, registry, action, nil, &taskqueue.Options{ID: created.ID})
		require.Eventually(t, func() bool {
			e, err := client.TaskLog().Get(t.Context(), created.ID)
			require.NoError(t, err)
			if !e.Status.Closed() {
				return false
			}
			require.Equal(t, e.Status, result.Status, action)
			require.Equal(t, *e.Report, result.Report, action)
			return true
		}, time.Minute, 20*time.Millisecond, action)
	}
}
