package apiclient

import (
	"context"
	"errors"
	"net/http"
	"time"
)

const (
	// How long AwaitTask waits before it asks again: at first, and at most.
	firstWait = 50 * time.Millisecond
	lastWait  = 2 * time.Second

	// arrival is how long AwaitTask believes that a task which the server does not know is still to come.
	arrival = 30 * time.Second
)

// AwaitTask returns a task when it has ended, however it has: see Task.Status and Task.Report. It asks ever less often, up to every two
// seconds, and reads the task only when it has changed. A server that has too much to do is asked again when it wants to be.
//
// On a queue with the broker rds or sqs a task is unknown until a relay has taken it. So the error that there is no such task is
// returned only after 30 seconds, unless the task has been seen before.
func (c *ClientWithResponses) AwaitTask(ctx context.Context, id string) (*Task, error) {
	params := &GetTaskParams{}
	began := time.Now()
	for wait := firstWait; ; wait = min(wait*3/2, lastWait) {
		got, err := c.GetTaskWithResponse(ctx, id, params)
		busy, again := tryAgain(err)
		toCome := unknown(err) && params.IfNoneMatch == nil && time.Since(began) < arrival
		switch {
		case again, toCome:
		case err != nil:
			return nil, err
		case got.JSON200 != nil:
			if got.JSON200.ended() {
				return got.JSON200, nil
			}
			params.IfNoneMatch = new(got.HTTPResponse.Header.Get("ETag"))
		}
		select {
		case <-time.After(max(busy, wait)):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// tryAgain returns after how long the server wants to be asked again.
func tryAgain(err error) (time.Duration, bool) {
	e, ok := errors.AsType[*ProblemError](err)
	if !ok || e.Problem.Status != http.StatusTooManyRequests && e.Problem.Status != http.StatusServiceUnavailable {
		return 0, false
	}
	return e.RetryAfter, true
}

// unknown reports whether the answer was that there is no such task.
func unknown(err error) bool {
	e, ok := errors.AsType[*ProblemError](err)
	return ok && e.Problem.Type == "urn:taskqueue:problem:task-not-found"
}

// ended reports whether the task will not change any more by itself.
func (t *Task) ended() bool {
	return t.Status != TaskStatusCreated && t.Status != TaskStatusInProgress
}
