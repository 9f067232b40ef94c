package worker

import (
	"context"
	"encoding/json"
	"fmt"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"

	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

// execute is the activity: it runs the task's action, or hands the task back.
func (w *Worker) execute(ctx context.Context, l *line, args converter.EncodedValues) (workflows.Result, error) {
	info := activity.GetInfo(ctx)
	logger := log.With(activity.GetLogger(ctx), "action", info.ActivityType.Name)
	action, known := w.config.Actions.Lookup(info.ActivityType.Name)
	if !known {
		w.gate.decline(l)
		logger.Warn("No such action is registered; the task goes back to its queue")
		return workflows.Result{}, w.handBack(ctx, ReasonUnknownAction, unknownActionDelay(info.Attempt))
	}
	if err := w.gate.begin(ctx, l, info.StartedTime.Sub(info.ScheduledTime)); err != nil {
		return workflows.Result{}, w.handBack(ctx, err.Error(), handBackDelay)
	}
	defer w.gate.end(l)

	var parameters json.RawMessage
	if args.HasValues() {
		if err := args.Get(&parameters); err != nil {
			return workflows.Result{}, temporal.NewNonRetryableApplicationError(
				fmt.Sprintf("the parameters are not JSON: %v", err), activities.ErrorTypeAction, err)
		}
	}
	return w.run(ctx, action, parameters)
}

// executeHere runs a fast action, which came with its workflow and not from a poll; or declines to.
func (w *Worker) executeHere(ctx context.Context, l *line, queue *pauseWatch, name string, parameters json.RawMessage) (workflows.Result, error) {
	action, known := w.config.Actions.Lookup(name)
	if !known {
		return workflows.Result{}, declined(ReasonUnknownAction)
	}
	if queue.isPaused(ctx) {
		return workflows.Result{}, declined("the queue is paused")
	}
	if err := w.gate.beginHere(ctx, l); err != nil {
		return workflows.Result{}, declined(err.Error())
	}
	defer w.gate.end(l)
	defer w.ended.add(activity.GetInfo(ctx).WorkflowExecution)
	ctx, cancel := w.untilShutdown(ctx)
	defer cancel(nil)
	return w.run(ctx, action, parameters)
}

func declined(reason string) error {
	return temporal.NewApplicationErrorWithOptions(reason, workflows.ErrorTypeDeclined, temporal.ApplicationErrorOptions{
		NonRetryable: true, Category: temporal.ApplicationErrorCategoryBenign,
	})
}

// run runs the action for which there is a permit.
func (w *Worker) run(ctx context.Context, action activities.Action, parameters json.RawMessage) (workflows.Result, error) {
	return w.timed(ctx, action.Name, func() (workflows.Result, error) { return w.runner.Run(ctx, action, parameters) })
}
