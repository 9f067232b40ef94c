package memory

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"go.temporal.io/sdk/client"
	sdktemporal "go.temporal.io/sdk/temporal"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/worker"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

// runner is a worker for one queue's tasks that this process enqueues.
type runner struct {
	client    client.Client
	taskQueue string        // of the actions of this process alone
	places    chan struct{} // as many as tasks may run at a time
	cancel    context.CancelFunc
	ended     chan struct{} // closed when the worker has ended, with err
	err       error
}

// startRunner starts a worker that serves two task queues: the queue's own, where the workflows of all enqueuing processes are, and one
// of this process, to which they send their actions.
func startRunner(c Config, queue string) (*runner, error) {
	r := &runner{
		client: c.Client, taskQueue: queue + "@" + uuid.NewString(),
		places: make(chan struct{}, c.Concurrency), ended: make(chan struct{}),
	}
	w, err := worker.New(worker.Config{
		Client: c.Client, Namespace: c.Namespace, Actions: c.Actions, Policies: c.Policies, Concurrency: c.Concurrency,
		TaskLog: c.TaskLog, TracerProvider: c.TracerProvider, Logger: c.Logger,
		Queues: []worker.Queue{{Name: queue}, {Name: r.taskQueue}},
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	go func() {
		defer close(r.ended)
		r.err = w.Run(ctx)
	}()
	return r, nil
}

// acquire waits until another task may run. That is before the task exists: one that waits for its only worker counts as lost after a while.
func (r *runner) acquire(ctx context.Context) (release func(), err error) {
	select {
	case r.places <- struct{}{}:
		return func() { <-r.places }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (r *runner) running() bool {
	select {
	case <-r.ended:
		return false
	default:
		return true
	}
}

func (r *runner) close() error {
	r.cancel()
	<-r.ended
	return r.err
}

// await returns the report of the task when it has ended.
func (r *runner) await(ctx context.Context, id task.ID) (task.Report, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-r.ended:
			cancel(cmp.Or(r.err, ErrClosed))
		case <-ctx.Done():
		}
	}()
	var report task.Report
	err := r.client.GetWorkflow(ctx, string(id), "").Get(ctx, &report)
	if err == nil {
		return report, nil
	}
	if ctx.Err() != nil { // what the SDK makes of it hides why
		return task.Report{}, context.Cause(ctx)
	}
	return failed(id, err)
}

// failed returns the report of a task that has not completed.
func failed(id task.ID, err error) (task.Report, error) {
	ended, ok := errors.AsType[*sdktemporal.WorkflowExecutionError](err)
	if !ok {
		return task.Report{}, fmt.Errorf("ask for its report: %w", err)
	}
	var report task.Report
	if failure, ok := errors.AsType[*sdktemporal.ApplicationError](err); ok && failure.Type() == workflows.ErrorTypeFailed && failure.HasDetails() {
		if err := failure.Details(&report); err != nil {
			return task.Report{}, fmt.Errorf("read its report: %w", err)
		}
		return report, nil
	}
	// It was cancelled or terminated, by somebody who has left no report.
	return task.Error("Task %s has not completed", id).Add(task.Error("%v", ended.Unwrap())), nil
}
