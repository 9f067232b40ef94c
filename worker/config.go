package worker

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/dispatcher"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/visibility"
)

// ErrLimitNeedsQueue says that a limit was set without a dedicated queue.
var ErrLimitNeedsQueue = errors.New("Limit can be set only if a dedicated queue is set.") //nolint:staticcheck // the text that users of the PHP system know

// Queue is a queue that the worker takes tasks from.
type Queue struct {
	Name   string
	Weight int // as dispatcher.Queue has it; default: 1
	// Reserved is how many of the worker's permits run only tasks of this queue, so that tasks of other queues never make
	// it wait for one. It may use the other permits as well. Default: 0.
	Reserved int
}

// Config says what a worker does. Through taskqueue.Client.NewWorker, Client, Namespace, Actions, Policies, Queues, TaskLog and TracerProvider are given.
type Config struct {
	Client client.Client
	// Namespace is the namespace of that connection. Default: "default".
	Namespace string
	Actions   *activities.Registry
	// Policies say how actions may be run, whatever the actions themselves say; what is left out stays what they say. Default: nothing.
	Policies map[string]task.Policy
	// Queues are all queues of the application.
	Queues []Queue
	// Queue dedicates the worker to one of Queues. Default: all of them.
	Queue string
	// Limit ends the worker when it has run that many tasks; it needs Queue. Default: 0, no limit.
	Limit int
	// Concurrency is how many tasks may run at a time, over all queues. Default: 1.
	Concurrency int
	// Strategy says whose task is next when several queues have tasks. Default: Weight.
	Strategy Strategy
	// Limits keep the worker from taking tasks while the machine is busy. Default: none do.
	Limits Limits
	// Deployment makes the worker one of a version, for Temporal's Worker Versioning. Default: it has none.
	Deployment Deployment
	// ShutdownTimeout is how long running tasks may go on when the worker is stopped, before their context is
	// cancelled, and how long it tries to report those that have ended. Default: 30 s.
	ShutdownTimeout time.Duration
	// TaskLog tells when the children of a task have ended. Default: Temporal's own list API.
	TaskLog tasklog.Engine
	// TracerProvider gets the spans of the tasks that run. Default: OpenTelemetry's global one.
	TracerProvider trace.TracerProvider
	// Logger gets what the worker does. Default: slog.Default().
	Logger *slog.Logger
}

// WithDefaults returns a copy of the configuration in which every default is filled in.
func (c Config) WithDefaults() Config {
	c.Concurrency = cmp.Or(c.Concurrency, 1)
	c.Strategy = cmp.Or(c.Strategy, Weight)
	c.ShutdownTimeout = cmp.Or(c.ShutdownTimeout, 30*time.Second)
	c.Logger = cmp.Or(c.Logger, slog.Default())
	c.Namespace = cmp.Or(c.Namespace, client.DefaultNamespace)
	if c.TaskLog == nil {
		c.TaskLog = visibility.New(visibility.Config{Client: c.Client, Namespace: c.Namespace})
	}
	c.Queues = slices.Clone(c.Queues)
	for i := range c.Queues {
		c.Queues[i].Weight = dispatcher.Weight(c.Queues[i].Weight)
	}
	return c
}

func (c Config) validate() error {
	if c.Client == nil {
		return errors.New("worker: Config.Client is nil")
	}
	if c.Actions == nil {
		return errors.New("worker: Config.Actions is nil")
	}
	if len(c.Queues) == 0 {
		return errors.New("worker: Config.Queues is empty")
	}
	if c.Concurrency < 0 {
		return fmt.Errorf("worker: Config.Concurrency is %d; it is 1 or more", c.Concurrency)
	}
	if err := c.validateReserved(); err != nil {
		return err
	}
	if _, err := ParseStrategy(string(c.Strategy)); err != nil {
		return fmt.Errorf("worker: Config.Strategy: %w", err)
	}
	if c.Limit < 0 {
		return fmt.Errorf("worker: Config.Limit is %d; it is 0 or more", c.Limit)
	}
	if c.Limit > 0 && c.Queue == "" {
		return ErrLimitNeedsQueue
	}
	if err := c.Limits.Validate(); err != nil {
		return fmt.Errorf("worker: Config.Limits: %w", err)
	}
	if err := c.Deployment.Validate(); err != nil {
		return fmt.Errorf("worker: Config.Deployment: %w", err)
	}
	if c.ShutdownTimeout < 0 {
		return fmt.Errorf("worker: Config.ShutdownTimeout is %s; it cannot be negative", c.ShutdownTimeout)
	}
	if c.Queue != "" && !slices.ContainsFunc(c.Queues, func(q Queue) bool { return q.Name == c.Queue }) {
		names := make([]string, len(c.Queues))
		for i, q := range c.Queues {
			names[i] = q.Name
		}
		return fmt.Errorf("worker: queue %q does not exist; queues are %s", c.Queue, strings.Join(names, ", "))
	}
	return nil
}

// served returns the queues that the worker takes tasks from.
func (c Config) served() []Queue {
	if c.Queue == "" {
		return c.Queues
	}
	return slices.DeleteFunc(slices.Clone(c.Queues), func(q Queue) bool { return q.Name != c.Queue })
}

// validateReserved checks that every queue which the worker serves can get a permit.
func (c Config) validateReserved() error {
	sum := 0
	for _, q := range c.Queues {
		if q.Reserved < 0 {
			return fmt.Errorf("worker: Config.Queues: queue %q reserves %d permits; it is 0 or more", q.Name, q.Reserved)
		}
	}
	for _, q := range c.served() {
		if sum += q.Reserved; sum > c.Concurrency {
			return fmt.Errorf("worker: Config.Queues: with queue %q, %d permits are reserved; Config.Concurrency allows %d",
				q.Name, sum, c.Concurrency)
		}
	}
	for _, q := range c.served() {
		if sum == c.Concurrency && q.Reserved == 0 {
			return fmt.Errorf("worker: Config.Queues: all %d permits of Config.Concurrency are reserved for other queues than %q, "+
				"so that no task of it would ever run", sum, q.Name)
		}
	}
	return nil
}
