package taskqueue

import (
	"cmp"
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/dispatcher"
	"github.com/distributed-task-queue/taskqueue/queueadmin"
	"github.com/distributed-task-queue/taskqueue/schedule"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tracing"
	"github.com/distributed-task-queue/taskqueue/worker"
)

// Client enqueues tasks and looks them up. It is safe for concurrent use, and is a prometheus.Collector of what it was asked to enqueue.
type Client struct {
	config     Config
	dispatcher *dispatcher.Dispatcher
	log        *tasklog.TaskLog
	tracer     *tracing.Tracer
	schedules  *schedule.Schedules
	enqueued   *prometheus.CounterVec
}

// New returns a client. It makes no call to the server.
func New(config Config) (*Client, error) {
	config = config.WithDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	c := &Client{config: config, tracer: tracing.New(config.TracerProvider)}
	queues := make([]dispatcher.Queue, len(config.Queues))
	for i, q := range config.Queues {
		queues[i] = dispatcher.Queue(q)
	}
	var err error
	c.dispatcher, err = dispatcher.New(dispatcher.Config{
		Queues: queues, Default: config.DefaultQueue, Associations: config.Associations, QueueOf: c.queueOf,
	})
	if err != nil {
		return nil, fmt.Errorf("taskqueue: %w", err)
	}
	c.enqueued = newEnqueued(c.dispatcher.Queues())
	c.log, err = tasklog.New(tasklog.Config{
		Client: config.Temporal, Namespace: config.Namespace, Engine: config.TaskLog, IgnoredTasks: config.IgnoredTasks,
		Observers: config.Observers, Files: config.Files,
	})
	if err != nil {
		return nil, fmt.Errorf("taskqueue: %w", err)
	}
	c.schedules, err = schedule.New(schedule.Config{Temporal: config.Temporal, Namespace: config.Namespace, Prepare: c.prepare})
	if err != nil {
		return nil, fmt.Errorf("taskqueue: %w", err)
	}
	return c, nil
}

// Dispatcher returns the queues and their routing.
func (c *Client) Dispatcher() *dispatcher.Dispatcher { return c.dispatcher }

// TaskLog returns the log of all tasks.
func (c *Client) TaskLog() *tasklog.TaskLog { return c.log }

// Queues shows the queues as operators see them, and pauses them for all workers.
func (c *Client) Queues() *queueadmin.Admin {
	return queueadmin.New(c.config.Temporal, c.config.Namespace, c.dispatcher)
}

// Actions returns the actions that this program knows.
func (c *Client) Actions() *Registry { return c.config.Actions }

// Initialize creates what the queues need to be stored. It may be called again.
func (c *Client) Initialize(ctx context.Context) error { return c.dispatcher.Initialize(ctx) }

// NewWorker returns a worker that runs tasks of all queues, or of those named in the configuration.
func (c *Client) NewWorker(config worker.Config) (*worker.Worker, error) {
	if err := c.config.validate(); err != nil { // actions may have been added since
		return nil, err
	}
	config.Client, config.Namespace = c.config.Temporal, c.config.Namespace
	config.Actions = c.config.Actions
	config.Policies = c.config.Policies
	config.TaskLog = c.config.TaskLog
	config.TracerProvider = c.config.TracerProvider
	config.Logger = cmp.Or(config.Logger, c.config.Logger)
	config.Queues = nil
	for _, q := range c.dispatcher.Queues() {
		config.Queues = append(config.Queues, worker.Queue{Name: q.Name, Weight: q.Weight, Reserved: q.Reserved})
	}
	return worker.New(config)
}

// Enqueue enqueues a typed task: args name the action, and their JSON is its parameters. Options come from
// args that embed them.
func (c *Client) Enqueue(ctx context.Context, args Args, label string) (*task.Task, error) {
	t, err := c.newTypedTask(args, label)
	if err != nil {
		return nil, err
	}
	return c.enqueue(ctx, t)
}

func (c *Client) newTypedTask(args Args, label string) (*task.Task, error) {
	t, err := c.newTask(args.Action(), args, label, optionsOf(args))
	if err != nil {
		return nil, err
	}
	// The value itself is asked, so that it can answer with what its JSON does not hold.
	if namer, ok := args.(activities.QueueNamer); ok && t.Queue == "" {
		t.Queue = namer.QueueName()
	}
	return t, nil
}

// optionsOf returns the options of typed parameters.
func optionsOf(args Args) (options Options) {
	if holder, ok := args.(interface{ TaskOptions() Options }); ok {
		options = holder.TaskOptions()
	}
	if categoriser, ok := args.(activities.Categoriser); ok && options.Category == "" {
		options.Category = categoriser.Category()
	}
	return options
}

// CreateTask enqueues a task for an action by its name. The parameters are anything that encodes to JSON;
// json.RawMessage is taken as it is. The options may be nil.
func (c *Client) CreateTask(ctx context.Context, action string, parameters any, label string, options *Options) (*task.Task, error) {
	t, err := c.newTask(action, parameters, label, options.orDefault())
	if err != nil {
		return nil, err
	}
	return c.enqueue(ctx, t)
}

func (c *Client) enqueue(ctx context.Context, t *task.Task) (*task.Task, error) {
	enqueue := c.dispatcher.Enqueue
	if t.ParentID != "" {
		enqueue = c.enqueueChild
	}
	ctx, end := c.tracer.Enqueue(ctx, t)
	err := enqueue(ctx, t)
	end(err)
	c.count(ctx, t, err)
	if err != nil {
		return c.enqueuedBefore(ctx, t, err)
	}
	return t, nil
}
