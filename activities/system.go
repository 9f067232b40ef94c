package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/distributed-task-queue/taskqueue/task"
	"github.com/distributed-task-queue/taskqueue/tasklog"
	"github.com/distributed-task-queue/taskqueue/workflows"
)

const (
	// The task log is asked for a task's children with growing waits.
	firstLook   = 250 * time.Millisecond
	longestLook = 10 * time.Second

	// One attempt looks for that long; the next one comes after a pause. So those who wait take turns in the places that the
	// workers have for them, and those who wait for others that wait cannot take all.
	lookFor   = 20 * time.Second
	lookPause = 5 * time.Second

	// unseenFor is how long children may be missing in the index that were enqueued, while none is open. One may never come: when its
	// enqueuer was lost between telling the parent and enqueuing.
	unseenFor = 5 * time.Minute
)

// ErrorTypeRemote is the type of the error that says that work elsewhere has failed.
const ErrorTypeRemote = "RemoteFailed"

// System does what tasks need beside their actions.
type System struct {
	Registry *Registry
	TaskLog  tasklog.Engine
	// Client is connected to Namespace, which the tasks are in.
	Client    client.Client
	Namespace string

	index indexWatch
}

// AwaitChildren returns, when all children of a task have ended, how many of them failed. A cancelled or archived child
// has ended too.
func (s *System) AwaitChildren(ctx context.Context, a workflows.AwaitChildren) (int64, error) {
	children := func(statuses ...task.Status) *tasklog.Filter {
		f := tasklog.NewFilter().Eq(tasklog.ParentID, string(a.Parent))
		if len(statuses) > 0 {
			f.In(tasklog.Status, statuses)
		}
		return f
	}
	info := activity.GetInfo(ctx)
	wait := firstLook
	if info.Attempt > 1 {
		wait = lookPause
	}
	for until := time.Now().Add(lookFor); time.Now().Before(until); wait = min(wait*3/2, longestLook) {
		activity.RecordHeartbeat(ctx)
		// In this order: a child that gets into the index in between is then open.
		seen, err := s.TaskLog.Count(ctx, children())
		if err != nil {
			return 0, fmt.Errorf("look for children of task %s: %w", a.Parent, err)
		}
		open, err := s.TaskLog.Count(ctx, children(task.Enqueued, task.Dequeued, task.Running, task.ChildRunning))
		if err != nil {
			return 0, fmt.Errorf("look for children of task %s: %w", a.Parent, err)
		}
		if open == 0 && (seen >= int64(a.Enqueued) || time.Since(info.ScheduledTime) > unseenFor) {
			return s.TaskLog.Count(ctx, children(task.Failed))
		}
		select {
		case <-time.After(wait):
		case <-activity.GetWorkerStopChannel(ctx):
			return 0, errStopping
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	return 0, errStillOpen
}

// All are benign: they make the server ask again, another worker or later.
var (
	errStillOpen = temporal.NewApplicationErrorWithOptions("children have not ended", "ChildrenOpen",
		temporal.ApplicationErrorOptions{Category: temporal.ApplicationErrorCategoryBenign, NextRetryDelay: lookPause})
	errStopping = temporal.NewApplicationErrorWithOptions("the worker stops", "WorkerStops",
		temporal.ApplicationErrorOptions{Category: temporal.ApplicationErrorCategoryBenign})
	errNotDone = temporal.NewApplicationErrorWithOptions("the work elsewhere is not done", "RemoteNotDone",
		temporal.ApplicationErrorOptions{Category: temporal.ApplicationErrorCategoryBenign})
)

// RemoteStatus returns nil when the work elsewhere has ended well. Of the errors, only those are for good that say that it
// has failed, or that it cannot be asked for.
func (s *System) RemoteStatus(ctx context.Context, a workflows.RemoteStatus) error {
	action, ok := s.Registry.Lookup(a.Task.Action)
	if !ok || action.RemoteStatus == nil {
		return fmt.Errorf("action %q is not known to this worker", a.Task.Action) // another one may know it
	}
	status, err := action.RemoteStatus(ctx, &a.Task)
	if err != nil {
		return failure(action, fmt.Errorf("ask for the remote status: %w", err), workflows.Notes{})
	}
	switch status.Group() {
	case task.GroupCreated, task.GroupInProgress:
		return errNotDone
	case task.GroupFailed:
		return temporal.NewNonRetryableApplicationError("the task failed where its work was done", ErrorTypeRemote, nil)
	}
	return nil
}
