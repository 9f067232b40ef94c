package taskqueuetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/activities"
	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

var errExited = errors.New("the action ended its goroutine, as FailNow of a test does")

// start is the activity of the action.
func (r *run) start(ctx context.Context, action taskqueue.Action, parameters json.RawMessage) (workflows.Result, error) {
	if r.once && r.result.Attempts == 1 {
		if !r.result.Retry {
			r.result.Retry, r.result.RetryAfter = true, r.env.Now().Sub(r.ended)
		}
		return r.again()
	}
	r.result.Attempts++
	function := action.Run
	action.Run = func(ctx context.Context, parameters json.RawMessage) (task.Report, error) {
		return r.attempt(ctx, function, parameters)
	}
	result, err := r.runner.Run(ctx, action, parameters)
	if r.result.Err == nil {
		r.result.Err = err
	}
	r.again = func() (workflows.Result, error) { return result, err }
	return result, err
}

// attempt calls the action, and notes how it ends.
func (r *run) attempt(ctx context.Context, action activities.Func, parameters json.RawMessage) (task.Report, error) {
	if e, ok := activities.ExecutionOf(ctx); ok {
		e.OnProgress = r.addProgress
		// A worker has the owner from the log.
		_, _ = e.Owner(func() (string, error) { return r.task.Owner, nil })
	}
	r.result.Err = errExited
	defer func() {
		r.ended = r.env.Now()
		if v := recover(); v != nil {
			r.result.Err = panicError(v)
			r.again = func() (workflows.Result, error) { panic(v) }
			panic(v)
		}
	}()
	report, err := action(ctx, parameters)
	r.result.Err = err
	return report, err
}

func panicError(v any) error {
	if err, ok := v.(error); ok {
		return fmt.Errorf("panic: %w", err)
	}
	return fmt.Errorf("panic: %v", v)
}
