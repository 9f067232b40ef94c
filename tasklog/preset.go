package tasklog

import (
	"slices"

	"github.com/distributed-task-queue/taskqueue/task"
)

// SuperUser is the user who sees everybody's tasks.
const SuperUser = "cli-user"

// WithIgnoredTasks sets the actions that a later AddAvailableFilters leaves out.
func (f *Filter) WithIgnoredTasks(names ...string) *Filter {
	f.ignored = slices.Clone(names)
	return f
}

// AddAvailableFilters wants what the user may see in a list: the user's own tasks that are not
// archived or cancelled, unless these are allowed, and not ignored.
func (f *Filter) AddAvailableFilters(user string, archivedAllowed, cancelledAvailable bool) *Filter {
	if !archivedAllowed {
		f.Neq(Status, task.Archived)
	}
	if !cancelledAvailable {
		f.Neq(Status, task.Cancelled)
	}
	f.ownedBy(user)
	if len(f.ignored) > 0 {
		f.NotIn(TaskName, f.ignored)
	}
	return f
}

// AvailableForArchived wants what "archive all" of the user means: the user's tasks that have run.
func (f *Filter) AvailableForArchived(user string) *Filter {
	return f.In(Status, []task.Status{task.Failed, task.Completed}).ownedBy(user)
}

// AvailableForCancelled wants what "cancel all" of the user means: the user's tasks that have not begun.
func (f *Filter) AvailableForCancelled(user string) *Filter {
	return f.Eq(Status, task.Enqueued).ownedBy(user)
}

func (f *Filter) ownedBy(user string) *Filter {
	if user == SuperUser {
		return f
	}
	return f.Eq(Owner, user)
}
