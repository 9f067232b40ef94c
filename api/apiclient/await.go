package apiclient

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// How long AwaitTask waits before it asks again: at first, and at most.
const (
	firstWait = 50 * time.Millisecond
	lastWait  = 2 * time.Second
)

// AwaitTask returns a task when it has ended, however it has: see Task.Status and Task.Report. It asks ever less often, up to every two
// seconds, and reads the task only when it has changed. A server that has too much to do is asked again when it wants to be.
func (c *ClientWithResponses) AwaitTask(ctx context.Context, id string) (*Task, error) {
	params := &GetTaskParams{}
	for wait := firstWait; ; wait = min(wait*3/2, lastWait) {
		got, err := c.GetTaskWithResponse(ctx, id, params)
		pause := wait
		if busy, ok := tryAgain(err); ok {
			pause = max(busy, wait)
		} else if err != nil {
			return nil, err
		} else if found := got.JSON200; found != nil {
			if found.ended() {
				return found, nil
			}
			params.IfNoneMatch = new(got.HTTPResponse.Header.Get("ETag"))
		}
		select {
		case <-time.After(pause):
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

// ended reports whether the task will not change any more by itself.
func (t *Task) ended() bool {
	return t.Status != TaskStatusCreated && t.Status != TaskStatusInProgress
}
