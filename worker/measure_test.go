package worker_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/worker"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

// series is one line of a timer.
type series struct{ name, queue, action, status string }

// timers keeps what every timer was told.
type timers struct {
	client.MetricsHandler

	of   series
	mu   *sync.Mutex
	told map[series][]time.Duration
}

func (m timers) WithTags(tags map[string]string) client.MetricsHandler {
	for tag, field := range map[string]*string{"task_queue": &m.of.queue, "action": &m.of.action, "status": &m.of.status} {
		if value, ok := tags[tag]; ok {
			*field = value
		}
	}
	return m
}

func (m timers) Timer(name string) client.MetricsTimer {
	m.of.name = name
	return timer{m}
}

type timer struct{ timers }

func (m timer) Record(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.told[m.of] = append(m.told[m.of], d)
}

// await returns what the timer was told when that is as much as is wanted.
func (m timers) await(t *testing.T, of series, want int) []time.Duration {
	t.Helper()
	var got []time.Duration
	require.Eventually(t, func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		got = m.told[of]
		return len(got) == want
	}, patience, 10*time.Millisecond, "%+v", of)
	return got
}

func TestTimersSayHowLongTasksWaitAndRunAndHowTheyEnd(t *testing.T) {
	b := setup(t)
	measured := timers{MetricsHandler: client.MetricsNopHandler, mu: &sync.Mutex{}, told: map[series][]time.Duration{}}
	var err error
	b.client, err = client.Dial(client.Options{HostPort: temporaltest.Server().Address, MetricsHandler: measured})
	require.NoError(t, err)
	t.Cleanup(b.client.Close)
	const pause = 50 * time.Millisecond
	b.register("good", func(context.Context, json.RawMessage) (task.Report, error) {
		time.Sleep(pause)
		return task.Success("done"), nil
	})
	b.register("bad", func(context.Context, json.RawMessage) (task.Report, error) { return task.Error("no"), nil })
	b.register("broken", func(context.Context, json.RawMessage) (task.Report, error) { panic("a bug") })
	b.register("cancelled", func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
		<-ctx.Done()
		return task.Report{}, context.Cause(ctx)
	})
	attempts := 0
	require.NoError(t, b.actions.Add(activities.Action{
		Name: "stubborn", Policy: task.Policy{Attempts: 2, Backoff: time.Millisecond},
		Run: func(context.Context, json.RawMessage) (task.Report, error) {
			if attempts++; attempts == 1 {
				return task.Report{}, errors.New("not yet")
			}
			return task.Success("done"), nil
		},
	}))
	require.NoError(t, b.actions.Add(activities.Action{
		Name: "quick", Policy: task.Policy{Fast: true, Attempts: 2},
		Run: func(context.Context, json.RawMessage) (task.Report, error) { return task.Success("done"), nil },
	}))
	queue := b.queue("a")
	b.start(worker.Config{Queues: []worker.Queue{{Name: queue}}, Concurrency: 2})
	for _, action := range []string{"good", "good", "bad", "broken", "stubborn", "quick"} {
		b.enqueue(queue, action, `{}`)
	}
	cancelled := b.enqueue(queue, "cancelled", `{}`)
	measured.await(t, series{worker.MetricWait, queue, "cancelled", ""}, 1)
	require.NoError(t, b.client.CancelWorkflow(t.Context(), string(cancelled), ""))

	for _, want := range []struct {
		action     string
		status     task.Status
		runs, ends int
	}{
		{"good", task.Completed, 2, 2},
		{"bad", task.Failed, 1, 1},
		{"broken", task.Failed, 1, 1},
		{"stubborn", task.Failed, 1, 0},
		{"stubborn", task.Completed, 1, 1},
		{"quick", task.Completed, 1, 1},
		{"cancelled", task.Cancelled, 1, 1},
	} {
		status := string(want.status)
		measured.await(t, series{workflows.MetricTask, queue, want.action, status}, want.ends)
		measured.await(t, series{worker.MetricRun, queue, want.action, status}, want.runs)
	}
	measured.await(t, series{worker.MetricWait, queue, "stubborn", ""}, 1) // for its first start only
	for _, took := range measured.await(t, series{worker.MetricRun, queue, "good", "completed"}, 2) {
		require.GreaterOrEqual(t, took, pause)
	}
	for _, took := range measured.await(t, series{workflows.MetricTask, queue, "good", "completed"}, 2) {
		require.GreaterOrEqual(t, took, pause-time.Millisecond) // the log's resolution
	}
}

func TestAWorkerIsReadyWhileItRuns(t *testing.T) {
	b := setup(t)
	b.register("block", func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
		<-ctx.Done()
		return task.Report{}, ctx.Err()
	})
	queue := b.queue("a")
	w, stop, wait := b.start(worker.Config{Queues: []worker.Queue{{Name: queue}}, ShutdownTimeout: time.Second})
	require.Eventually(t, func() bool { return w.Ready(t.Context()) == nil }, patience, 10*time.Millisecond)
	w.Pause()
	require.NoError(t, w.Ready(t.Context()))
	stop()
	require.Eventually(t, func() bool { return errors.Is(w.Ready(t.Context()), worker.ErrNotRunning) }, patience, 10*time.Millisecond)
	require.NoError(t, wait())

	away, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1"})
	require.NoError(t, err)
	t.Cleanup(away.Close)
	idle, err := worker.New(worker.Config{Client: away, Actions: b.actions, Queues: []worker.Queue{{Name: queue}}})
	require.NoError(t, err)
	require.ErrorIs(t, idle.Ready(t.Context()), worker.ErrNotRunning)
}
