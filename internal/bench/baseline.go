package bench

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/distributed-task-queue/taskqueue/task"
)

// baseline is what one would write by hand: a workflow that runs one activity, and a worker with the SDK's default options.
type baseline struct {
	client client.Client
	queue  string
	worker sdkworker.Worker
}

// baselineWorkflow runs the activity.
func baselineWorkflow(ctx workflow.Context, p noop) (string, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	var result string
	err := workflow.ExecuteActivity(ctx, baselineActivity, p).Get(ctx, &result)
	return result, err
}

func baselineActivity(context.Context, noop) (string, error) { return "done", nil }

func newBaseline(connection client.Client, queue string, c Config) *baseline {
	w := sdkworker.New(connection, queue, sdkworker.Options{MaxConcurrentActivityExecutionSize: c.Concurrency})
	w.RegisterWorkflow(baselineWorkflow)
	w.RegisterActivity(baselineActivity)
	return &baseline{client: connection, queue: queue, worker: w}
}

func (b *baseline) start(ctx context.Context, id task.ID) error {
	options := client.StartWorkflowOptions{ID: string(id), TaskQueue: b.queue}
	if _, err := b.client.ExecuteWorkflow(ctx, options, baselineWorkflow, payload); err != nil {
		return fmt.Errorf("start a workflow of the baseline: %w", err)
	}
	return nil
}

func (b *baseline) run(ctx context.Context) error {
	if err := b.worker.Start(); err != nil {
		return fmt.Errorf("start the worker of the baseline: %w", err)
	}
	<-ctx.Done()
	b.worker.Stop()
	return nil
}
