// Package brokertest is the conformance suite that every broker passes, with a real Temporal server and the broker's real store.
package brokertest

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/internal/temporaltest"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/worker"
)

// Patience is how long anything may take, on a machine that does other things too.
const Patience = 2 * time.Minute

// Environment is what a broker under test works with.
type Environment struct {
	Temporal client.Client
	Actions  *taskqueue.Registry
	Queue    string // that no other test uses
	Logger   *slog.Logger
}

// Subject is a broker under test.
type Subject struct {
	Broker broker.Broker
	// Inject puts a message into the queue's store as it is. Required of a broker.Stored.
	Inject func(t *testing.T, body string)
}

// Open makes a broker. It is closed when the test ends.
type Open func(t *testing.T, e Environment) Subject

// Exercise runs the suite.
func Exercise(t *testing.T, open Open) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, setup(t, open))
		})
	}
}

// ExerciseStored runs the part of the suite that only brokers with a store have. It includes Exercise.
func ExerciseStored(t *testing.T, open Open) {
	t.Helper()
	Exercise(t, open)
	for _, c := range storedCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, open)
			c.run(t, b, b.Broker.(broker.Stored))
		})
	}
}

// ExerciseOrder runs only what tells the orders of one store from each other.
func ExerciseOrder(t *testing.T, open Open) {
	t.Helper()
	t.Run(orderCase, func(t *testing.T) {
		b := setup(t, open)
		testOrder(t, b, b.Broker.(broker.Stored))
	})
}

// bundle is a client whose one queue has the broker under test.
type bundle struct {
	Subject

	queue  string
	config taskqueue.Config
	client *taskqueue.Client

	mu   sync.Mutex
	runs []task.ID // in the order in which the action note was started
}

// policy makes up for starts that a server on a busy machine loses before anything has run. They are no fault of a broker's.
var policy = task.Policy{Attempts: 3}

func setup(t *testing.T, open Open) *bundle {
	t.Helper()
	b := &bundle{queue: "Conform-" + string(task.NewID())} // of characters that every store takes
	actions := taskqueue.NewRegistry()
	add := func(name string, run func(context.Context, json.RawMessage) (task.Report, error)) {
		require.NoError(t, actions.Add(taskqueue.Action{Name: name, Run: run, Policy: policy}))
	}
	add("note", func(ctx context.Context, _ json.RawMessage) (task.Report, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.runs = append(b.runs, taskqueue.TaskID(ctx))
		return task.Success("noted"), nil
	})
	add("fail", func(context.Context, json.RawMessage) (task.Report, error) { return task.Error("out of ink"), nil })
	add("echo", func(_ context.Context, parameters json.RawMessage) (task.Report, error) {
		return task.Success("%d bytes", len(parameters)), nil
	})
	environment := Environment{Temporal: temporaltest.Dial(t), Actions: actions, Queue: b.queue, Logger: temporaltest.Logger(t)}
	b.Subject = open(t, environment)
	b.config = taskqueue.Config{
		Temporal: environment.Temporal, Actions: actions, Logger: environment.Logger,
		Queues: []taskqueue.Queue{{Name: b.queue, Broker: b.Broker}},
	}
	var err error
	b.client, err = taskqueue.New(b.config)
	require.NoError(t, err)
	require.NoError(t, b.client.Initialize(t.Context()))
	return b
}

// work runs what the broker needs for its tasks to be run: a worker unless it is sync, and a relay if it has a store.
func (b *bundle) work(t *testing.T) {
	t.Helper()
	if b.Broker.Sync() {
		return
	}
	b.startWorker(t)
	b.relay(t, b.client)
}

func (b *bundle) startWorker(t *testing.T) {
	t.Helper()
	w, err := b.client.NewWorker(worker.Config{Concurrency: 8})
	require.NoError(t, err)
	inBackground(t, w.Run)
}

// relay runs a relay of the client, and returns a function that stops it.
func (b *bundle) relay(t *testing.T, c *taskqueue.Client) (stop func()) {
	t.Helper()
	r, err := c.NewRelay(taskqueue.RelayConfig{PHPActions: map[string]string{`acme\jobs\Note`: "note"}, PollInterval: 20 * time.Millisecond})
	require.NoError(t, err)
	return inBackground(t, r.Run)
}

// inBackground runs something until it is stopped or the test ends.
func inBackground(t *testing.T, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); require.NoError(t, <-ended) })
	t.Cleanup(stop)
	return stop
}

func (b *bundle) enqueue(t *testing.T, action string, parameters any, o taskqueue.Options) *task.Task {
	t.Helper()
	created, err := b.client.CreateTask(t.Context(), action, parameters, "a label", &o)
	require.NoError(t, err)
	return created
}

// closed returns the task when the log has it and it has ended.
func (b *bundle) closed(t *testing.T, id task.ID) tasklog.Entity {
	t.Helper()
	var entity tasklog.Entity
	require.Eventually(t, func() bool {
		var err error
		entity, err = b.client.TaskLog().Get(t.Context(), id)
		return err == nil && entity.Status.Closed()
	}, Patience, 20*time.Millisecond, "task %s does not end", id)
	return entity
}

// ran returns how often each task was run.
func (b *bundle) ran() map[task.ID]int {
	counts := map[task.ID]int{}
	for _, id := range b.order() {
		counts[id]++
	}
	return counts
}

func (b *bundle) order() []task.ID {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]task.ID{}, b.runs...)
}

// requireOnce waits until all tasks have ended, and checks that each was run once and that no other was.
func (b *bundle) requireOnce(t *testing.T, ids []task.ID) {
	t.Helper()
	want := map[task.ID]int{}
	for _, id := range ids {
		want[id] = 1
		require.Equal(t, task.Completed, b.closed(t, id).Status)
	}
	require.Equal(t, want, b.ran())
}
