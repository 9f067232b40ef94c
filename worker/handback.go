package worker

import (
	"context"
	"errors"
	"time"

	activitypb "go.temporal.io/api/activity/v1"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

// ErrorTypeHandedBack is the type of the error that hands a task back to its queue.
const ErrorTypeHandedBack = "HandedBack"

// ReasonUnknownAction is in the message of that error if the worker does not know the action. Workers in other languages say the same.
const ReasonUnknownAction = "the action is not known to this worker"

// What Temporal cannot be told is tried again after growing waits.
const (
	shortestWait = 100 * time.Millisecond
	longestWait  = 5 * time.Second
)

// MetricHandedBack counts the tasks that were handed back, by reason.
const MetricHandedBack = "taskqueue_handed_back"

// handBack returns the error that puts the activity back on its queue after the delay.
//
// Activities have one attempt, or as many as an idempotent action's policy says. This attempt was not started, so it
// must not count: the server is told to allow one more. Should the worker be lost between that and the error, the heartbeat
// timeout uses the additional attempt, which is right: nothing has run.
func (w *Worker) handBack(ctx context.Context, reason string, delay time.Duration) error {
	info := activity.GetInfo(ctx)
	activity.GetMetricsHandler(ctx).WithTags(map[string]string{"reason": reason}).Counter(MetricHandedBack).Inc(1)
	request := &workflowservice.UpdateActivityOptionsRequest{
		Namespace:  info.Namespace,
		Execution:  &commonpb.WorkflowExecution{WorkflowId: info.WorkflowExecution.ID, RunId: info.WorkflowExecution.RunID},
		Activity:   &workflowservice.UpdateActivityOptionsRequest_Id{Id: info.ActivityID},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"retry_policy.maximum_attempts"}},
		ActivityOptions: &activitypb.ActivityOptions{
			RetryPolicy: &commonpb.RetryPolicy{MaximumAttempts: allowedAttempts(info) + 1},
		},
	}
	for wait := shortestWait; ; wait = min(2*wait, longestWait) {
		err := w.updateOptions(ctx, request)
		if err == nil || isGone(err) {
			break
		}
		// Failing now would fail the task, which has not even begun.
		w.config.Logger.Warn("A task cannot be handed back yet", "task", info.WorkflowExecution.ID, "error", err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return cannotHandBack(context.Cause(ctx))
		}
	}
	// Benign, because nothing has failed: metrics and traces do not count it.
	return temporal.NewApplicationErrorWithOptions("handed back: "+reason, ErrorTypeHandedBack,
		temporal.ApplicationErrorOptions{NextRetryDelay: delay, Category: temporal.ApplicationErrorCategoryBenign})
}

func (w *Worker) updateOptions(ctx context.Context, request *workflowservice.UpdateActivityOptionsRequest) error {
	ctx, cancel := context.WithTimeout(ctx, longestWait)
	defer cancel()
	_, err := w.config.Client.WorkflowService().UpdateActivityOptions(ctx, request)
	return err
}

// cannotHandBack returns the error of a task that need not be handed back any more, or cannot be in time.
func cannotHandBack(cause error) error {
	if temporal.IsCanceledError(cause) {
		return temporal.NewCanceledError()
	}
	return temporal.NewApplicationError("it could not be handed back to its queue: "+cause.Error(), ErrorTypeHandedBack)
}

// isHandedBack reports whether the task goes back to its queue, or was to.
func isHandedBack(err error) bool {
	application, ok := errors.AsType[*temporal.ApplicationError](err)
	return ok && application.Type() == ErrorTypeHandedBack
}

// allowedAttempts returns how many attempts the server allows until now.
func allowedAttempts(info activity.Info) int32 {
	if info.RetryPolicy == nil { // a server that does not tell
		return info.Attempt
	}
	return max(info.RetryPolicy.MaximumAttempts, info.Attempt)
}

// unknownActionDelay is how long a task waits that this worker does not know: short at first, as other workers of the queue may know
// it, and longer each time, up to a minute.
func unknownActionDelay(attempt int32) time.Duration {
	n := min(int64(attempt), 100)
	return min(time.Duration(50*n*n)*time.Millisecond, time.Minute)
}
