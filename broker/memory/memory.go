// Package memory is the broker of sync queues: enqueuing a task runs it, in the enqueuing process, and returns when it is done.
//
// The task is a workflow like any other, so it is in the task log and Temporal's tools work on it; only its action is kept for this process.
package memory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// Name is the broker's name in configuration.
const Name = "memory"

// DefaultConcurrency is the default of Config.Concurrency.
const DefaultConcurrency = 100

// ErrClosed says that the broker was closed before a task was enqueued or had ended.
var ErrClosed = errors.New("the memory broker is closed")

// Config says what the tasks run with. Client and Actions are required.
type Config struct {
	Client client.Client
	// Namespace is the namespace of that connection. Default: "default".
	Namespace string
	// Actions are those that this process can run. A task for any other is refused.
	Actions *activities.Registry
	// Policies say how actions may be run, whatever the actions themselves say; what is left out stays what they say. Default: nothing.
	Policies map[string]task.Policy
	// Concurrency is how many tasks may run at a time; more wait for their turn. A task that enqueues another one into a sync queue waits
	// for it, and counts meanwhile. Default: DefaultConcurrency.
	Concurrency int
	// TaskLog tells when the children of a task have ended. Default: Temporal's own list API.
	TaskLog tasklog.Engine
	// TracerProvider gets the spans of the tasks that run. Default: OpenTelemetry's global one.
	TracerProvider trace.TracerProvider
	// Logger gets what the broker does. Default: slog.Default().
	Logger *slog.Logger
}

// UnknownActionError says that this process has no such action.
type UnknownActionError struct{ Action, Queue string }

func (e *UnknownActionError) Error() string {
	return fmt.Sprintf("queue %q runs its tasks in the process that enqueues them, and this one has no action %q", e.Queue, e.Action)
}

// Broker runs tasks while they are enqueued. It is safe for concurrent use.
type Broker struct {
	config Config
	start  *temporal.Broker

	mu      sync.Mutex
	runners map[string]*runner // by queue
	closed  bool
}

// New returns a broker. It makes no call: what runs a queue's tasks is started with the first of them.
func New(config Config) (*Broker, error) {
	if config.Client == nil {
		return nil, errors.New("memory: Config.Client is nil")
	}
	if config.Actions == nil {
		return nil, errors.New("memory: Config.Actions is nil")
	}
	if config.Concurrency < 0 {
		return nil, fmt.Errorf("memory: Config.Concurrency is %d; it is 1 or more", config.Concurrency)
	}
	config.Concurrency = cmp.Or(config.Concurrency, DefaultConcurrency)
	config.Logger = cmp.Or(config.Logger, slog.Default())
	return &Broker{config: config, start: temporal.New(config.Client), runners: map[string]*runner{}}, nil
}

// Name returns "memory".
func (b *Broker) Name() string { return Name }

// Sync returns true: Enqueue runs the task.
func (b *Broker) Sync() bool { return true }

// Initialize does nothing: Temporal makes task queues on first use.
func (b *Broker) Initialize(context.Context, string) error { return nil }

// Count returns how many tasks wait. These are few: tasks that are enqueued at this moment, or whose process was lost.
func (b *Broker) Count(ctx context.Context, queue string) (int64, error) {
	return b.start.Count(ctx, queue)
}

// Enqueue runs the task and sets t.Report. A task that fails is no error: its report tells. If ctx ends first the error says so, and the
// task goes on.
func (b *Broker) Enqueue(ctx context.Context, t *task.Task) error {
	if _, known := b.config.Actions.Lookup(t.Action); !known {
		return &UnknownActionError{Action: t.Action, Queue: t.Queue}
	}
	r, err := b.runnerOf(t.Queue)
	if err != nil {
		return fmt.Errorf("enqueue task %s: %w", t.ID, err)
	}
	release, err := r.acquire(ctx)
	if err != nil {
		return fmt.Errorf("enqueue task %s: wait for a place among the %d tasks that may run at a time: %w", t.ID, b.config.Concurrency, err)
	}
	defer release()
	t.RunOn = r.taskQueue
	if err := b.start.Enqueue(ctx, t); err != nil {
		return err
	}
	report, err := r.await(ctx, t.ID)
	if err != nil {
		return fmt.Errorf("task %s is enqueued, but it is not known how it ended: %w", t.ID, err)
	}
	t.Report = &report
	return nil
}

// runnerOf returns what runs the tasks of the queue, and starts it if it does not run yet.
func (b *Broker) runnerOf(queue string) (*runner, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, ErrClosed
	}
	if r := b.runners[queue]; r != nil && r.running() {
		return r, nil
	}
	r, err := startRunner(b.config, queue)
	if err != nil {
		return nil, err
	}
	b.runners[queue] = r
	return r, nil
}

// Close waits for the tasks that run, as a worker does when it is stopped.
func (b *Broker) Close() error {
	b.mu.Lock()
	b.closed = true
	runners := slices.Collect(maps.Values(b.runners))
	b.mu.Unlock() // tasks that run may enqueue others, and are to learn that it is too late
	errs := make([]error, len(runners))
	for i, r := range runners {
		errs[i] = r.close()
	}
	return errors.Join(errs...)
}
