package taskqueue

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/visibility"
)

// DefaultQueue is the name of the one queue of a Config that names none.
const DefaultQueue = "default"

// Queue is one queue of a Config.
type Queue struct {
	Name string
	// Weight is the queue's share of a worker's attention. Default: 1.
	Weight int
	// Reserved is how many of a worker's permits run only tasks of this queue, so that tasks of other queues never make it
	// wait for one. Default: 0.
	Reserved int
	// Broker is how tasks get in. Default: the workflow is started at once.
	Broker broker.Broker
}

// Config is what a Client needs to know. Temporal is required.
type Config struct {
	// Temporal is the connection to the server. The Client does not close it.
	Temporal client.Client
	// Namespace is the namespace of that connection. Default: "default".
	Namespace string
	// Queues are the queues of the application. Default: one queue named DefaultQueue.
	Queues []Queue
	// DefaultQueue is the queue of actions that are not associated to one. Default: the first.
	DefaultQueue string
	// Associations maps an action's name to the queue of its tasks.
	Associations map[string]string
	// Categories maps an action's name to the category of its tasks, for actions that name none themselves.
	Categories map[string]task.Category
	// Policies say how actions may be run, whatever the actions themselves say. What is left out stays what the action says; a fast
	// action is so no longer with one attempt, or with a timeout above task.MaxFastTimeout. For an action that is not in Actions, those
	// of the worker count. Default: as the actions say.
	Policies map[string]task.Policy
	// Actions are the actions that this program knows. Default: none, so it can enqueue tasks but run none.
	Actions *Registry
	// Declared names actions that only other programs' workers know. When it is not nil, a task for an action that
	// is neither declared, registered nor associated is refused with a *dispatcher.UnknownActionError. Default: nil, any action is taken.
	Declared []string
	// Owner of the tasks that are enqueued without one. Default: nobody.
	Owner string
	// TaskLog is the engine that searches the log. Default: Temporal's own list API.
	TaskLog tasklog.Engine
	// IgnoredTasks are actions that the lists of a user's tasks leave out.
	IgnoredTasks []string
	// Observers are told of every task that is archived or cancelled through the Client's TaskLog. Default: nobody is.
	Observers []tasklog.Observer
	// Files holds the files that tasks leave; archiving a task of the category export deletes its file. Default: nil,
	// no file is deleted.
	Files tasklog.FileDeleter
	// TracerProvider gets the spans of the tasks that are enqueued, and of those that the client's workers run. Default: OpenTelemetry's
	// global one.
	TracerProvider trace.TracerProvider
	// Logger gets what a library should not keep to itself. Default: slog.Default().
	Logger *slog.Logger
}

// WithDefaults returns a copy of the configuration in which every default is filled in.
func (c Config) WithDefaults() Config {
	c.Namespace = cmp.Or(c.Namespace, client.DefaultNamespace)
	c.Queues = slices.Clone(c.Queues)
	if len(c.Queues) == 0 {
		c.Queues = []Queue{{Name: DefaultQueue}}
	}
	for i := range c.Queues {
		if c.Queues[i].Broker == nil {
			c.Queues[i].Broker = temporal.New(c.Temporal)
		}
	}
	if c.Actions == nil {
		c.Actions = NewRegistry()
	}
	if c.TaskLog == nil {
		c.TaskLog = visibility.New(visibility.Config{Client: c.Temporal, Namespace: c.Namespace})
	}
	c.Logger = cmp.Or(c.Logger, slog.Default())
	return c
}

func (c Config) validate() error {
	if c.Temporal == nil {
		return errors.New("taskqueue: Config.Temporal is nil; connect with client.Dial of go.temporal.io/sdk/client")
	}
	for action, category := range c.Categories {
		if _, err := task.ParseCategory(string(category)); err != nil {
			return fmt.Errorf("taskqueue: Config.Categories[%q]: %w", action, err)
		}
	}
	if err := c.Actions.CheckPolicies(c.Policies); err != nil {
		return fmt.Errorf("taskqueue: Config.Policies: %w", err)
	}
	return nil
}
