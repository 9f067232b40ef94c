package tasklog

import (
	"context"
	"fmt"

	"github.com/distributed-task-queue/taskqueue/task"
)

// FileDeleter deletes files from the storage that actions leave their files in. A file that does not exist is no error.
type FileDeleter interface {
	Delete(ctx context.Context, name string) error
}

// Archive puts a task away. One that has not started is cancelled first, and so is one in progress with Force: it
// ends at once, and its action's context ends with the next heartbeat.
//
// A closed execution cannot be changed, so a new run of the same workflow id carries the task on, with the status
// archived. Its worker deletes the old run, which lists leave out from then on. The file of an export is deleted first,
// so that none is left behind whenever archiving is interrupted.
//
// It returns whether something was changed; a task that is archived already stays as it is. The error is a
// *NotFoundError, or a *NotEligibleError for a task in progress.
func (l *TaskLog) Archive(ctx context.Context, id task.ID, o ControlOptions) (bool, error) {
	o = o.WithDefaults()
	r, err := l.current(ctx, id, o.User)
	if err != nil {
		return false, err
	}
	if r.row.Status == task.Archived {
		return false, l.deleteFile(ctx, r)
	}
	if r, err = l.ended(ctx, r, o); err != nil {
		return false, err
	}
	if err := l.deleteFile(ctx, r); err != nil {
		return false, err
	}
	r, changed, err := l.startArchiveRun(ctx, r, o.User)
	if err != nil {
		return false, err
	}
	if changed {
		l.notify(ctx, Event{Type: TaskLogArchived, Entity: r.row.Entity.WithClock(l.config.Clock), Forced: o.Force})
	}
	return changed, nil
}

// ended returns the run when it has ended, which it is made to if that is allowed.
func (l *TaskLog) ended(ctx context.Context, r run, o ControlOptions) (run, error) {
	if !r.open() {
		return r, nil
	}
	ended := false
	var err error
	if r.waits() {
		if ended, err = l.withdraw(ctx, r, o.User); err != nil {
			return run{}, err
		}
	}
	if !ended && o.Force {
		if _, err = l.terminate(ctx, r.execution(), "archived", o.User); err != nil {
			return run{}, err
		}
	}
	if r, err = l.describe(ctx, r.execution()); err != nil {
		return run{}, err
	}
	if r.open() {
		return run{}, &NotEligibleError{ID: r.row.ID, Verb: Archiving, Status: r.row.Status}
	}
	return r, nil
}

// deleteFile deletes the file of an export. It may be gone already.
func (l *TaskLog) deleteFile(ctx context.Context, r run) error {
	name := r.row.FileName()
	if name == "" || r.row.Category != task.CategoryExport || l.config.Files == nil {
		return nil
	}
	if err := l.config.Files.Delete(ctx, name); err != nil {
		return fmt.Errorf("archive task %q: its file %q cannot be deleted: %w", r.row.ID, name, err)
	}
	return nil
}
