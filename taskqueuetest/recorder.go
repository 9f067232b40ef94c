package taskqueuetest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/distributed-task-queue/taskqueue/broker/temporal"
	"github.com/distributed-task-queue/taskqueue/task"
)

// Recorder keeps the tasks that a client of NewClient has enqueued. It is a broker.Broker, and but for
// RunAll safe for concurrent use.
type Recorder struct {
	mu      sync.Mutex
	entries []*entry // in the order in which they were enqueued
	started []*entry // in the order in which they were run
}

// entry is a recorded task and what became of it.
type entry struct {
	task    task.Task
	started bool
	result  Result
}

// Tasks returns the recorded tasks, in the order in which they were enqueued.
func (r *Recorder) Tasks() []*task.Task {
	r.mu.Lock()
	defer r.mu.Unlock()
	tasks := make([]*task.Task, len(r.entries))
	for i, e := range r.entries {
		t := e.task
		tasks[i] = &t
	}
	return tasks
}

// Name returns "recorder".
func (r *Recorder) Name() string { return "recorder" }

// Sync returns false: RunAll runs the tasks.
func (r *Recorder) Sync() bool { return false }

// Initialize does nothing.
func (r *Recorder) Initialize(context.Context, string) error { return nil }

// Enqueue records the task as a worker would get it.
func (r *Recorder) Enqueue(ctx context.Context, t *task.Task) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("enqueue task %s: %w", t.ID, err)
	}
	encoded, err := temporal.Encode(t)
	if err != nil {
		return err
	}
	recorded := new(entry)
	if err := json.Unmarshal(encoded, &recorded.task); err != nil {
		return fmt.Errorf("enqueue task %s: decode it: %w", t.ID, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.ContainsFunc(r.entries, func(e *entry) bool { return e.task.ID == t.ID }) {
		return &task.DuplicateError{ID: t.ID}
	}
	r.entries = append(r.entries, recorded)
	if run, ok := ctx.Value(runKey{}).(*run); ok && run.task.ID == t.ParentID {
		run.addChild(recorded.task)
	}
	return nil
}

// Count returns how many tasks of the queue were not run.
func (r *Recorder) Count(_ context.Context, queue string) (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var n int64
	for _, e := range r.entries {
		if e.task.Queue == queue && !e.started {
			n++
		}
	}
	return n, nil
}
