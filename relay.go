package taskqueue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/broker/relay"
	"github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/dispatcher"
	"github.com/distributed-task-queue/taskqueue/task"
)

// RelayConfig says what a relay moves. The zero value is the default of each field.
type RelayConfig struct {
	// Queues are the queues whose tasks are moved. Default: all that have a store.
	Queues []string
	// PHPActions maps classes of the PHP system to actions, for messages that it sends. Default: an action has the name of the class.
	PHPActions map[string]string
	// Concurrency is how many tasks of a queue are handed over at a time. Default: relay.DefaultConcurrency.
	Concurrency int
	// PollInterval is how long to wait after a queue was empty. Default: relay.DefaultPollInterval.
	PollInterval time.Duration
	// Logger gets what is set aside and what goes wrong. Default: the client's.
	Logger *slog.Logger
}

// NewRelay returns a relay that hands the tasks of queues with a store, as the brokers rds and sqs have one, to Temporal. Several may
// run at once. Without any such queue it has nothing to do.
func (c *Client) NewRelay(config RelayConfig) (*relay.Relay, error) {
	for _, name := range config.Queues {
		if _, err := c.StoreOf(name); err != nil {
			return nil, fmt.Errorf("relay: %w", err)
		}
	}
	settings := relay.Config{
		Target: temporal.New(c.config.Temporal), Exists: c.exists, Ready: c.ready, Prepare: c.complete, PHPActions: config.PHPActions,
		Concurrency: config.Concurrency, PollInterval: config.PollInterval, Logger: config.Logger,
	}
	if settings.Logger == nil {
		settings.Logger = c.config.Logger
	}
	for _, q := range c.dispatcher.Queues() {
		store, ok := q.Broker.(broker.Stored)
		if ok && (len(config.Queues) == 0 || slices.Contains(config.Queues, q.Name)) {
			settings.Sources = append(settings.Sources, relay.Source{Queue: q.Name, Store: store})
		}
	}
	return relay.New(settings)
}

// NewMigration returns a relay that moves what waits in a store, where it is kept for a queue of this name, to another queue, or to the
// broker that the queue has now: see relay.Relay.Drain. A task leaves the store only when it has arrived, and its id makes it run once. The
// map is that of RelayConfig. A *SamePlaceError says that the tasks would go where they are.
func (c *Client) NewMigration(
	ctx context.Context, from string, store broker.Stored, to string, phpActions map[string]string,
) (*relay.Relay, error) {
	target, err := c.dispatcher.Queue(to)
	if err != nil {
		return nil, err
	}
	if err := checkPlaces(ctx, from, store, target); err != nil {
		return nil, err
	}
	var timeout time.Duration
	if target.Broker.Sync() {
		timeout = -1 // a task is handed over when it has been run
	}
	return relay.New(relay.Config{
		HandOverTimeout: timeout,
		Sources:         []relay.Source{{Queue: from, Store: store}}, Target: target.Broker, Exists: c.exists, Logger: c.config.Logger,
		PHPActions: phpActions,
		Prepare: func(t *task.Task, foreign bool) error {
			t.Queue = to
			return c.complete(t, foreign)
		},
	})
}

// checkPlaces refuses to move tasks in a circle.
func checkPlaces(ctx context.Context, from string, store broker.Stored, to dispatcher.Queue) error {
	target, ok := to.Broker.(broker.Stored)
	if !ok {
		return nil
	}
	here, err := store.Place(ctx, from)
	if err != nil {
		return err
	}
	there, err := target.Place(ctx, to.Name)
	if err != nil {
		return err
	}
	if here == there {
		return &SamePlaceError{From: from, To: to.Name}
	}
	return nil
}

// SamePlaceError says that tasks cannot be moved, because both queues keep them in the same place.
type SamePlaceError struct{ From, To string }

func (e *SamePlaceError) Error() string {
	return fmt.Sprintf("the tasks of queue %q wait there already: it is where queue %q keeps its own", e.From, e.To)
}

// NoStoreError says that the tasks of a queue are not kept in a store, so that there is nothing to relay, to look at or to move.
type NoStoreError struct{ Queue, Broker string }

func (e *NoStoreError) Error() string {
	return fmt.Sprintf("queue %q has the broker %s, which keeps no tasks of its own; the brokers rds and sqs do", e.Queue, e.Broker)
}

// StoreOf returns the broker of a queue that keeps tasks in a store; the error is a *NoStoreError if it does not, and a
// *dispatcher.UnknownQueueError if there is no such queue.
func (c *Client) StoreOf(queue string) (broker.Stored, error) {
	q, err := c.dispatcher.Queue(queue)
	if err != nil {
		return nil, err
	}
	store, ok := q.Broker.(broker.Stored)
	if !ok {
		return nil, &NoStoreError{Queue: q.Name, Broker: q.Broker.Name()}
	}
	return store, nil
}

// complete fills in what only enqueuers in Go say.
func (c *Client) complete(t *task.Task, foreign bool) (err error) {
	if !foreign {
		return nil
	}
	if t.Policy == nil {
		t.Policy = c.policyOf(t.Action)
	}
	if t.Category == "" {
		t.Category, err = c.categoryOf(t.Action, t.Parameters)
	}
	return err
}

func (c *Client) exists(ctx context.Context, id task.ID) (bool, error) {
	_, err := c.config.Temporal.DescribeWorkflowExecution(ctx, string(id), "")
	if _, missing := errors.AsType[*serviceerror.NotFound](err); missing {
		return false, nil
	}
	return err == nil, err
}

func (c *Client) ready(ctx context.Context) error {
	_, err := c.config.Temporal.CheckHealth(ctx, &client.CheckHealthRequest{})
	return err
}
