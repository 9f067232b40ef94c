package events

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
)

// TaskUpdate is a task as it is now.
type TaskUpdate struct {
	View tasklog.View
	// ID tells states of the task apart, for Last-Event-ID.
	ID string
}

// After returns u: who has it needs no earlier one.
func (u TaskUpdate) After(TaskUpdate) TaskUpdate { return u }

// Snapshot returns u.
func (u TaskUpdate) Snapshot() TaskUpdate { return u }

// Final reports whether the task has ended.
func (u TaskUpdate) Final() bool { return u.View.Entity.Status.Closed() }

// PollTask polls one task, and presents it once for all readers.
func PollTask(log *tasklog.TaskLog, id task.ID, presenter tasklog.Presenter) Poll[TaskUpdate] {
	var last string
	return func(ctx context.Context) (TaskUpdate, bool, error) {
		found, err := log.Get(ctx, id)
		if err != nil {
			return TaskUpdate{}, false, err
		}
		now, err := fingerprint(found)
		if err != nil {
			return TaskUpdate{}, false, err
		}
		if now == last {
			return TaskUpdate{}, false, nil
		}
		view, err := presenter.Entity(ctx, found)
		if err != nil {
			return TaskUpdate{}, false, err
		}
		last = now
		return TaskUpdate{View: view, ID: now}, true, nil
	}
}

// fingerprint is the same for equal tasks, whenever it is taken.
func fingerprint(tasks ...tasklog.Entity) (string, error) {
	hash := fnv.New64a()
	for _, e := range tasks {
		encoded, err := json.Marshal(e.WithClock(func() time.Time { return time.Time{} }))
		if err != nil {
			return "", fmt.Errorf("encode task %q: %w", e.ID, err)
		}
		_, _ = fmt.Fprintf(hash, "%s %s %d;", encoded, e.Status, e.UpdatedAt.UnixMilli())
	}
	return fmt.Sprintf("%016x", hash.Sum64()), nil
}
