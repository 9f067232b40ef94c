// Package dispatcher decides which queue a task goes to, and hands it to that queue's broker.
package dispatcher

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/task"
)

// Queue is a named line of tasks. Its name is also the name of its Temporal task queue.
type Queue struct {
	Name string
	// Weight is the queue's share of a worker's attention, relative to the other queues' weights. A negative weight counts
	// as its absolute value; 0 means 1.
	Weight int
	// Reserved is how many of a worker's permits run only tasks of this queue.
	Reserved int
	Broker   broker.Broker
}

// Weight returns the weight that counts for one that is configured: see Queue.Weight.
func Weight(configured int) int {
	if configured < 0 {
		configured = -configured
	}
	return max(configured, 1)
}

// Config says which queues there are and what goes where.
type Config struct {
	Queues []Queue
	// Default is the queue of actions without association; "" means the first queue.
	Default string
	// Associations maps an action's name to the queue of its tasks.
	Associations map[string]string
	// QueueOf asks the action itself for the queue of a task with these parameters; "" leaves it to the
	// associations. Optional.
	QueueOf func(action string, parameters json.RawMessage) (string, error)
}

// Dispatcher routes tasks to queues. It does not change after New, so it is safe for concurrent use.
type Dispatcher struct {
	config Config
	byName map[string]Queue
}

// New checks the configuration in the order queues, names, duplicates, associations, default.
func New(config Config) (*Dispatcher, error) {
	if len(config.Queues) == 0 {
		return nil, ErrNoQueues
	}
	d := &Dispatcher{config: config, byName: make(map[string]Queue, len(config.Queues))}
	d.config.Queues = slices.Clone(config.Queues)
	d.config.Associations = maps.Clone(config.Associations)
	var duplicates []string
	for i := range d.config.Queues {
		q := &d.config.Queues[i]
		if q.Name == "" {
			return nil, ErrNoQueueName
		}
		if q.Broker == nil {
			return nil, fmt.Errorf("queue %q has no broker", q.Name)
		}
		q.Weight = Weight(q.Weight)
		if _, exists := d.byName[q.Name]; exists {
			duplicates = append(duplicates, q.Name)
		}
		d.byName[q.Name] = *q
	}
	if len(duplicates) > 0 {
		return nil, &DuplicateQueuesError{Names: duplicates}
	}
	var unregistered []string
	for _, action := range slices.Sorted(maps.Keys(config.Associations)) {
		if name := config.Associations[action]; !d.has(name) {
			unregistered = append(unregistered, name)
		}
	}
	if len(unregistered) > 0 {
		return nil, &UnregisteredQueuesError{Names: slices.Compact(unregistered)}
	}
	if config.Default != "" && !d.has(config.Default) {
		return nil, fmt.Errorf("default queue: %w", d.unknown(config.Default))
	}
	return d, nil
}

// Queues returns the queues in the order in which they were configured.
func (d *Dispatcher) Queues() []Queue { return slices.Clone(d.config.Queues) }

// Queue returns the queue with this name, or an *UnknownQueueError.
func (d *Dispatcher) Queue(name string) (Queue, error) {
	q, ok := d.byName[name]
	if !ok {
		return Queue{}, d.unknown(name)
	}
	return q, nil
}

// Associations returns which action goes to which queue.
func (d *Dispatcher) Associations() map[string]string { return maps.Clone(d.config.Associations) }

// DefaultQueue returns the queue of actions without association.
func (d *Dispatcher) DefaultQueue() Queue {
	if d.config.Default != "" {
		return d.byName[d.config.Default]
	}
	return d.config.Queues[0]
}

// QueueFor returns the queue for a task: the one that the action itself names for these parameters, else the
// associated one, else the default one. A name that does not exist is an error; nothing falls back silently.
func (d *Dispatcher) QueueFor(action string, parameters json.RawMessage) (Queue, error) {
	if d.config.QueueOf != nil {
		name, err := d.config.QueueOf(action, parameters)
		if err != nil {
			return Queue{}, fmt.Errorf("ask action %q for its queue: %w", action, err)
		}
		if name != "" {
			return d.Queue(name)
		}
	}
	if name, ok := d.config.Associations[action]; ok {
		return d.Queue(name)
	}
	return d.DefaultQueue(), nil
}

// Enqueue routes the task, and puts it on its queue.
func (d *Dispatcher) Enqueue(ctx context.Context, t *task.Task) error {
	queue, err := d.Route(t)
	if err != nil {
		return err
	}
	return queue.Broker.Enqueue(ctx, t)
}

// Route returns the queue t.Queue, which is chosen first if it is empty, and validates the task.
func (d *Dispatcher) Route(t *task.Task) (queue Queue, err error) {
	if t.Queue == "" {
		queue, err = d.QueueFor(t.Action, t.Parameters)
	} else {
		queue, err = d.Queue(t.Queue)
	}
	if err != nil {
		return Queue{}, err
	}
	t.Queue = queue.Name
	return queue, t.Validate()
}

// Initialize creates what the queues need to be stored. It may be called again.
func (d *Dispatcher) Initialize(ctx context.Context) error {
	var errs []error
	for _, q := range d.config.Queues {
		if err := q.Broker.Initialize(ctx, q.Name); err != nil {
			errs = append(errs, fmt.Errorf("initialize queue %q: %w", q.Name, err))
		}
	}
	return errors.Join(errs...)
}

// IsSync reports whether every queue runs its tasks while they are enqueued, so that no worker is needed.
func (d *Dispatcher) IsSync() bool {
	return !slices.ContainsFunc(d.config.Queues, func(q Queue) bool { return !q.Broker.Sync() })
}

// Count returns about how many tasks wait in all queues.
func (d *Dispatcher) Count(ctx context.Context) (int64, error) {
	var sum int64
	for _, q := range d.config.Queues {
		n, err := q.Broker.Count(ctx, q.Name)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

func (d *Dispatcher) has(name string) bool {
	_, ok := d.byName[name]
	return ok
}

func (d *Dispatcher) unknown(name string) error {
	known := make([]string, len(d.config.Queues))
	for i, q := range d.config.Queues {
		known[i] = q.Name
	}
	return &UnknownQueueError{Name: name, Known: known}
}
