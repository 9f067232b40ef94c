package taskqueue

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"

	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

// enqueueChild enqueues a task that has a parent. A child without an owner has its parent's. The parent is told, so that it waits for
// the child, unless it has ended. A parent that is not in the log, or not any more, is nobody to tell.
func (c *Client) enqueueChild(ctx context.Context, t *task.Task) error {
	if e, ok := activities.ExecutionOf(ctx); ok && e.TaskID == t.ParentID {
		return c.enqueueOwnChild(ctx, e, t)
	}
	parent, err := c.parentOf(ctx, t)
	if err != nil {
		return err
	}
	t.Owner = cmp.Or(t.Owner, parent.Owner, c.config.Owner)
	queue, err := c.dispatcher.Route(t)
	if err != nil {
		return err
	}
	if parent.ID == "" || parent.Status.Closed() {
		return queue.Broker.Enqueue(ctx, t)
	}
	if err := c.tellParent(ctx, t.ParentID, 1); err != nil {
		return err
	}
	err = queue.Broker.Enqueue(ctx, t)
	if result := resultOf(ctx, err); result == resultDuplicate || result == resultRefused {
		// It must be taken back although ctx may have ended.
		return errors.Join(err, c.tellParent(context.WithoutCancel(ctx), t.ParentID, -1))
	}
	// Any other error leaves open whether there is a child now. The parent goes on to count it, and ends some minutes later if none comes.
	// Whoever asks again and is told of a duplicate takes back only what that second call has told.
	return err
}

// enqueueOwnChild enqueues a child of the task whose action calls. The parent is told with the action's result.
func (c *Client) enqueueOwnChild(ctx context.Context, e *activities.Execution, t *task.Task) error {
	if t.Owner == "" {
		owner, err := e.Owner(func() (string, error) {
			parent, err := c.parentOf(ctx, t)
			return parent.Owner, err
		})
		if err != nil {
			return err
		}
		t.Owner = cmp.Or(owner, c.config.Owner)
	}
	err := c.dispatcher.Enqueue(ctx, t)
	if err == nil || c.isOwnChild(ctx, t, err) {
		e.AddChild()
	}
	return err
}

// isOwnChild reports whether the error says that the child exists already: an earlier attempt of the action enqueued it, and the parent
// must wait for it all the same.
func (c *Client) isOwnChild(ctx context.Context, t *task.Task, err error) bool {
	if _, duplicate := errors.AsType[*task.DuplicateError](err); !duplicate {
		return false
	}
	existing, err := c.log.Get(ctx, t.ID)
	return err == nil && existing.ParentID == t.ParentID
}

// parentOf returns the task's parent; the zero Entity if it is not in the log.
func (c *Client) parentOf(ctx context.Context, t *task.Task) (tasklog.Entity, error) {
	parent, err := c.log.Get(ctx, t.ParentID)
	if _, missing := errors.AsType[*tasklog.NotFoundError](err); missing {
		return tasklog.Entity{}, nil
	}
	if err != nil {
		return tasklog.Entity{}, fmt.Errorf("look for the parent: %w", err)
	}
	return parent, nil
}

// tellParent tells a task that it has more children, or fewer. One that has ended needs not know.
func (c *Client) tellParent(ctx context.Context, parent task.ID, more int) error {
	err := c.config.Temporal.SignalWorkflow(ctx, string(parent), "", workflows.SignalChildren, more)
	if _, ended := errors.AsType[*serviceerror.NotFound](err); err == nil || ended {
		return nil
	}
	return fmt.Errorf("tell parent %s of its child: %w", parent, err)
}
