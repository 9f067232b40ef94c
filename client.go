package taskqueue

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/dispatcher"
	"github.com/distributed-task-queue/taskqueue/queueadmin"
	"github.com/distributed-task-queue/taskqueue/schedule"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/tasklog/visibility"
	"github.com/distributed-task-queue/taskqueue/tracing"
	"github.com/distributed-task-queue/taskqueue/worker"
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

func (c *Client) newTask(action string, parameters any, label string, o Options) (*task.Task, error) {
	if err := c.checkAction(action); err != nil {
		return nil, err
	}
	raw, err := task.EncodeParameters(parameters)
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	t := &task.Task{
		ID: o.ID, Action: action, Parameters: raw, Label: label,
		Metadata: task.Metadata{
			Queue: o.Queue, Owner: o.Owner, Category: o.Category,
			ParentID: o.ParentID, Master: o.Master, CreatedAt: now, Priority: o.Priority, Policy: c.policyOf(action),
		},
	}
	if err := identify(t, o); err != nil {
		return nil, err
	}
	if t.Owner == "" && t.ParentID == "" { // a child has its parent's owner
		t.Owner = c.config.Owner
	}
	if o.Delay < 0 {
		return nil, &task.InvalidError{Field: "delay", Reason: fmt.Sprintf("is %s; a delay cannot be negative", o.Delay)}
	}
	if o.Delay > 0 {
		t.NotBefore = now.Add(o.Delay)
	}
	if t.Category == "" {
		if t.Category, err = c.categoryOf(action, raw); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// checkAction refuses actions that nobody declared, if there is a declaration at all.
func (c *Client) checkAction(action string) error {
	if c.config.Declared == nil || action == "" {
		return nil
	}
	known := append(c.config.Actions.Names(), c.config.Declared...)
	for associated := range c.dispatcher.Associations() {
		known = append(known, associated)
	}
	slices.Sort(known)
	if !slices.Contains(known, action) {
		return &dispatcher.UnknownActionError{Name: action, Known: slices.Compact(known)}
	}
	return nil
}

func (c *Client) queueOf(action string, parameters json.RawMessage) (string, error) {
	a, ok := c.config.Actions.Lookup(action)
	if !ok || a.Queue == nil {
		return "", nil
	}
	return a.Queue(parameters)
}

// categoryOf asks the action itself first, then the configuration.
func (c *Client) categoryOf(action string, parameters json.RawMessage) (task.Category, error) {
	if a, ok := c.config.Actions.Lookup(action); ok && a.Category != nil {
		category, err := a.Category(parameters)
		if err != nil {
			return "", fmt.Errorf("ask action %q for its category: %w", action, err)
		}
		if category != "" {
			return category, nil
		}
	}
	return c.config.Categories[action], nil
}

// policyOf returns how the action may be run; nil if only a worker knows.
func (c *Client) policyOf(action string) *task.Policy {
	policy, known := c.config.Actions.EffectivePolicy(action, c.config.Policies)
	if !known {
		return nil
	}
	return &policy
}
