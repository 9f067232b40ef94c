package worker_test

import (
	"context"
	"encoding/json"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/worker"
)

// gauges keeps the last and the largest value of each gauge, by its name and queue.
type gauges struct {
	client.MetricsHandler
	tags    map[string]string
	mu      *sync.Mutex
	values  map[[2]string]float64
	largest map[[2]string]float64
}

func newGauges() *gauges {
	return &gauges{MetricsHandler: client.MetricsNopHandler, mu: &sync.Mutex{}, values: map[[2]string]float64{}, largest: map[[2]string]float64{}}
}

func (g *gauges) WithTags(tags map[string]string) client.MetricsHandler {
	tagged := *g
	tagged.tags = maps.Clone(g.tags)
	if tagged.tags == nil {
		tagged.tags = map[string]string{}
	}
	maps.Copy(tagged.tags, tags)
	return &tagged
}

func (g *gauges) Gauge(name string) client.MetricsGauge {
	return gauge{g, [2]string{name, g.tags["task_queue"]}}
}

type gauge struct {
	all *gauges
	key [2]string
}

func (g gauge) Update(value float64) {
	g.all.mu.Lock()
	defer g.all.mu.Unlock()
	g.all.values[g.key] = value
	g.all.largest[g.key] = max(g.all.largest[g.key], value)
}

// awaitOnce waits until the gauge has, or has had, the value or more.
func (g *gauges) awaitOnce(t *testing.T, name, queue string, want float64) {
	t.Helper()
	require.Eventually(t, func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.largest[[2]string{name, queue}] >= want
	}, patience, 10*time.Millisecond, "%s of %s was never %v", name, queue, want)
}

// await waits until the gauge has the value.
func (g *gauges) await(t *testing.T, name, queue string, want float64) {
	t.Helper()
	require.Eventually(t, func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		value, set := g.values[[2]string{name, queue}]
		return set && value == want
	}, patience, 10*time.Millisecond, "%s of %s is not %v", name, queue, want)
}

func TestGaugesSayWhatRunsAndWhetherTheWorkerIsPaused(t *testing.T) {
	b := setup(t)
	measured := newGauges()
	var err error
	b.client, err = client.Dial(client.Options{HostPort: temporaltest.Server().Address, MetricsHandler: measured})
	require.NoError(t, err)
	t.Cleanup(b.client.Close)
	release := make(chan struct{})
	b.register("block", func(context.Context, json.RawMessage) (task.Report, error) {
		<-release
		return task.Success("done"), nil
	})
	a, idle := b.queue("a"), b.queue("idle")
	w, _, _ := b.start(worker.Config{Queues: []worker.Queue{{Name: a}, {Name: idle}}, Concurrency: 2})
	for _, queue := range []string{a, idle} {
		measured.await(t, worker.MetricPaused, queue, 0)
		measured.await(t, worker.MetricRunning, queue, 0)
		measured.await(t, worker.MetricHeld, queue, 0)
		measured.await(t, worker.MetricPermits, queue, 2)
	}
	ids := []task.ID{b.enqueue(a, "block", `{}`), b.enqueue(a, "block", `{}`)}
	measured.await(t, worker.MetricRunning, a, 2)
	measured.await(t, worker.MetricRunning, idle, 0)
	// It comes by a poll that was open already, and waits for a permit before it is handed back.
	ids = append(ids, b.enqueue(idle, "block", `{}`))
	measured.awaitOnce(t, worker.MetricHeld, idle, 1)
	measured.await(t, worker.MetricHeld, idle, 0)
	w.Pause()
	measured.await(t, worker.MetricPaused, a, 1)
	measured.await(t, worker.MetricPaused, idle, 1)
	close(release)
	measured.await(t, worker.MetricRunning, a, 0)
	w.Resume()
	measured.await(t, worker.MetricPaused, a, 0)
	for _, id := range ids {
		_, err := b.result(id)
		require.NoError(t, err)
	}
}

func TestAWorkerTakesNoTasksWhileTheMachineIsAtItsLimits(t *testing.T) {
	b := setup(t)
	plain, measured := b.client, newGauges()
	var err error
	b.client, err = client.Dial(client.Options{HostPort: temporaltest.Server().Address, MetricsHandler: measured})
	require.NoError(t, err)
	t.Cleanup(b.client.Close)
	b.register("note", func(context.Context, json.RawMessage) (task.Report, error) { return task.Success("noted"), nil })
	queue := b.queue("a")
	b.start(worker.Config{Queues: []worker.Queue{{Name: queue}}, Limits: worker.Limits{Memory: 1e-6}}) // more of it is in use on any machine
	measured.await(t, worker.MetricFull, queue, 1)
	id := b.enqueue(queue, "note", `{}`)
	b.staysOpen(id, 2*time.Second)

	b.client = plain
	b.start(worker.Config{Queues: []worker.Queue{{Name: queue}}, Limits: worker.Limits{Memory: 100}})
	_, err = b.result(id)
	require.NoError(t, err)
}
