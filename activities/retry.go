package activities

import (
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

// permanentError is an error after which an action must not be started again.
type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }

// Permanent marks an error that trying again would not cure, so that also an idempotent action fails with it at once.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanentError{err}
}

// delayedError is an error after which an action should be started again at a time of its own.
type delayedError struct {
	error

	delay time.Duration
}

func (e delayedError) Unwrap() error { return e.error }

// RetryAfter marks an error after which an idempotent action is to be started again when the delay is over, whatever its
// backoff; say when another service has told how long to wait.
func RetryAfter(err error, delay time.Duration) error {
	if err == nil {
		return nil
	}
	return delayedError{err, max(delay, time.Millisecond)}
}

// maxErrorText is how many bytes of an error's text are kept.
const maxErrorText = 64 << 10

// failure makes of an action's error what tells the server whether to start the action again.
func failure(action Action, err error, notes workflows.Notes) error {
	options := temporal.ApplicationErrorOptions{NonRetryable: action.permanent(err)}
	if delayed, ok := errors.AsType[delayedError](err); ok {
		options.NextRetryDelay = delayed.delay
	}
	if notes != (workflows.Notes{}) {
		options.Details = []any{notes}
	}
	return temporal.NewApplicationErrorWithOptions(task.Truncate(err.Error(), maxErrorText), ErrorTypeAction, options)
}

// permanent reports whether the action must not be started again after the error.
func (a Action) permanent(err error) bool {
	if _, ok := errors.AsType[permanentError](err); ok {
		return true
	}
	return slices.ContainsFunc(a.Permanent, func(target error) bool { return errors.Is(err, target) })
}
