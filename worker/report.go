package worker

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/distributed-task-queue/taskqueue/activities"
)

// report tells Temporal how the activity has ended, as often as it takes; past the worker's shutdown timeout once more.
//
// Of the errors that reach it, a CanceledError is one only if Temporal has asked for that, and no other wraps context.Canceled: the SDK's
// client would report either as a cancellation, which Temporal refuses if it has not asked.
func (l *life) report(ctx context.Context, result any, failure error) {
	for wait := shortestWait; ; wait = min(2*wait, longestWait) {
		err := l.complete(ctx, result, failure)
		switch {
		case err == nil:
			return
		case isGone(err): // as when an earlier call was accepted, but its answer lost
			l.logger.Warn("Temporal awaits no result of the action any more", "error", err)
			return
		case isRefused(err):
			l.logger.Error("Temporal does not take the result of the action; it fails", "error", err)
			result, failure = nil, temporal.NewNonRetryableApplicationError(
				"the result could not be reported: "+err.Error(), activities.ErrorTypeReport, nil)
		default:
			l.logger.Warn("The result of the action cannot be reported yet", "error", err)
		}
		select {
		case <-time.After(wait):
		case <-l.worker.running.Done():
			l.logger.Error("The worker stops; the result of the action is lost", "error", err)
			return
		}
	}
}

// complete makes one call, which takes 10 s at most.
func (l *life) complete(ctx context.Context, result any, failure error) error {
	return l.worker.config.Client.CompleteActivityWithOptions(ctx, client.CompleteActivityOptions{
		TaskToken: l.info.TaskToken, Result: result, Err: failure, Namespace: l.info.Namespace, WorkflowID: l.info.WorkflowExecution.ID,
		WorkflowType: l.info.WorkflowType.Name, ActivityType: l.info.ActivityType.Name, TaskQueue: l.info.TaskQueue,
	})
}

// isRefused reports whether the error says that this result will never be taken.
func isRefused(err error) bool {
	_, invalid := errors.AsType[*serviceerror.InvalidArgument](err)
	// Only that of a message which is too large still is one of gRPC; the others are service errors.
	return invalid || errors.Is(err, converter.ErrUnableToEncode) || status.Code(err) == codes.ResourceExhausted
}
