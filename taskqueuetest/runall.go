package taskqueuetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"go.temporal.io/sdk/activity"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/task"
)

// maxRuns is when RunAll takes tasks that enqueue tasks for endless.
const maxRuns = 10_000

var errNotEnded = errors.New("a child has not ended")

// RunAll runs the recorded tasks that were not run before, and those that they enqueue meanwhile, one at a time and each to its end: an
// idempotent action is started again as often as its policy allows. It returns their results, in the order in which they were started:
// that in which they were enqueued, but a task that waits for its children has them run before the next one. Delays and priorities
// count for nothing. A task whose action is not registered fails the test.
func (r *Recorder) RunAll(t testing.TB, registry *taskqueue.Registry) []Result {
	t.Helper()
	r.mu.Lock()
	before := len(r.started)
	r.mu.Unlock()
	anyTask := func(task.Task) bool { return true }
	for e := r.next(anyTask); e != nil; e = r.next(anyTask) {
		if err := r.run(t, registry, e); err != nil {
			t.Fatalf("taskqueuetest: %v", err)
		}
	}
	results := make([]Result, 0, len(r.started)-before)
	for _, e := range r.started[before:] {
		results = append(results, e.result)
	}
	return results
}

// next returns the first task that was not run and that is wanted; nil if there is none.
func (r *Recorder) next(wanted func(task.Task) bool) *entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.entries {
		if !e.started && wanted(e.task) {
			e.started = true
			r.started = append(r.started, e)
			return e
		}
	}
	return nil
}

// run runs one task. It returns an error if that cannot be done.
func (r *Recorder) run(t testing.TB, registry *taskqueue.Registry, e *entry) error {
	if len(r.started) > maxRuns {
		return fmt.Errorf("more than %d tasks were run; does an action enqueue itself?", maxRuns)
	}
	var broken error // of a child that cannot be run
	this := &run{task: e.task, registry: registry}
	this.children = func(ctx context.Context) (int64, error) {
		var failed int64
		failed, broken = r.runChildren(ctx, t, registry, e.task.ID)
		return failed, broken
	}
	err := this.toItsEnd(t)
	e.result = this.result
	if err != nil {
		return fmt.Errorf("run %s: %w", &e.task, err)
	}
	if errors.Is(broken, errNotEnded) {
		return nil
	}
	return broken
}

// runChildren runs the children of a task, and returns how many of them failed; errNotEnded if one is not done.
func (r *Recorder) runChildren(ctx context.Context, t testing.TB, registry *taskqueue.Registry, parent task.ID) (failed int64, err error) {
	ofParent := func(t task.Task) bool { return t.ParentID == parent }
	for e := r.next(ofParent); e != nil; e = r.next(ofParent) {
		if err := r.run(t, registry, e); err != nil {
			return 0, err
		}
		activity.RecordHeartbeat(ctx)
	}
	for _, e := range r.started {
		switch {
		case e.task.ParentID != parent:
		case !e.result.Status.Closed():
			return 0, errNotEnded
		case e.result.Status == task.Failed:
			failed++
		}
	}
	return failed, nil
}
