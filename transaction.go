package taskqueue

import (
	"cmp"
	"context"
	"fmt"

	"github.com/distributed-task-queue/taskqueue/broker"
	"github.com/distributed-task-queue/taskqueue/task"
)

// NoTransactionError says that a queue's broker cannot enqueue inside a transaction.
type NoTransactionError struct{ Queue, Broker string }

func (e *NoTransactionError) Error() string {
	return fmt.Sprintf("queue %q has the broker %s, which cannot enqueue inside a transaction; the broker rds can", e.Queue, e.Broker)
}

// EnqueueTx enqueues a typed task, as Enqueue does, inside the caller's transaction: its commit enqueues the task, its rollback leaves
// nothing. The queue's broker must be rds, on the database of the transaction.
//
// The task is in the log as soon as a relay has handed it over after the commit. A parent is not told of a child that may yet be rolled
// back, so it does not wait for it.
func (c *Client) EnqueueTx(ctx context.Context, tx broker.Tx, args Args, label string) (*task.Task, error) {
	t, err := c.newTypedTask(args, label)
	if err != nil {
		return nil, err
	}
	return c.enqueueTx(ctx, tx, t)
}

// CreateTaskTx enqueues a task for an action by its name, as CreateTask does, inside the caller's transaction: see EnqueueTx.
func (c *Client) CreateTaskTx(ctx context.Context, tx broker.Tx, action string, parameters any, label string, options *Options) (*task.Task, error) {
	t, err := c.newTask(action, parameters, label, options.orDefault())
	if err != nil {
		return nil, err
	}
	return c.enqueueTx(ctx, tx, t)
}

func (c *Client) enqueueTx(ctx context.Context, tx broker.Tx, t *task.Task) (_ *task.Task, err error) {
	ctx, end := c.tracer.Enqueue(ctx, t)
	defer func() {
		end(err)
		c.count(ctx, t, err)
	}()
	if t.ParentID != "" {
		parent, err := c.parentOf(ctx, t)
		if err != nil {
			return nil, err
		}
		t.Owner = cmp.Or(t.Owner, parent.Owner, c.config.Owner)
	}
	queue, err := c.dispatcher.Route(t)
	if err != nil {
		return nil, err
	}
	enqueuer, ok := queue.Broker.(broker.TxEnqueuer)
	if !ok {
		return nil, &NoTransactionError{Queue: queue.Name, Broker: queue.Broker.Name()}
	}
	if err := enqueuer.EnqueueTx(ctx, tx, t); err != nil {
		return nil, err
	}
	return t, nil
}
