package taskqueue

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"go.temporal.io/api/serviceerror"
	"golang.org/x/sync/errgroup"

	"github.com/distributed-task-queue/taskqueue/task"
)

// NewTask is one task of CreateTasks: what CreateTask has as arguments.
type NewTask struct {
	Action     string
	Parameters any
	Label      string
	Options    *Options
}

// Created is what has become of a NewTask: Task is nil if Err is not.
type Created struct {
	Task *task.Task
	Err  error
}

// createConcurrency is how many tasks CreateTasks enqueues at a time.
const createConcurrency = 16

// CreateTasks enqueues many tasks, several at a time, and returns what has become of each, in their order. One that is refused keeps
// no other from being enqueued. When Temporal is away or ctx ends, what is left is not tried, and gets the error that says so.
func (c *Client) CreateTasks(ctx context.Context, tasks []NewTask) []Created {
	created := make([]Created, len(tasks))
	var stopped atomic.Pointer[error]
	var group errgroup.Group
	group.SetLimit(createConcurrency)
	for i, t := range tasks {
		group.Go(func() error {
			if err := context.Cause(ctx); err != nil {
				stopped.CompareAndSwap(nil, &err)
			}
			if cause := stopped.Load(); cause != nil {
				created[i].Err = fmt.Errorf("not tried: %w", *cause)
				return nil
			}
			created[i].Task, created[i].Err = c.CreateTask(ctx, t.Action, t.Parameters, t.Label, t.Options)
			if err := created[i].Err; isUnavailable(err) {
				stopped.CompareAndSwap(nil, &err)
			}
			return nil
		})
	}
	_ = group.Wait() // the errors are in created
	return created
}

// isUnavailable reports whether Temporal does not answer, so that it would not answer for other tasks either.
func isUnavailable(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	if _, ok := errors.AsType[*serviceerror.Unavailable](err); ok {
		return true
	}
	_, ok := errors.AsType[*serviceerror.DeadlineExceeded](err)
	return ok
}
